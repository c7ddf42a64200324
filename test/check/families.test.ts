import t from "tap";

import { bbbSipCheck } from "../../src/check/bbb-sip.js";
import type { CheckTools, Finding } from "../../src/check/check.js";
import { trunkCheck } from "../../src/check/trunk.js";
import type { TrunkConfig } from "../../src/config/config.js";
import { profileFamily } from "../../src/media/sofia-status.js";
import { systemClock } from "../../src/util/clock.js";
import { success } from "../../src/util/result.js";
import { FakeResolver } from "../support/fake-resolver.js";
import { trunkConfig } from "../support/trunk-config.js";

const ipv4 = "127.0.0.9";
const ipv6 = "2001:db8::1";

function tools(names: readonly string[]): CheckTools {
  return {
    clock: systemClock,
    epochMs: Date.now,
    resolver: new FakeResolver({ "secure.sip.easybell.de": names, "sbc.example": names, "bbb.example": names }),
    authorities: undefined,
  };
}

async function ofTrunk(
  changes: Partial<TrunkConfig>,
  names: readonly string[],
  host: string,
): Promise<readonly Finding[]> {
  const drachtio = {
    greeting: async () =>
      await Promise.resolve(
        success({
          version: "v0.9.10",
          addresses: [{ transport: "tls" as const, host, port: 5061 }],
          publicAddresses: [],
        }),
      ),
  };
  return (await trunkCheck(0, { ...trunkConfig, ...changes }, drachtio, tools(names)).run()).filter(
    ({ severity }) => severity === "error",
  );
}

await t.test("a registrar or sources of an address family that drachtio does not listen on: reported", async (t) => {
  t.match(await ofTrunk({}, [ipv6], "10.0.0.1"), [
    {
      path: "trunks[0].registrar",
      message: /only IPv6 addresses, and drachtio listens only on IPv4 with tls/,
      cure: /EINWAHL_LOCAL_ADDRESS/,
    },
  ]);
  t.match(await ofTrunk({}, [ipv4], "[2001:db8::a]"), [
    { path: "trunks[0].registrar", message: /only IPv4 addresses, and drachtio listens only on IPv6 with tls/ },
  ]);
  const unregistered = { registration: undefined, sources: ["sbc.example"] };
  t.match(await ofTrunk(unregistered, [ipv6], "10.0.0.1"), [
    { path: "trunks[0].sources", message: "calls come only from IPv6 addresses, but drachtio listens only on IPv4" },
  ]);
  t.match(await ofTrunk({ ...unregistered, sources: ["192.0.2.0/24"] }, [], "[2001:db8::a]"), [
    { path: "trunks[0].sources", message: "calls come only from IPv4 addresses, but drachtio listens only on IPv6" },
  ]);
  t.strictSame(await ofTrunk(unregistered, [ipv6, ipv4], "10.0.0.1"), [], "one family is enough");
});

await t.test("a BBB server of an address family that a media server does not use: reported", async (t) => {
  const place = {
    path: "bbb_servers[0].sip",
    sip: { host: "bbb.example", port: 9, transport: "udp", srtp: "mandatory" },
    apiHost: "bbb.example",
    callerName: undefined,
    handsOn: false,
  } as const;
  const check = async (names: readonly string[]): Promise<readonly Finding[]> => {
    const media = {
      trust: { isLocal: true, authorities: async () => await Promise.resolve("") },
      families: {
        all: async () =>
          await Promise.resolve([
            { server: "media-1", family: 4 },
            { server: "media-2", family: 6 },
          ] as const),
      },
    };
    return (await bbbSipCheck(place, media, tools(names)).run()).filter(({ severity }) => severity === "error");
  };
  t.match(await check([ipv6]), [
    {
      path: "bbb_servers[0].sip.host",
      message: "bbb.example has only IPv6 addresses, but media server media-1 calls BBB servers only over IPv4",
      cure: /EINWAHL_FS_BBB_SIP_ADDRESS/,
    },
  ]);
  t.match(await check([ipv4]), [{ message: /only IPv4 addresses, but media server media-2 calls/ }]);
  t.strictSame(await check([ipv4, ipv6]), []);
});

await t.test("the address family of a sofia profile from FreeSWITCH's output", (t) => {
  const row = (host: string): string =>
    `                      bbb\tprofile\t         sip:mod_sofia@${host}:5071;transport=tls\tRUNNING (0) (TLS)\n`;
  t.equal(profileFamily(row("192.0.2.1"), "bbb"), 4);
  t.equal(profileFamily(row("[2001:db8::1]"), "bbb"), 6);
  t.equal(profileFamily(row("192.0.2.1"), "external"), undefined);
  t.end();
});
