import type { Test } from "tap";

import type { Owner } from "../owner.js";
import type { EndSignal, Part } from "../parts/part.js";
import { type PartsOptions, PartsWorld } from "../parts/parts-world.js";
import type { Cell } from "./cell.js";
import { failPart } from "./fail-part.js";
import type { CallStage } from "./stages.js";

/** What callers of each stage must be able to expect. */
export interface Promises {
  /** Stages whose calls may end, or stay unanswered; all others go on. */
  readonly mayEnd?: readonly CallStage[];
  /** Milliseconds of silence that a caller may hear until it is spoken to, or the conference goes on. */
  readonly silenceMs: number;
  /** The stages for which that holds; in a dialogue silence is usual while einwahl waits for keys. */
  readonly heard: readonly CallStage[];
  /** Milliseconds for which a conference may miss who talked; default `silenceMs`. */
  readonly missedMs?: number;
  /** Milliseconds from the failure until a new call works. */
  readonly nextCallMs: number;
  readonly expectedLeftovers?: RegExp;
}

export interface MatrixOptions extends PartsOptions {
  readonly part: (parts: PartsWorld) => Part;
  /** Done once, before the first caller of a stage. */
  readonly before?: (parts: PartsWorld) => Promise<void>;
  /** Milliseconds until the part is started again. */
  readonly pauseMs: number;
  /** Default: on the simulators SIGKILL only. */
  readonly signals?: readonly EndSignal[];
  readonly promises: Promises;
}

const isReal = process.env["EINWAHL_TEST_ENGINES"] === "real";
/** A call that is not answered must be refused by then, milliseconds. */
const refusedWithinMs = 5_000;
/** The ringing tone, heard while the BBB server does not answer, pauses for 4 s. */
const ringingToneMs = 4_500;

/** Fails one part with a caller in each stage, once for each signal, and checks the promises. */
export async function testPart(t: Test & Owner, options: MatrixOptions): Promise<void> {
  const parts = await PartsWorld.start(t, options);
  await options.before?.(parts);
  const signals = options.signals ?? (isReal ? ["SIGKILL", "SIGTERM"] : ["SIGKILL"]);
  for (const [round, signal] of signals.entries()) {
    const part = options.part(parts);
    await t.test(`${part.name} ends by ${signal}`, async (t) => {
      const { pauseMs, promises } = options;
      const { nextCallMs, expectedLeftovers = /^$/ } = promises;
      const { cells, aftermath } = await failPart(parts, part, signal, { round, pauseMs, expectedLeftovers });
      for (const cell of cells) keepsPromise(t, cell, promises);
      const after = aftermath.nextCallAfter;
      t.ok(after !== undefined && after < nextCallMs, `the next call works after ${String(after)} ms`);
      t.strictSame(aftermath.left, {}, "nothing is left");
    });
  }
  t.strictSame(parts.world.complaints(["1522312"]), [], "no bug and no number in the log");
}

function keepsPromise(t: Test, cell: Cell, { mayEnd = [], silenceMs, missedMs = silenceMs, heard }: Promises): void {
  const { stage } = cell;
  if (cell.call !== "up" && mayEnd.includes(stage)) {
    const after = cell.endedAfter ?? Infinity;
    if (stage === "ringing") t.ok(after < refusedWithinMs, `${stage}: ends after ${after} ms`, cell);
    else t.pass(`${stage}: ends after ${after} ms`);
    return;
  }
  t.equal(cell.call, "up", `${stage}: the call goes on`);
  // drachtio 0.9.10 keeps the INVITE of an einwahl that has died: it neither answers nor passes it on.
  if (stage === "ringing" && mayEnd.includes(stage) && cell.afterwards.startsWith("not")) {
    t.pass(`${stage}: ${cell.afterwards}`);
    return;
  }
  t.notMatch(cell.afterwards, /^not/, `${stage}: ${cell.afterwards}`);
  const limitMs = stage === "joining" ? Math.max(silenceMs, ringingToneMs) : silenceMs;
  if (heard.includes(stage))
    t.ok(cell.firstSilenceMs < limitMs, `${stage}: silence of ${cell.firstSilenceMs} ms`, cell);
  if (cell.conferenceSilenceMs !== undefined)
    t.ok(cell.conferenceSilenceMs < missedMs, `${stage}: the conference misses ${cell.conferenceSilenceMs} ms`, cell);
}
