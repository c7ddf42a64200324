import t from "tap";

import { callerScenario } from "./scenarios.js";
import { readCounts } from "./sipp.js";

await t.test("sipp's statistics: the last line counts", (t) => {
  const csv = `StartTime;CurrentCall;TotalCallCreated;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);
a;1;2;3;4;5;
b;10;20;3;40;50;
`;
  t.strictSame(readCounts(csv), { created: 20, successful: 40, failed: 50, current: 10 });
  t.strictSame(readCounts(""), { created: 0, successful: 0, failed: 0, current: 0 }, "not written yet");
  t.end();
});

await t.test("a caller types each digit of the PIN, in requests with increasing numbers", (t) => {
  const scenario = callerScenario(3, 700);
  t.strictSame(scenario.match(/Signal=\[field\d\]/g), ["Signal=[field1]", "Signal=[field2]", "Signal=[field3]"]);
  t.strictSame(scenario.match(/CSeq: \d+ \w+/g), [
    "CSeq: 1 INVITE",
    "CSeq: 1 ACK",
    "CSeq: 2 INFO",
    "CSeq: 3 INFO",
    "CSeq: 4 INFO",
    "CSeq: 5 BYE",
  ]);
  t.match(scenario, '<pause milliseconds="700"/>');
  t.end();
});
