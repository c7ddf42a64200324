import { once } from "node:events";
import { Worker } from "node:worker_threads";

import t from "tap";

import { type Answer, type Question, questions } from "./support/every-wait.js";

const worker = new Worker(new URL("./support/every-wait.js", import.meta.url));

async function ask(question: Question): Promise<Answer> {
  worker.postMessage(question);
  const answers = (await once(worker, "message")) as [Answer];
  return answers[0];
}

for (const question of questions()) {
  await t.test(`${question.scenario}: ${question.ending} at every point`, async (t) => {
    const { points, cutShort, found } = await ask(question);
    t.strictSame(found, []);
    t.ok(cutShort >= points, `${cutShort} calls were cut short at ${points} points`);
  });
}
await worker.terminate();
