import t from "tap";

import { strengthFindings } from "../../src/check/pin-strength.js";

const usual = { perNumber: 20, perWithheld: 120, trunks: 1 };

await t.test("twelve PINs of five digits: guessed within days, a warning with figures and remedy", (t) => {
  t.strictSame(
    strengthFindings(
      new Map([
        [5, 12],
        [9, 40],
      ]),
      usual,
    ),
    [
      {
        severity: "warning",
        path: "pins",
        message:
          "12 PINs of 5 digits are open: guessing hits one after about 8,333 wrong PINs. The limits allow 20 an hour from one number and 120 from withheld numbers: this takes about 2 days",
        cure: "reserve nine-digit PINs through front ends (rooms.pin_length, docs/front-ends.md), and set defaultNumDigitsForTelVoice=9 in /etc/bigbluebutton/bbb-web.properties for meetings without a reserved PIN",
      },
    ],
  );
  t.end();
});

await t.test("nine digits are sufficient; the limit is a week of guessing", (t) => {
  t.match(strengthFindings(new Map([[9, 500]]), usual), [
    {
      severity: "ok",
      message:
        /500 PINs of 9 digits are open: guessing hits one after about 2,000,000 wrong PINs\. .*this takes about 595 days$/,
    },
  ]);
  t.match(strengthFindings(new Map([[9, 1]]), usual), [
    { severity: "ok", message: /^1 PIN of 9 digits is open: .*1,000,000,000 wrong PINs\. .*815 years$/ },
  ]);
  // 100,000 / 4 / 140 an hour is 179 h, 100,000 / 5 / 140 is 143 h; a week has 168.
  t.match(strengthFindings(new Map([[5, 4]]), usual), [{ severity: "ok" }]);
  t.match(strengthFindings(new Map([[5, 5]]), usual), [{ severity: "warning", message: /about 6 days$/ }]);
  t.match(strengthFindings(new Map([[5, 4]]), { ...usual, trunks: 2 }), [
    { severity: "warning", message: /20 an hour from one number and 240 from withheld numbers/ },
  ]);
  t.match(strengthFindings(new Map([[2, 90]]), usual), [{ severity: "warning", message: /less than an hour$/ }]);
  t.end();
});

await t.test("no open PIN: no warning", (t) => {
  t.match(strengthFindings(new Map(), usual), [{ severity: "ok", message: /no PIN is open now/ }]);
  t.end();
});
