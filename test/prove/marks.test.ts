import t from "tap";

import { conferencePinDigits, MarkSource, wrongPinDigits } from "../../src/prove/draw-marks.js";
import { seeded } from "../support/seeded.js";

await t.test("marks are unique, fictional, and different from the installation's numbers", (t) => {
  const random = seeded(7);
  const own = Array.from({ length: 900 }, (_, index) => `+493023125${String(index).padStart(3, "0")}`);
  const marks = new MarkSource((limit) => random.below(limit), own);
  const numbers = Array.from({ length: 1_000 }, () => marks.number("n").reveal());
  t.equal(new Set(numbers).size, numbers.length);
  t.ok(numbers.every((number) => /^\+49(3023125|6990009|4066969|2214710|8999998)\d{3}$/.test(number)));
  t.notOk(numbers.some((number) => own.includes(number)));
  for (const digits of [conferencePinDigits, wrongPinDigits])
    t.match(marks.pin("p", digits).reveal(), new RegExp(`^[1-8]\\d{${digits - 1}}$`));
  t.match(marks.name("n").reveal(), /^[a-z]{12}$/);
  t.end();
});
