import t from "tap";

import { conferencePinDigits, MarkSource, wrongPinDigits } from "../../src/prove/draw-marks.js";
import type { Mark } from "../../src/prove/mark.js";
import { Search } from "../../src/prove/search.js";
import { seeded } from "../support/seeded.js";

await t.test("marks are unique, fictional, and different from the installation's numbers", (t) => {
  const random = seeded(7);
  const own = Array.from({ length: 90 }, (_, index) => `+493023125${String(index).padStart(2, "0")}0`);
  const marks = new MarkSource((limit) => random.below(limit), own);
  const numbers = Array.from({ length: 400 }, () => marks.number("n").reveal());
  t.equal(new Set(numbers).size, numbers.length);
  t.ok(numbers.every((number) => /^\+49(3023125|6990009|4066969|2214710|8999998)\d{3}$/.test(number)));
  t.notOk(numbers.some((number) => own.includes(number)));
  t.equal(
    new Set([...own, ...numbers].map((number) => number.slice(0, -1))).size,
    own.length + numbers.length,
    "the last digit is never all that differs",
  );
  for (const digits of [conferencePinDigits, wrongPinDigits])
    t.match(marks.pin("p", digits).reveal(), new RegExp(`^[1-8]\\d{${digits - 1}}$`));
  t.match(marks.name("n").reveal(), /^[a-z]{12}$/);
  t.end();
});

await t.test("one leaked mark is never taken for another", (t) => {
  const random = seeded(11);
  const forms: readonly ((text: string) => string)[] = [
    (text) => text,
    ...["", "1", "12"].map((before) => (text: string) => Buffer.from(`${before}${text}@x`).toString("base64")),
    ...["", "1", "12"].map(
      (before) => (text: string) => Buffer.from(`${before}${text}@x`, "utf16le").toString("base64"),
    ),
    (text) => Buffer.from(text).toString("hex"),
    (text) => text.split("").reverse().join("."),
  ];
  for (let draw = 0; draw < 100; draw++) {
    const source = new MarkSource((limit) => random.below(limit), []);
    const marks = Array.from({ length: 20 }, () => source.number("n"));
    const search = new Search(marks);
    for (const [form, write] of forms.entries()) {
      const leaked = marks[draw % marks.length] as Mark;
      const found = search.in([{ source: "a log", bytes: Buffer.from(write(leaked.reveal())) }]);
      t.strictSame(
        found.map(({ mark }) => mark === leaked),
        [true],
        `draw ${draw}, form ${form}`,
      );
    }
  }
  t.end();
});
