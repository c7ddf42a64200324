import { setImmediate } from "node:timers/promises";

import t from "tap";

import { joinIntervalMs } from "../../src/call/join-pacer.js";
import { ManyServers, nodeAt, reservedPinAt } from "../bench/days/many-servers.js";
import { WaitingCallers } from "../bench/days/waiting-callers.js";
import { CallHarness } from "../support/call-harness.js";
import { FakeClock } from "../support/fake-clock.js";
import { seeded } from "../support/seeded.js";

const serverCount = 20;
const callerCount = 500;
/** Conferences that callers wait for; the last ones never start. */
const rooms = 30;
const starts = 25;

/** The large benchmark (`npm run bench:days`) in small, with its results instead of its times. */
await t.test("500 callers wait on a cluster of 2,000 meetings: each joins the right conference once", async (t) => {
  const clock = new FakeClock();
  const random = seeded(7);
  const bugs: unknown[] = [];
  const onBug = (error: unknown): void => {
    bugs.push(error);
  };
  let parsing = 0;
  const reserved = new Set(Array.from({ length: rooms }, (_, room) => reservedPinAt(room)));
  const servers = new ManyServers({
    servers: serverCount,
    meetings: 2_000,
    attendees: 0,
    pollEveryMs: 5_000,
    clock,
    random,
    rooms: () => ({
      findByPin: async (pin) =>
        await Promise.resolve({
          ok: true,
          value: reserved.has(pin.reveal())
            ? { meetingId: "room", pin, reservedAt: 0, validUntil: undefined }
            : undefined,
        }),
      knows: (digits) => reserved.has(digits),
      goesOnAfter: () => false,
      askGoesOnAfter: async () => await Promise.resolve({ ok: true, value: false }),
      pinLengths: { shortest: 9, longest: 9 },
    }),
    working: async (work) => {
      parsing += 1;
      return await work().finally(() => {
        parsing -= 1;
      });
    },
    onBug,
  });
  /** Parsing takes turns of the real event loop, and no time. */
  const advance = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    do {
      while (parsing > 0) await setImmediate();
    } while (await clock.step(end));
    await clock.advance(end - clock.now());
  };

  const opening = servers.directory.open();
  await advance(1_000);
  await opening;
  const { hasher, throttle } = new CallHarness();
  const calls = new WaitingCallers({ clock, servers, shared: { hasher, throttle }, onBug });
  for (let caller = 0; caller < callerCount; caller++)
    clock.after(random.below(8_000), () => {
      calls.dial(caller % rooms);
    });
  const pollsBefore = servers.polls;
  await advance(16_000);
  t.equal(calls.callers.filter(({ waitingAt }) => waitingAt !== undefined).length, callerCount, "all wait");
  t.ok(servers.polls - pollsBefore < serverCount * 80, "at most one round of polls in 200 ms");

  const startedOn = new Map<number, number>();
  for (let room = 0; room < starts; room++)
    clock.after(random.below(10_000), () => {
      const server = random.below(serverCount);
      startedOn.set(room, server);
      servers.start(reservedPinAt(room), server, room % 2 === 0 ? "webhook" : "poll");
    });
  await advance(25_000);
  const wrong = calls.callers.filter(({ room, harness }) => {
    const targets = harness.endpoint.targets.map(({ node, voiceBridge }) => `${node.name} ${voiceBridge.reveal()}`);
    const server = startedOn.get(room);
    const expected = server === undefined ? "" : `${nodeAt(server)} ${reservedPinAt(room)}`;
    return targets.join() !== expected;
  });
  t.equal(wrong.length, 0, "the right conference, once, or none that has not started");
  t.equal(
    calls.callers.filter(({ joiningAt }) => joiningAt !== undefined).length,
    calls.callers.filter(({ room }) => room < starts).length,
  );
  const joinsByNode = new Map<number, number[]>();
  for (const { room, joiningAt } of calls.callers) {
    const server = startedOn.get(room);
    if (server !== undefined && joiningAt !== undefined)
      joinsByNode.set(server, [...(joinsByNode.get(server) ?? []), joiningAt]);
  }
  const gaps = [...joinsByNode.values()].flatMap((times) =>
    times.sort((left, right) => left - right).map((time, at) => time - (times[at - 1] ?? Number.NEGATIVE_INFINITY)),
  );
  t.ok(Math.min(...gaps) >= joinIntervalMs - 1e-6, "one join to a node at a time");

  calls.shutdown.set("shutdown");
  servers.directory.close();
  await advance(60_000);
  const left = await Promise.all(calls.callers.map(({ harness }) => harness.leftovers()));
  t.strictSame(left.flat(), []);
  t.equal(calls.callers.filter(({ harness }) => harness.report === undefined).length, 0);
  t.strictSame([calls.shutdown.listenerCount, clock.pending, bugs], [0, 0, []]);
});
