import t from "tap";

import { defaults, readOptions } from "./options.js";

await t.test("without options everything runs three times, over plain RTP", (t) => {
  t.strictSame(readOptions([]), { ok: true, value: { kind: "run", options: defaults } });
  t.equal(defaults.runs, 3);
  t.strictSame(defaults.media, ["plain"]);
  t.end();
});

await t.test("options shorten the run", (t) => {
  const args = ["--only", "einwahl", "--srtp", "--rates", "20,5,5", "--held", "none", "--seconds", "10", "--runs", "1"];
  t.strictSame(readOptions([...args, "--out", "/tmp/x", "--append"]), {
    ok: true,
    value: {
      kind: "run",
      options: {
        ways: ["einwahl"],
        media: ["srtp"],
        rates: [5, 20],
        held: [],
        seconds: 10,
        runs: 1,
        out: "/tmp/x",
        write: "append",
      },
    },
  });
  t.match(readOptions(["--both"]), { value: { options: { media: ["plain", "srtp"] } } });
  t.end();
});

await t.test("a comparison needs two files", (t) => {
  t.match(readOptions(["--compare", "a.json", "b.json"]), {
    value: { kind: "compare", before: "a.json", after: "b.json" },
  });
  t.match(readOptions(["--compare", "a.json"]), { ok: false, failure: "--compare needs two files" });
  t.match(readOptions(["--compare", "a.json", "b.json", "c.json"]), { ok: false });
  t.end();
});

await t.test("what can't be meant is refused", (t) => {
  for (const args of [
    ["--rates", "0"],
    ["--rates", "5,,10"],
    ["--rates", "2.5"],
    ["--held", "-1"],
    ["--seconds", "none"],
    ["--runs", "2,3"],
    ["--only", "both"],
    ["--unknown"],
    ["stray"],
  ])
    t.equal(readOptions(args).ok, false, args.join(" "));
  t.match(readOptions(["--help", "--only", "nothing"]), { value: { kind: "help" } });
  t.end();
});
