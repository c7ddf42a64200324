import t from "tap";

import { DirectoryBench } from "../support/directory-bench.js";
import { fakePin } from "../support/fake-directory.js";

await t.test("a removed server: its conferences are not found, it is not polled, its timer is cancelled", async (t) => {
  const bench = await new DirectoryBench(["11111"], ["22222"]).opened();
  await bench.replace([bench.server(0)]);
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.equal(await bench.find("22222"), "unknown");
  const [, asked] = bench.requests;
  await bench.clock.advance(100_000);
  t.equal(bench.requests[1], asked);
  bench.directory.close();
  t.equal(bench.own.pending, 0);
});

await t.test("an unchanged server is not polled again and keeps its meetings", async (t) => {
  const bench = await new DirectoryBench(["11111"], ["22222"]).opened();
  const before = bench.requests;
  await bench.replace([bench.server(1), bench.server(0)]);
  t.strictSame(bench.requests, before);
  t.equal(await bench.find("22222"), "bbb2 meeting-22222");
  bench.directory.close();
});

await t.test("a waiting caller is notified when the server with the conference is added", async (t) => {
  const bench = await new DirectoryBench([]).opened();
  let heard = 0;
  const off = bench.directory.onOpened(fakePin("33333"), () => {
    heard += 1;
  });
  await bench.replace([bench.server(0), bench.another("bbb2", ["33333"])]);
  t.ok(heard >= 1);
  t.equal(await bench.find("33333"), "bbb2 meeting-33333");
  off();
  bench.directory.close();
});
