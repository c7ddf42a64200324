import t from "tap";

import { compareConfigs } from "../../src/app/config-change.js";
import { InstanceCache } from "../../src/app/instance-cache.js";
import { loaded, minimal } from "../config/support.js";

function trunk(name: string, number: string): string {
  return `{ name: ${name}, sources: [192.0.2.1], numbers: [{ number: "${number}" }] }`;
}

function server(name: string, secret = "s"): string {
  return `{ name: ${name}, api_url: https://${name}.example.org/bigbluebutton/api, secret: ${secret} }`;
}

await t.test("changes are listed by name, without secrets and numbers", (t) => {
  const before = loaded(
    minimal({
      trunks: `[${trunk("a", "+493012345678")}, ${trunk("b", "+493012345679")}]`,
      bbb_servers: `[${server("one")}, ${server("two")}]`,
    }),
  );
  t.strictSame(
    compareConfigs(
      before,
      loaded(
        minimal({
          trunks: `[${trunk("a", "+493012345678")}, ${trunk("b", "+493012345679")}]`,
          bbb_servers: `[${server("one")}, ${server("two")}]`,
        }),
      ),
    ),
    { config: before, changed: [], needsRestart: [] },
  );
  const after = loaded(
    minimal({
      trunks: `[${trunk("b", "+493012345670")}, ${trunk("c", "+493012345671")}]`,
      bbb_servers: `[${server("one", "other")}]`,
      calls: "{ max_concurrent: 7 }",
      language: "en",
    }),
  );
  t.strictSame(compareConfigs(before, after).changed, [
    "trunk b: changed",
    "trunk c: added",
    "trunk a: removed",
    "BBB server one: changed",
    "BBB server two: removed",
    "language: changed",
    "calls: changed",
  ]);
  t.end();
});

await t.test("settings that require a restart keep their value and are named", (t) => {
  const before = loaded(minimal());
  const wanted = loaded(
    minimal({
      drachtio: "{ secret: another, port: 9999 }",
      http: "{ host: 127.0.0.2, port: 8888, public_url: https://phone.example.org }",
      rooms: "{ pin_length: 7 }",
      logging: "{ level: debug }",
    }),
  );
  const { config, changed, needsRestart } = compareConfigs(before, wanted);
  t.strictSame(needsRestart, ["drachtio", "http.host", "http.port", "rooms.pin_length", "logging"]);
  t.strictSame(changed, ["http: changed"]);
  t.equal(config.drachtio.port, before.drachtio.port);
  t.equal(config.drachtio.secret.reveal(), "drachtio-secret");
  t.match(config.http, { host: before.http.host, port: before.http.port, publicUrl: "https://phone.example.org" });
  t.equal(config.rooms.pinLength, before.rooms.pinLength);
  t.strictSame(compareConfigs(config, wanted).needsRestart, needsRestart, "named again as long as it is so");
  t.end();
});

await t.test("instances are kept while their settings are unchanged, in any order", (t) => {
  const made: string[] = [];
  const parts = new InstanceCache((settings: { readonly name: string; readonly port: number }) => {
    made.push(`${settings.name}:${settings.port}`);
    return { settings };
  });
  const [a, b] = parts.instancesFor([
    { name: "a", port: 1 },
    { name: "b", port: 2 },
  ]);
  const again = parts.instancesFor([
    { name: "b", port: 2 },
    { name: "a", port: 3 },
    { name: "c", port: 4 },
  ]);
  t.equal(again[0], b);
  t.not(again[1], a);
  t.strictSame(made, ["a:1", "b:2", "a:3", "c:4"]);
  const last = parts.instancesFor([{ name: "a", port: 1 }]);
  t.not(last[0], a, "what was given up does not come back");
  t.end();
});
