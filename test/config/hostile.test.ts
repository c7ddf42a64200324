import t from "tap";

import { formatFaults } from "../../src/config/fault.js";
import { faultsOf, minimal } from "./support.js";

await t.test("nested aliases are rejected before they exhaust memory", (t) => {
  const levels = Array.from({ length: 30 }, (_, level) =>
    level === 0
      ? "a0: &a0 [x, x, x, x, x, x, x, x, x]"
      : `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
  );
  const begun = performance.now();
  const faults = faultsOf(levels.join("\n"));
  t.match(faults, [{ message: "is nested too deeply or expands to too many values" }]);
  t.ok(performance.now() - begun < 10_000, "and at once");
  t.end();
});

await t.test("a recursive alias is rejected", (t) => {
  t.ok(faultsOf("drachtio: &a { secret: *a }").length > 0);
  t.ok(faultsOf("drachtio: &a [ *a, *a ]").length > 0);
  t.end();
});

await t.test("excessive nesting is rejected", (t) => {
  for (const text of [
    "[".repeat(100_000),
    "{a: ".repeat(50_000),
    "- ".repeat(100_000),
    `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
    "[".repeat(40) + "]".repeat(40),
  ]) {
    t.ok(faultsOf(`drachtio: ${text}`).length > 0);
  }
  t.end();
});

await t.test("a file of 10 MB is rejected", (t) => {
  t.match(faultsOf(`# ${"x".repeat(10_000_000)}`), [{ message: "is too large" }]);
  t.end();
});

await t.test("5,000 unknown settings produce a bounded text", (t) => {
  const faults = faultsOf(Array.from({ length: 5_000 }, (_, place) => `unknown_${place}: 1`).join("\n"));
  t.equal(faults.length, 5_004);
  t.match(formatFaults(faults), /and 4964 more$/);
  t.end();
});

await t.test("syntax errors are all reported, with their lines", (t) => {
  const faults = faultsOf('drachtio:\n  secret: "a\\qb"\nhttp: { port: 1\nlogging:\n\tlevel: x\n');
  t.ok(faults.length >= 2);
  for (const fault of faults) t.match(fault.path, /^line [0-9]+, column [0-9]+$/);
  t.match(faults[0], { path: "line 2, column 13", message: "has an unknown \\ escape" });
  t.end();
});

await t.test("an unclosed bracket causes at most two faults", (t) => {
  const faults = faultsOf("drachtio: { secret: ${SECRET} }\nlanguage: de\n");
  t.match(faults[0], { path: /^line 1,/, hint: /\$\{NAME\}/ });
  t.ok(faults.length <= 2);
  t.end();
});

await t.test("duplicate settings, second documents and unknown tags are rejected", (t) => {
  t.match(faultsOf(`${minimal()}\nlanguage: de\nlanguage: en`), [
    { path: "line 6, column 1", message: "is a duplicate setting" },
  ]);
  t.match(faultsOf(`${minimal()}\n---\n${minimal()}`), [{ message: "begins a second document" }]);
  t.match(faultsOf(minimal({ language: "!!js/function de" })), [{ message: "has an unknown tag" }]);
  t.match(faultsOf(minimal({ language: "!env LANG" })), [{ message: "has an unknown tag" }, { path: "language" }]);
  t.match(faultsOf(`<<: { language: de }\n${minimal()}`), [{ path: '["<<"]', message: "is an unknown setting" }]);
  t.match(faultsOf(`? [a, b]\n: c\n${minimal()}`), [{ path: "line 1, column 3" }]);
  t.end();
});

await t.test("input that is not a YAML map", (t) => {
  for (const text of [
    "\0\0\0\0",
    "\ufeff",
    "%YAML 9.9\n---\n",
    "\u2028",
    "&",
    "*",
    "!",
    "%",
    "@",
    "`",
    "|",
    ">",
    "?",
    "-",
    ":",
    "\ud800: 1",
  ]) {
    t.ok(faultsOf(text).length > 0);
  }
  t.end();
});
