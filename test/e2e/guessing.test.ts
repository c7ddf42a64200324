import t from "tap";

import { statusReport } from "../../src/monitoring/status/status-report.js";
import { readSamples, sumOf } from "../monitoring/metrics/exposition.js";
import { talk, Tones } from "./support/talk.js";
import { withCalls, World } from "./support/world.js";

const guesser = "+4915223125678";
const neighbour = "+4915223125679";
const calls = 40;
const atATime = 2;

await t.test("forty calls from one number with wrong PINs", async (t) => {
  // Delays of one second. A call that has just ended may still count for the number.
  const world = await World.start(t, { settings: withCalls({ guessing: { delay: "1s" }, per_number: 2 * atATime }) });
  const phone = await world.phone();
  const idle = await world.counts();
  const url = `http://127.0.0.1:${world.einwahl.operatorsPort}`;
  const reports: string[] = [];

  const tryPins = async (at: number): Promise<number> => {
    const call = await phone.dial({ ...world.line(), number: guesser });
    const answered = await call.answered;
    if (!answered.ok) return answered.failure.status;
    await call.sendDigits([1, 2, 3].map((each) => `${String(90_000 + 10 * at + each)}#`).join(""), { gapMs: 60 });
    await call.ended;
    return 200;
  };
  for (let at = 0; at < calls; at += atATime) {
    const answers = await Promise.all(Array.from({ length: atATime }, async (_, place) => await tryPins(at + place)));
    reports.push(...answers.map(String));
  }
  t.strictSame(
    reports.slice(-20),
    Array.from({ length: 20 }, () => "603"),
    "refused from a certain call on",
  );
  t.strictSame(new Set(reports), new Set(["200", "603"]), world.reports.past.map(({ cause }) => cause).join(" "));

  const text = await (await fetch(`${url}/metrics`)).text();
  const samples = readSamples(text);
  t.equal(
    sumOf(samples, "einwahl_pin_lookups_total", { outcome: "unknown" }),
    20,
    "as many results as the limit allows",
  );
  t.equal(
    sumOf(samples, "einwahl_calls_total", { cause: "too-many-wrong-pins", trunk: "line", result: "refused" }),
    reports.filter((status) => status === "603").length,
  );
  t.equal(sumOf(samples, "einwahl_pin_throttles", { scope: "number", action: "refused" }), 1);
  t.equal(sumOf(samples, "einwahl_pin_throttles", { scope: "all" }), 0);
  const status = await (await fetch(`${url}/status`, { headers: { accept: "application/json" } })).text();
  t.match(statusReport.parse(JSON.parse(status)).guesses, {
    limit: 300,
    restrained: { number: { slowed: 0, refused: 1 } },
  });
  const page = await (await fetch(`${url}/status`)).text();
  for (const secret of [guesser, guesser.slice(3), "90001", "90391"])
    for (const each of [text, status, page]) t.notOk(each.includes(secret), secret);

  const talking = await talk(world, phone, { number: neighbour });
  await new Tones(world, talking).bothWays(t, "for another number");
  await talking.call.hangUp();
  t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
  t.strictSame(world.complaints([guesser.slice(3), "90001", "90391"]), []);
});
