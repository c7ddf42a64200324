import t from "tap";

import { endLeftDialogs } from "../../src/app/left-dialogs.js";
import { DialogBook } from "../../src/store/dialog-book.js";
import type { DialogEntries } from "../../src/store/dialog-entries.js";
import { DialogSeal } from "../../src/store/dialog-seal.js";
import { FakeClock } from "../support/fake-clock.js";

type Outcome = "ended" | "unknown" | "failed";

class MemoryEntries implements DialogEntries {
  readonly sharing: DialogEntries["sharing"];
  readonly #entries = new Set<string>();

  constructor(sharing: DialogEntries["sharing"]) {
    this.sharing = sharing;
  }

  add(entry: string): Promise<void> {
    this.#entries.add(entry);
    return Promise.resolve();
  }

  remove(entry: string): Promise<void> {
    this.#entries.delete(entry);
    return Promise.resolve();
  }

  all(): Promise<readonly string[]> {
    return Promise.resolve([...this.#entries]);
  }
}

function instances(sharing: DialogEntries["sharing"]): (name: string) => DialogBook {
  const entries = new MemoryEntries(sharing);
  const seal = new DialogSeal("secret");
  return (instance) => new DialogBook({ entries: () => entries, seal, instance });
}

/** A drachtio with this outcome per dialog; others are ended. */
function signalling(outcomes: Readonly<Record<string, Outcome>> = {}): {
  readonly byes: string[];
  endDialog(dialogId: string, reason: string): Promise<Outcome>;
} {
  const byes: string[] = [];
  return {
    byes,
    endDialog: async (dialogId, reason) => {
      byes.push(`${dialogId} ${reason}`);
      return await Promise.resolve(outcomes[dialogId] ?? "ended");
    },
  };
}

await t.test("one instance: what was left is ended, what was adopted is its own now", async (t) => {
  const as = instances("one-instance");
  for (const id of ["left", "adopted", "forgotten", "stuck"]) await as("before").add(id);
  const book = as("now");
  await book.add("new");
  const drachtio = signalling({ forgotten: "unknown", stuck: "failed" });
  t.strictSame(
    await endLeftDialogs({ book, adopted: new Set(["adopted"]), signalling: drachtio, clock: new FakeClock() }),
    { ended: 1, unknown: 1, failed: 1 },
  );
  t.strictSame(
    drachtio.byes,
    ["left", "forgotten", "stuck"].map((id) => `${id} Q.850;cause=41;text="media-server-lost"`),
  );
  t.strictSame(await book.all(), [
    { dialogId: "stuck", instance: "before" },
    { dialogId: "new", instance: "now" },
    { dialogId: "adopted", instance: "now" },
  ]);
});

await t.test("several instances: those of running ones stay, and those that another drachtio may know", async (t) => {
  const as = instances("instances");
  await as("dead").add("left");
  await as("dead").add("elsewhere");
  await as("alive").add("talking");
  // Taken over a moment ago.
  for (const instance of ["dead", "alive"]) await as(instance).add("inherited");
  const book = as("now");
  const drachtio = signalling({ elsewhere: "unknown" });
  t.strictSame(
    await endLeftDialogs({
      book,
      adopted: new Set(),
      isAlive: (instance) => instance === "alive",
      signalling: drachtio,
      clock: new FakeClock(),
    }),
    { ended: 1, unknown: 1, failed: 0 },
  );
  t.strictSame(await book.all(), [
    { dialogId: "elsewhere", instance: "dead" },
    { dialogId: "talking", instance: "alive" },
    { dialogId: "inherited", instance: "dead" },
    { dialogId: "inherited", instance: "alive" },
  ]);
});

await t.test("bounded in number and time", async (t) => {
  const as = instances("one-instance");
  for (let at = 0; at < 1_100; at++) await as("before").add(`${at}`);
  const clock = new FakeClock();
  const asked: string[] = [];
  const ending = endLeftDialogs({
    book: as("now"),
    adopted: new Set(),
    signalling: {
      endDialog: async (dialogId) => {
        asked.push(dialogId);
        return await new Promise(() => undefined);
      },
    },
    clock,
  });
  await clock.advance(30_000);
  t.match(await ending, { ended: 0, unknown: 0, failed: 1_100 });
  t.equal(asked.length, 10, "ten at once");
});
