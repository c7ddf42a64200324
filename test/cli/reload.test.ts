import t from "tap";

import type { ReloadAnswer } from "../../src/control/answers.js";
import { openInstance } from "../control/support/instance.js";
import type { Owner } from "../e2e/support/owner.js";
import { type Outcome, typed } from "./support/typed.js";

async function reloaded(owner: Owner, answer: ReloadAnswer, args: readonly string[] = []): Promise<Outcome> {
  const { socket } = await openInstance(owner, { reloading: { reload: () => Promise.resolve(answer) } });
  return await typed(["reload", "--socket", socket, ...args]);
}

await t.test("lists settings in effect and those that need a restart", async (t) => {
  const { code, output, errors } = await reloaded(t, {
    outcome: "reloaded",
    changed: ["trunk easybell", "2 numbers"],
    needsRestart: ["http.port"],
  });
  t.equal(code, 0);
  t.equal(output, "In effect:\n  trunk easybell\n  2 numbers\nOnly after a restart:\n  http.port\n");
  t.equal(errors, "");
  t.match(await reloaded(t, { outcome: "reloaded", changed: [], needsRestart: [] }), {
    code: 0,
    output: "No setting has changed.\n",
  });
});

await t.test("a file with faults is rejected, with each fault and its remedy", async (t) => {
  const answer: ReloadAnswer = {
    outcome: "refused",
    faults: [{ path: "trunks[0].password", message: "is missing", cure: "write it" }],
  };
  const { code, output, errors } = await reloaded(t, answer);
  t.match({ code, output }, { code: 78, output: "" });
  t.match(errors, /trunks\[0\]\.password is missing\n {4}-> write it\nNothing was changed\./);
  const json = await reloaded(t, answer, ["--json"]);
  t.equal(json.code, 78);
  t.strictSame(JSON.parse(json.output), answer);
});

await t.test("an instance that cannot reload", async (t) => {
  const { socket } = await openInstance(t, {});
  t.match(await typed(["reload", "-s", socket]), { code: 69, errors: /restart it/ });
});
