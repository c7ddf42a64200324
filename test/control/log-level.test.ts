import { pino } from "pino";
import t from "tap";
import { z } from "zod";

import { RaisedLogLevel } from "../../src/util/log-level.js";
import { FakeClock } from "../support/fake-clock.js";
import { openInstance } from "./support/instance.js";

const json = (value: unknown): { readonly type: string; readonly text: string } => ({
  type: "application/json",
  text: JSON.stringify(value),
});

await t.test("the log level is raised temporarily and restored", async (t) => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const logger = pino(
    { level: "warn" },
    {
      write: (line: string) => {
        lines.push(line);
      },
    },
  );
  const raised = new RaisedLogLevel(logger, clock);
  const planted: string[] = [];
  const { client, bugs } = await openInstance(t, {
    log: {
      level: raised,
      plant: (text) => {
        planted.push(text);
      },
    },
  });
  const ask = async (method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> =>
    await client.ask({ method, path, ...(body !== undefined && { body: json(body) }) }, z.unknown());
  const level = async (): Promise<unknown> => await ask("GET", "/log/level");

  t.match(await ask("POST", "/log/level", { level: "debug", forMs: 60_000 }), { ok: true, value: { level: "debug" } });
  logger.child({}).debug("told");
  t.equal(lines.length, 1);
  t.match(await ask("DELETE", "/log/level"), { ok: true, value: { level: "warn" } });
  t.equal(clock.pending, 0);

  await ask("POST", "/log/level", { level: "debug", forMs: 60_000 });
  await ask("POST", "/log/level", { level: "info", forMs: 120_000 });
  await clock.advance(119_999);
  t.match(await level(), { value: { level: "info" } });
  await clock.advance(1);
  t.match(await level(), { value: { level: "warn" } }, "it ends by its own clock, should the command have died");

  for (const body of [{ level: "debug", forMs: 3_600_001 }, { level: "trace", forMs: 1 }, { level: "debug" }])
    t.match(await ask("POST", "/log/level", body), { ok: false, failure: { status: 400 } });
  t.match(await ask("POST", "/log/planted", { text: "einwahlprove +493023125001" }), { ok: true });
  for (const text of ["x", "einwahlprove 1\nforged", "einwahlprove 1234567890123456", '{"level":60}'])
    t.match(
      await ask("POST", "/log/planted", { text }),
      { ok: false, failure: { status: 400 } },
      "nothing else can be written into the log",
    );
  t.strictSame(planted, ["einwahlprove +493023125001"]);
  t.strictSame(bugs, []);
});

await t.test("an instance without log control responds with 404", async (t) => {
  const { client, bugs } = await openInstance(t, {});
  t.match(await client.ask({ method: "GET", path: "/log/level" }, z.unknown()), {
    ok: false,
    failure: { kind: "refused", status: 404 },
  });
  t.strictSame(bugs, []);
});
