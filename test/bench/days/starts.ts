import process from "node:process";

import type { EmbeddedRooms } from "../../../src/store/embedded-rooms.js";
import { CallHarness } from "../../support/call-harness.js";
import { settle } from "../../support/fake-clock.js";
import { seeded } from "../../support/seeded.js";
import { BusyClock, type LoopLoad } from "./busy-clock.js";
import { type ClusterSize, ManyServers, reservedPinAt } from "./many-servers.js";
import { WaitingCallers } from "./waiting-callers.js";

export interface DaySize extends ClusterSize {
  readonly callers: number;
  /** The conferences that they wait for, which all start within `startWithinMs`. */
  readonly starts: number;
  /** The callers dial, evenly spread, during this time before. Milliseconds. */
  readonly dialWithinMs: number;
  readonly startWithinMs: number;
}

/** A part of the day. */
export interface DayPart {
  readonly name: string;
  readonly load: LoopLoad;
  /** Polls of BBB servers. */
  readonly polls: number;
  /** Heap after a garbage collection, with the harness around each caller. */
  readonly heapBytes: number;
}

/** Milliseconds from a start to a join begun, one value per conference, ascending. */
export interface JoinTimes {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

export interface DayResult {
  readonly size: DaySize;
  /** All responses of one poll of each server. */
  readonly roundBytes: number;
  readonly parts: readonly DayPart[];
  readonly waiting: number;
  readonly joined: number;
  /** Calls that have ended, by their cause: none should. */
  readonly ended: Readonly<Record<string, number>>;
  readonly joins: { readonly webhook: JoinTimes; readonly poll: JoinTimes };
}

/** Time for the last callers to be connected and to type their PIN, and for the last starts to be polled, in milliseconds. */
const tailMs = 20_000;
const quietMs = 20_000;

/** A day on which many callers wait for many starts; every second start is announced by a webhook, the others by polls only. */
export async function runDay(size: DaySize, rooms: EmbeddedRooms, onBug: (error: unknown) => void): Promise<DayResult> {
  const clock = new BusyClock();
  const random = seeded(1);
  const working = clock.working.bind(clock);
  const servers = new ManyServers({ ...size, clock, random, rooms: () => rooms, working, onBug });
  const parts: DayPart[] = [];
  let polls = 0;
  const part = async (name: string, ms: number): Promise<void> => {
    await clock.advance(ms);
    clock.outside(() => globalThis.gc?.());
    const heapBytes = process.memoryUsage().heapUsed;
    parts.push({ name, load: clock.takeLoad(), polls: servers.polls - polls, heapBytes });
    polls = servers.polls;
  };

  const opening = servers.directory.open();
  await part("start of einwahl", 1_000);
  await opening;
  await part("polls only", quietMs);

  const { hasher, throttle } = new CallHarness();
  const calls = new WaitingCallers({ clock, servers, shared: { hasher, throttle }, onBug });
  for (let caller = 0; caller < size.callers; caller++)
    clock.after((caller / size.callers) * size.dialWithinMs, () => {
      clock.outside(() => {
        calls.dial(caller % size.starts);
      });
    });
  await part("callers dial and type their PIN", size.dialWithinMs + tailMs);
  const waiting = calls.callers.filter(({ waitingAt }) => waitingAt !== undefined).length;
  await part("all callers wait", quietMs);

  const startedAt: number[] = [];
  for (let room = 0; room < size.starts; room++)
    clock.after(random.below(size.startWithinMs), () => {
      startedAt[room] = clock.now();
      servers.start(reservedPinAt(room), random.below(size.servers), newsOf(room));
    });
  await part("conferences start", size.startWithinMs + tailMs);
  await part("all callers are in", quietMs);
  const ended: Record<string, number> = {};
  for (const { harness } of calls.callers)
    if (harness.report !== undefined) ended[harness.report.cause] = (ended[harness.report.cause] ?? 0) + 1;
  const joined = calls.callers.filter(({ joiningAt }) => joiningAt !== undefined).length;

  calls.shutdown.set("shutdown");
  servers.directory.close();
  await settle();
  return {
    size,
    roundBytes: servers.bytes,
    parts,
    waiting,
    joined,
    ended,
    joins: { webhook: joinTimes(calls, startedAt, "webhook"), poll: joinTimes(calls, startedAt, "poll") },
  };
}

function newsOf(room: number): "webhook" | "poll" {
  return room % 2 === 0 ? "webhook" : "poll";
}

function joinTimes({ callers }: WaitingCallers, startedAt: readonly number[], news: "webhook" | "poll"): JoinTimes {
  const byRoom = new Map<number, number[]>();
  for (const { room, joiningAt } of callers) {
    const start = startedAt[room];
    if (newsOf(room) !== news || joiningAt === undefined || start === undefined) continue;
    byRoom.set(room, [...(byRoom.get(room) ?? []), joiningAt - start]);
  }
  const times = [...byRoom.values()];
  return {
    first: times.map((each) => Math.min(...each)).sort((left, right) => left - right),
    last: times.map((each) => Math.max(...each)).sort((left, right) => left - right),
  };
}
