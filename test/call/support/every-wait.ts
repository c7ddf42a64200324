/**
 * Runs calls and ends them at every point, in a worker thread: tap tracks every promise of its own thread with an async hook, which
 * makes tens of thousands of calls take four times as long.
 */
import { type MessagePort, parentPort } from "node:worker_threads";

import { type EndCause, endCauses } from "../../../src/call/cause.js";
import { failure, success } from "../../../src/util/result.js";
import { CallHarness, type CallScript, someAdmission, someSettings } from "../../support/call-harness.js";
import { fakeConference } from "../../support/fake-directory.js";

/**
 * Events that end a call; each returns the expected end cause, `undefined` if the event cannot occur yet. `goes-on`: the call
 * may continue.
 */
type Ending = (world: CallHarness) => EndCause | "goes-on" | undefined;

const loseMediaServer = (world: CallHarness): EndCause | undefined => {
  // A channel that has only made an offer has no connection that could report its end.
  if (world.script.offer === "none" && world.call.attachments === 0) return undefined;
  const endpoint = world.endpoints.at(0);
  endpoint?.gone.set("media-server-lost");
  return endpoint === undefined ? undefined : "media-server-lost";
};

const movingCall = "the media server is lost and the call moves";

const endings: Readonly<Record<string, Ending>> = {
  "the caller hangs up": (world) => world.call.hangUpByCaller(),
  "the media server is lost and the caller refuses to move": loseMediaServer,
  [movingCall]: (world) => (loseMediaServer(world) === undefined ? undefined : "goes-on"),
  "einwahl shuts down": (world) => {
    world.shutdown.set("shutdown");
    return "shutdown";
  },
  "einwahl shuts down and the caller hangs up meanwhile": (world) => {
    world.shutdown.set("shutdown");
    for (const ms of [1, 7, 12])
      world.clock.after(ms, () => {
        if (world.report === undefined) world.call.hangUpByCaller();
      });
    return "shutdown";
  },
  "the connection to drachtio is lost": (world) => {
    world.call.gone.set("signalling-lost");
    return "signalling-lost";
  },
};

const scenarios: Readonly<Record<string, Partial<CallScript>>> = {
  "correct PIN, conference joined": {},
  "three wrong PINs": { typing: ["1#", "2#", "3#"], promptMs: 300 },
  "silence, a language switch and a cleared PIN": { typing: ["", "**", "12*54321"] },
  "slow lookup with a prompt to wait": { lookUpMs: 2_000 },
  "the BBB server refuses the call twice": { bridgeOutcomes: [failure("conference-refused")], lookUpMs: 1_500 },
  "the BBB server never answers the INVITE": { bridgeMs: "never" },
  "the BBB server is lost during the conference, twice": { overs: ["lost"], talkMs: 5_000, lookUpMs: 1_500 },
  "hold and resume during the greeting, the PIN and the conference": {
    holdsAtMs: [300, 5_000, 5_900, 12_000, 20_000, 30_000],
  },
  "hold from the INVITE on, and again while joining": {
    holdsAtMs: [0, 20_000, 22_500],
    bridgeMs: 2_000,
  },
  "hold without a resume": { holdsAtMs: [0], typing: [], settings: { ...someSettings, maxHoldMs: 30_000 } },
  "slow endpoint and slow answer": { openMs: 900, acceptMs: 900 },
  "INVITE without SDP": { offer: "none" },
  "INVITE without SDP, and no ACK": { offer: "none", acknowledgedMs: "never" },
  "wrong PINs with a slow store": { guessesMs: 400, typing: ["1#", "22222*54321#"] },
  "no engine responds in time": { promptMs: "never", stopMs: "never", hangUpMs: "never", releaseMs: "never" },
  "caller without a number removed from the conference": {
    settings: { ...someSettings, withheldAfterRemoval: "refuse" },
    admission: success(someAdmission({ caller: { kind: "anonymous" } })),
    stillOpen: ["open"],
    talkMs: 5_000,
  },
  "PIN that is the prefix of a longer PIN": {
    conferences: [fakeConference("543"), fakeConference("54321")],
    typing: ["543"],
  },
};

/** When the event occurs: at the point, after the pending microtasks, or 1 ms later. */
const moments = ["at once", "a reaction later", "a millisecond later"] as const;

/** Maximum time from the event to the return of the call, in milliseconds: two endings of 5 s each. */
const endsWithin = 10_000;

interface Ended {
  readonly world: CallHarness;
  /** The points that the call has passed. */
  readonly points: number;
  readonly expected: ReturnType<Ending>;
  readonly endedAt: number;
  readonly wasEnding: boolean;
  /** Whether the farewell with the cause was being played. */
  readonly wasTold: boolean;
}

/** Runs a call and ends it at point `at` (-1: never). */
async function runAndEnd(
  changes: Partial<CallScript>,
  at: number,
  moment: (typeof moments)[number],
  end: Ending,
): Promise<Ended> {
  const world = new CallHarness(changes);
  let points = 0;
  let expected: ReturnType<Ending>;
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

/** The faults of a call after the event, empty if none. @param otherwise the end cause without the event */
async function faults(
  { world, expected: outside, endedAt, wasEnding, wasTold }: Ended,
  otherwise: EndCause | undefined,
): Promise<string[]> {
  const found = await world.leftovers();
  const cause = world.report?.cause;
  // A failed call stays failed if the caller hangs up during the farewell.
  const isFailure = otherwise !== undefined && endCauses[otherwise].result === "failed";
  const expected =
    outside === "goes-on" ? undefined : outside === "caller-hung-up" && wasTold && isFailure ? otherwise : outside;
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
  const known = scenarios[scenario];
  const end = endings[ending];
  if (known === undefined || end === undefined) throw new Error(`unknown: ${scenario}, ${ending}`);
  const changes = ending === movingCall ? known : { ...known, moveOutcome: failure("media-server-lost" as const) };
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
      // Without an ACK no endpoint exists that could be lost.
      .filter((ending) => changes.acknowledgedMs !== "never" || !ending.startsWith("the media server is lost"))
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
      // Thrown outside of the promise: ends the thread, so the test that waits for the answer fails.
      setImmediate(() => {
        throw error;
      });
    });
  });
