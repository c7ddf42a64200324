import { setImmediate } from "node:timers/promises";

import t from "tap";

import { LoopTurns } from "../../src/util/loop-turns.js";

await t.test("one piece in a turn of the event loop, however many there are", async (t) => {
  const turns = new LoopTurns();
  let pieces = 0;
  const work = async (): Promise<void> => {
    for (let piece = 0; piece < 10; piece++) {
      await turns.next();
      pieces += 1;
    }
  };
  const all = Promise.all(Array.from({ length: 20 }, work));
  const perTurn: number[] = [];
  for (let turn = 0, before = 0; pieces < 200 && turn < 1_000; turn++) {
    await setImmediate();
    perTurn.push(pieces - before);
    before = pieces;
  }
  await all;
  t.equal(pieces, 200);
  t.ok(Math.max(...perTurn) <= 1, `${Math.max(...perTurn)} pieces in one turn`);
});

await t.test("one that waits alone has the next turn", async (t) => {
  const turns = new LoopTurns();
  let isThere = "no";
  const turn = turns.next().then(() => {
    isThere = "yes";
  });
  await setImmediate();
  await setImmediate();
  t.equal(isThere, "yes");
  await turn;
});
