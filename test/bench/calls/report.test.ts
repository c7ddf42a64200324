import { XMLParser } from "fast-xml-parser";
import t from "tap";

import { compare } from "./compare.js";
import { drawCharts, niceTop, plot } from "./plot.js";
import { report } from "./report.js";
import type { Results, Stage } from "./result.js";
import { memoryPerCall, summarise } from "./summary.js";
import { readEventLoop } from "./with-einwahl.js";

function stage(changes: Partial<Stage>): Stage {
  return {
    kind: "setup",
    way: "recipe",
    media: "plain",
    run: 1,
    load: 10,
    calls: 100,
    failures: {},
    seconds: 17,
    cpu: { freeswitch: 20 },
    residentKb: { freeswitch: 70_000 },
    inviteToAnswer: { p50: 5, p95: 9, p99: 12 },
    digitToConference: undefined,
    eventLoop: undefined,
    machineBusyPercent: 30,
    ...changes,
  };
}

const behind = { way: "einwahl", eventLoop: { p50: 10, p99: 12, max: 25 } } as const;
const results: Results = {
  date: "2026-11-27T21:00:00Z",
  machine: { cpu: "a processor", cores: 2, kernel: "6.1", node: "v20", sha256MbPerSecond: [400, 420, 380] },
  seconds: 10,
  idle: [{ way: "recipe", media: "plain", run: 1, cpu: { freeswitch: 1 }, residentKb: { freeswitch: 61_440 } }],
  stages: [
    stage({ cpu: { freeswitch: 20 } }),
    stage({ ...behind, cpu: { freeswitch: 50, einwahl: 12, drachtio: 4 }, failures: { "response 503": 1 } }),
    stage({ run: 2, cpu: { freeswitch: 22 } }),
    stage({ ...behind, run: 2, cpu: { freeswitch: 46, einwahl: 10, drachtio: 3 } }),
    stage({ run: 3, cpu: { freeswitch: 19 } }),
    stage({ ...behind, run: 3, cpu: { freeswitch: 40, einwahl: 11, drachtio: 3 }, failures: { "response 503": 2 } }),
    stage({ kind: "held", load: 10, cpu: { freeswitch: 0.15 }, residentKb: { freeswitch: 70_000 } }),
    stage({ kind: "held", load: 110, cpu: { freeswitch: 0.16 }, residentKb: { freeswitch: 90_000 } }),
  ],
};

await t.test("runs of the same measurement become a spread", (t) => {
  const [recipe, einwahl] = summarise(results.stages);
  t.match(recipe, { way: "recipe", runs: 3, calls: 300, cpu: { freeswitch: { min: 19, median: 20, max: 22 } } });
  t.match(einwahl, {
    way: "einwahl",
    cpu: { einwahl: { min: 10, median: 11, max: 12 } },
    failures: { "response 503": 3 },
    eventLoop: { p99: 12, max: 25 },
  });
  t.equal(summarise(results.stages).length, 4);
  t.strictSame(memoryPerCall(results, "plain", "recipe"), { freeswitch: { min: 200, median: 200, max: 200 } });
  t.strictSame(memoryPerCall(results, "srtp", "recipe"), {});
  t.end();
});

await t.test("the report has a table for each series, with the ratio to the recipe", (t) => {
  const text = report(results);
  t.match(text, "SHA-256 at 400 (380 to 420) MB/s");
  t.match(text, "### Calls of 7 s, plain RTP: CPU a call");
  t.match(text, "| recipe | 10 | 300 | 0 | 20.0 (19.0 to 22.0) | - | - | 1.00 | 5, 9, 12 |");
  t.match(
    text,
    "| einwahl | 10 | 300 | 3 response 503 | 46.0 (40.0 to 50.0) | 11.0 (10.0 to 12.0) | 3.0 (3.0 to 4.0) | 2.30 |",
  );
  t.match(text, "| recipe | 110 | 100 | 0 | 0.16 | - | - | 1.00 |");
  t.match(text, "| recipe | 60 | - | - | 200 | - | - |");
  t.notMatch(text, "SRTP");
  const tables = text.split("\n").filter((line) => line.startsWith("|"));
  const columns = new Set(tables.map((line) => line.split("|").length));
  t.strictSame([...columns].sort(), [14, 9], "each line of a table has all columns");
  t.end();
});

await t.test("a comparison names what both results contain", (t) => {
  const halved: Results = {
    ...results,
    stages: results.stages
      .filter(({ kind }) => kind === "setup")
      .map((each) => ({ ...each, cpu: { freeswitch: (each.cpu.freeswitch ?? 0) / 2 } })),
  };
  const text = compare(results, halved);
  t.match(text, "| plain, einwahl, 10 calls a second | freeswitch, ms a call | 46.0 | 23.0 | -50 % |");
  t.match(text, "| plain, recipe, 10 calls a second | INVITE to 200, p95, ms | 9.0 | 9.0 | +0 % |");
  t.notMatch(text, "held");
  t.match(compare(results, { ...results, stages: [] }), "no measurement in common");
  t.end();
});

await t.test("the plot is an SVG with a chart for each series", (t) => {
  const image = plot(results) ?? "";
  t.equal(chartsIn(image).length, 2);
  for (const text of ["CPU a call of 7 s, ms (plain RTP)", "CPU a held call", "FreeSWITCH, behind einwahl", "drachtio"])
    t.ok(image.includes(text), text);
  t.equal(plot({ stages: [] }), undefined);
  const y = { min: 1, median: 1, max: 1 };
  const chart = { title: "a<b & c", xTitle: "x", lines: [{ name: "l", points: [{ x: 1, y }] }] };
  t.ok(chartsIn(drawCharts([chart, chart]))[1]?.text.includes("a<b & c"));
  t.strictSame([0, 0.013, 3, 50, 51, 101].map(niceTop), [1, 0.015, 3, 50, 75, 150]);
  t.end();
});

interface DrawnChart {
  readonly text: readonly unknown[];
}

function chartsIn(image: string): readonly DrawnChart[] {
  return (new XMLParser().parse(image) as { readonly svg: { readonly g: readonly DrawnChart[] } }).svg.g;
}

await t.test("the delay of einwahl's event loop is read from its metrics", (t) => {
  const text = [
    "# HELP nodejs_eventloop_lag_p50_seconds x",
    "nodejs_eventloop_lag_p50_seconds 0.010108927",
    "nodejs_eventloop_lag_p99_seconds 1.5e-2",
    "nodejs_eventloop_lag_max_seconds 0.2",
  ].join("\n");
  t.strictSame(readEventLoop(text), { p50: 10.108927, p99: 15, max: 200 });
  t.throws(() => readEventLoop(""), /lack nodejs_eventloop_lag_p50/);
  t.end();
});
