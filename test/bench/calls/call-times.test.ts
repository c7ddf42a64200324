import t from "tap";

import { readCalls } from "./call-times.js";
import { failuresOf } from "./measure.js";
import { faultsOf } from "./sipp-traffic.js";

const sippStamp = (seconds: string): string => `2026-11-27\t21:20:13.897672\t${seconds}`;

await t.test("sipp: the display name or the number at the node is the caller's", (t) => {
  const caller = [
    `invite|+491522310001|${sippStamp("1795814413.897")}`,
    `invite|+491522310002|${sippStamp("1795814414.000")}`,
    `answered|+491522310001|${sippStamp("1795814413.900")}`,
    `audio|+491522310001|${sippStamp("1795814413.901")}`,
    `answered|+491522310002|${sippStamp("1795814414.010")}`,
    `audio|+491522310002|${sippStamp("1795814414.011")}`,
    `ended|+491522310001|${sippStamp("1795814419.906")}`,
  ].join("\n");
  const node = [
    `joined| "0001" <sip:8412345678@127.0.0.1>;tag=x1234|${sippStamp("1795814416.500")}`,
    `joined| <sip:+491522310002@127.0.0.1:5080>;tag=7777|${sippStamp("1795814416.600")}`,
    `joined| "0001" <sip:8412345678@127.0.0.1>;tag=again|${sippStamp("1795814499.000")}`,
  ].join("\n");
  t.strictSame(
    readCalls(caller, node).map((call) =>
      Object.values(call).map((ms: number | undefined) => ms && Math.round(ms % 1e6)),
    ),
    [
      [413_897, 413_900, 413_901, 416_500, 419_906],
      [414_000, 414_010, 414_011, 416_600, undefined],
    ],
  );
  t.end();
});

await t.test("FreeSWITCH: microseconds after a log line's beginning; 0 is no time", (t) => {
  const begin = "2026-11-27 21:20:13.897672 98.00% [CRIT] mod_dptools.c:1865 ";
  const log = [
    `${begin}invite|+491522310003|1795814413897000`,
    `${begin}answered|+491522310003|0`,
    `${begin}joined|0003|1795814414000500`,
    "something else",
  ].join("\n");
  t.strictSame(readCalls(log, log), [
    {
      invited: 1_795_814_413_897,
      answered: undefined,
      audio: undefined,
      joined: 1_795_814_414_000.5,
      ended: undefined,
    },
  ]);
  t.end();
});

await t.test("each call that is not complete counts once, with the first thing that is missing", (t) => {
  const whole = { invited: 1, answered: 2, audio: 3, joined: 4, ended: 5 };
  const silent = { ...whole, answered: undefined, joined: undefined, ended: undefined };
  const calls = [
    whole,
    { ...whole, ended: undefined },
    { ...whole, joined: undefined, ended: undefined },
    { ...whole, joined: undefined },
    silent,
    silent,
  ];
  const joinless = { "not in the conference": 2, "ended early": 1 };
  t.strictSame(failuresOf(6, calls, {}), { "not answered": 2, ...joinless });
  t.strictSame(failuresOf(6, calls, { "response 503": 2 }), { "response 503": 2, ...joinless });
  t.strictSame(failuresOf(7, calls, { busy: 1 }), { "not made": 1, busy: 1, "not answered": 1, ...joinless });
  t.strictSame(failuresOf(2, [], {}), { "not made": 2 });
  t.end();
});

await t.test("sipp's error file: unexpected responses by status", (t) => {
  const errors = [
    "2026-11-27 Aborting call on unexpected message for Call-Id '1-2@h': while expecting '200' (index 3), received 'SIP/2.0 503 Service Unavailable",
    "2026-11-27 Aborting call on unexpected message: received 'SIP/2.0 503 Service Unavailable",
    "2026-11-27 Aborting call on unexpected message: received 'BYE sip:x SIP/2.0",
  ].join("\n");
  t.strictSame(faultsOf(errors), { "response 503": 2 });
  t.end();
});
