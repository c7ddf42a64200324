import t, { type Test } from "tap";

import { MediaServer } from "../../src/media/media-server.js";
import { EmbeddedFreeSwitch } from "../../src/simulators/freeswitch/embedded-freeswitch.js";
import { makeSrf } from "../../src/sip/srf.js";
import { FakeClock } from "../support/fake-clock.js";

const host = "127.0.0.1";
const password = "event-word";

async function freeswitch(t: Test, version: string, port = 0): Promise<EmbeddedFreeSwitch> {
  const server = await EmbeddedFreeSwitch.start({
    eventSocket: { address: host, port, password },
    sip: { address: host, port: 0 },
    rtp: { address: host },
    tls: {},
    version,
  });
  t.teardown(() => server.close());
  return server;
}

await t.test("FreeSWITCH's version before and after a restart with another version", { timeout: 60_000 }, async (t) => {
  const told: (string | undefined)[] = [];
  let hear: () => void = () => undefined;
  const next = async (): Promise<void> => {
    await new Promise<void>((resolve) => (hear = resolve));
  };
  const first = await freeswitch(t, "1.11.2-embedded");
  const clock = new FakeClock();
  const options = {
    name: "media-1",
    eventSocket: { host, port: first.eventSocketPort, password },
    profile: "drachtio_mrf",
    listenAddress: host,
    advertisedAddress: host,
    publicAddress: undefined,
    capacity: 10,
    soundsDirectory: "",
    mediaTimeoutMs: 30_000,
    holdTimeoutMs: 1_800_000,
    minIdlePercent: () => 0,
    cores: undefined,
    onLoad: () => undefined,
  };
  const server = new MediaServer(
    options,
    makeSrf(),
    clock,
    (state, version) => {
      told.push(state.kind === "up" ? version : state.why);
      hear();
    },
    (error) => {
      t.error(error);
    },
  );
  t.teardown(() => {
    server.close();
  });
  t.equal(server.version, undefined, "not asked yet");
  await server.open();
  t.strictSame([server.state.kind, server.version], ["up", "1.11.2-embedded"]);
  t.strictSame(told, ["1.11.2-embedded"]);

  const port = first.eventSocketPort;
  await first.close();
  await freeswitch(t, "1.10.12-embedded", port);
  const heard = next();
  await clock.advance(5_000);
  await heard;
  t.equal(told.at(-1), "1.10.12-embedded");
  t.equal(server.version, "1.10.12-embedded");
});
