import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import t from "tap";

import { renamedSettings } from "../../src/config/issues.js";
import { faultsOf, minimal } from "./support.js";

const schema = readFileSync(fileURLToPath(new URL("../../../config/einwahl.schema.json", import.meta.url)), "utf8");
const numbers = 'numbers: [{ number: "+493012345678" }]';

await t.test("an old setting is one fault that gives the new name", (t) => {
  for (const [section, text, path, name] of [
    ["calls", "{ waiting: { remind_every: 1m } }", "calls.waiting.remind_every", "reminder_interval"],
    ["rooms", "{ rest_period: 24h }", "rooms.rest_period", "pin_reuse_delay"],
    [
      "trunks",
      `[{ name: trunk, provider: easybell, username: user, password: secret-password, watchdog: { distance: 1m }, ${numbers} }]`,
      "trunks[0].watchdog.distance",
      "min_interval",
    ],
  ] as const)
    t.same(faultsOf(minimal({ [section]: text })), [{ path, message: "was renamed", hint: `it is ${name} now` }]);
  t.end();
});

await t.test("the schema has the new names and not the old ones", (t) => {
  for (const [old, name] of renamedSettings) {
    t.match(schema, `"${name}": {`);
    t.notMatch(schema, `"${old.split(".").at(-1)}": {`);
  }
  t.end();
});
