/**
 * Runs calls and ends them at every point. In a thread of its own, because tap follows every promise of its own thread with an async hook:
 * tens of thousands of calls took four times as long under it.
 */
import { type MessagePort, parentPort } from "node:worker_threads";

import { type EndCause, endCauses } from "../../../src/call/cause.js";
import { failure, success } from "../../../src/util/result.js";
import { CallHarness, type CallScript, someAdmission, someSettings } from "../../support/call-harness.js";
import { fakeConference } from "../../support/fake-directory.js";

/** The ways in which a call is ended from outside; each gives the cause that the report has to show, none where it can't happen yet. */
const endings: Readonly<Record<string, (world: CallHarness) => EndCause | undefined>> = {
  "the caller hangs up": (world) => world.call.hangUpByCaller(),
  "the endpoint is lost": (world) => {
    // A channel that has only made an offer has no connection yet over which its end would be told.
    if (world.script.offer === "none" && world.call.attachments === 0) return undefined;
    const endpoint = world.endpoints.at(0);
    endpoint?.gone.set("media-server-lost");
    return endpoint === undefined ? undefined : "media-server-lost";
  },
  "einwahl is stopped": (world) => {
    world.shutdown.set("shutdown");
    return "shutdown";
  },
  "einwahl is stopped, and the caller hangs up meanwhile": (world) => {
    world.shutdown.set("shutdown");
    for (const ms of [1, 7, 12])
      world.clock.after(ms, () => {
        if (world.report === undefined) world.call.hangUpByCaller();
      });
    return "shutdown";
  },
  "the SIP server is gone": (world) => {
    world.call.gone.set("signalling-lost");
    return "signalling-lost";
  },
};

const scenarios: Readonly<Record<string, Partial<CallScript>>> = {
  "the good path": {},
  "three wrong PINs": { typing: ["1#", "2#", "3#"], promptMs: 300 },
  "silence, another language and a correction": { typing: ["", "**", "12*54321"] },
  "a slow look-up that is explained": { lookUpMs: 2_000 },
  "a node that refuses twice": { bridgeOutcomes: [failure("conference-refused")], lookUpMs: 1_500 },
  "a node that never answers": { bridgeMs: "never" },
  "a node that is lost in the middle, and lost again": { overs: ["lost"], talkMs: 5_000, lookUpMs: 1_500 },
  "on hold and back, in the greeting, while typing and in the conference": {
    holdsAtMs: [300, 5_000, 5_900, 12_000, 20_000, 30_000],
  },
  "on hold from the INVITE on, and again on the way into the conference": {
    holdsAtMs: [0, 20_000, 22_500],
    bridgeMs: 2_000,
  },
  "on hold for good": { holdsAtMs: [0], typing: [], settings: { ...someSettings, maxHoldMs: 30_000 } },
  "a slow answer": { openMs: 900, acceptMs: 900 },
  "an INVITE without an offer": { offer: "none" },
  "an INVITE without an offer, and an ACK that never comes": { offer: "none", acknowledgedMs: "never" },
  "wrong PINs that are counted in a store that is slow": { guessesMs: 400, typing: ["1#", "22222*54321#"] },
  "engines that do nothing in time": { promptMs: "never", stopMs: "never", hangUpMs: "never", releaseMs: "never" },
  "a caller without a number is removed": {
    settings: { ...someSettings, withheldAfterRemoval: "refuse" },
    admission: success(someAdmission({ caller: { kind: "anonymous" } })),
    stillOpen: ["open"],
    talkMs: 5_000,
  },
  "a PIN that a longer one goes on from": {
    conferences: [fakeConference("543"), fakeConference("54321")],
    typing: ["543"],
  },
};

/** Where exactly: at the point itself, after the reactions that are ready then, or a moment later. */
const moments = ["at once", "a reaction later", "a millisecond later"] as const;

/** From the end that comes from outside to the return, in milliseconds: two endings with 5 s each. */
const endsWithin = 10_000;

interface Ended {
  readonly world: CallHarness;
  /** The points that the call has passed. */
  readonly points: number;
  readonly expected: EndCause | undefined;
  readonly endedAt: number;
  readonly wasEnding: boolean;
  /** Whether the caller was being told why the call ends. */
  readonly wasTold: boolean;
}

/** Runs a call and ends it at point `at` (-1: never). */
async function runAndEnd(
  changes: Partial<CallScript>,
  at: number,
  moment: (typeof moments)[number],
  end: (world: CallHarness) => EndCause | undefined,
): Promise<Ended> {
  const world = new CallHarness(changes);
  let points = 0;
  let expected: EndCause | undefined;
  let endedAt = 0;
  let wasEnding = false;
  let wasTold = false;
  const doIt = (): void => {
    wasTold = world.endpoints[0]?.heard.at(-1)?.endsWith(":goodbye") === true;
    wasEnding = world.stages.at(-1) === "ending";
    endedAt = world.clock.now();
    expected = end(world);
  };
  world.onPoint = () => {
    if (points++ !== at) return;
    if (moment === "at once") doIt();
    else if (moment === "a reaction later") queueMicrotask(doIt);
    else world.clock.after(1, doIt);
  };
  await world.run();
  return { world, points, expected, endedAt, wasEnding, wasTold };
}

/** What is wrong with a call that was ended from outside; empty when nothing is. @param otherwise the cause of a call that was not */
async function faults(
  { world, expected: outside, endedAt, wasEnding, wasTold }: Ended,
  otherwise: EndCause | undefined,
): Promise<string[]> {
  const found = await world.leftovers();
  const cause = world.report?.cause;
  // A failure stays one when the caller hangs up on hearing of it.
  const isFailure = otherwise !== undefined && endCauses[otherwise].result === "failed";
  const expected = outside === "caller-hung-up" && wasTold && isFailure ? otherwise : outside;
  if (expected !== undefined && !wasEnding && cause !== expected)
    found.push(`ended with ${String(cause)} instead of ${expected}`);
  if (expected !== undefined && !wasEnding && world.clock.now() - endedAt > endsWithin)
    found.push(`took ${world.clock.now() - endedAt} ms to end`);
  if (cause === "cancelled" && world.call.refusals.length + world.call.hangUps.length > 0)
    found.push("answered a cancelled call");
  if (cause === "caller-hung-up" && world.call.hangUps.length > 0) found.push("sent a BYE to a caller who had hung up");
  return found;
}

/** One ending in one scenario, at every point. */
export interface Question {
  readonly scenario: string;
  readonly ending: string;
}

export interface Answer {
  /** The points of the call when nothing ends it. */
  readonly points: number;
  readonly cutShort: number;
  readonly found: readonly string[];
}

async function endAtEveryPoint({ scenario, ending }: Question): Promise<Answer> {
  const changes = scenarios[scenario];
  const end = endings[ending];
  if (changes === undefined || end === undefined) throw new Error(`unknown: ${scenario}, ${ending}`);
  const { points, world } = await runAndEnd(changes, -1, "at once", end);
  const found: string[] = [];
  let cutShort = 0;
  for (let at = 0; at < points; at++) {
    for (const moment of moments) {
      const ended = await runAndEnd(changes, at, moment, end);
      if (ended.expected !== undefined && !ended.wasEnding) cutShort += 1;
      for (const fault of await faults(ended, world.report?.cause)) found.push(`point ${at}, ${moment}: ${fault}`);
    }
  }
  return { points, cutShort, found };
}

export function questions(): readonly Question[] {
  return Object.entries(scenarios).flatMap(([scenario, changes]) =>
    Object.keys(endings)
      // Without the ACK there never is an endpoint that could be lost.
      .filter((ending) => changes.acknowledgedMs !== "never" || ending !== "the endpoint is lost")
      .map((ending) => ({ scenario, ending })),
  );
}

async function answer(port: MessagePort, question: Question): Promise<void> {
  port.postMessage(await endAtEveryPoint(question));
}

const port = parentPort;
if (port !== null)
  port.on("message", (question: Question) => {
    answer(port, question).catch((error: unknown) => {
      // Outside of the promise: ends the thread, and the test that waits for the answer fails.
      setImmediate(() => {
        throw error;
      });
    });
  });
