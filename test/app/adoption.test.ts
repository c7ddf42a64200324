import { pino } from "pino";
import t from "tap";

import { Adoption, type SearchedServer } from "../../src/app/adoption.js";
import { DialogBook } from "../../src/store/dialog-book.js";
import { DialogSeal } from "../../src/store/dialog-seal.js";
import { failure } from "../../src/util/result.js";
import { FakeClock } from "../support/fake-clock.js";

/** Starts an adoption beside one dialog of the process before, and runs it until nothing is left to do. */
async function searched(
  leftChannels: SearchedServer["leftChannels"],
): Promise<{ readonly ended: readonly string[]; readonly log: readonly string[] }> {
  const entries: string[] = [];
  const book = (instance: string): DialogBook =>
    new DialogBook({
      entries: () => ({
        sharing: "one-instance",
        add: (entry) => Promise.resolve(void entries.push(entry)),
        remove: () => Promise.resolve(),
        all: () => Promise.resolve(entries),
      }),
      seal: new DialogSeal("secret"),
      instance,
    });
  await book("before").add("dialog-1");
  const clock = new FakeClock();
  const ended: string[] = [];
  const log: string[] = [];
  const notUsed = (): never => {
    throw new Error("no call can be taken over here");
  };
  const adoption = new Adoption({
    servers: () => [
      { name: "media-1", state: { kind: "up" }, leftChannels, resume: () => Promise.resolve(failure("gone")) },
    ],
    signalling: {
      state: "connected",
      resume: notUsed,
      release: notUsed,
      endDialog: (dialogId) => {
        ended.push(dialogId);
        return Promise.resolve("ended");
      },
    },
    calls: { adopt: notUsed, isClosed: false },
    ownership: {
      self: "now",
      mayAdopt: () => Promise.resolve(true),
      release: () => undefined,
      onInstanceLost: () => () => undefined,
    },
    dialogs: book("now"),
    instances: () => undefined,
    clock,
    logger: pino(
      {},
      {
        write: (line) => {
          log.push((JSON.parse(line) as { readonly msg: string }).msg);
        },
      },
    ),
  });
  adoption.open();
  await clock.advance(60_000);
  adoption.close();
  t.equal(clock.pending, 0, "no timer is left");
  return { ended, log };
}

await t.test("a dialog without a channel is ended", async (t) => {
  t.match(await searched(() => Promise.resolve([])), {
    ended: ["dialog-1"],
    log: ["ended calls whose media server was gone as well"],
  });
});

await t.test("a call of another version is left to end by itself, and logged once", async (t) => {
  const channel = { channelId: "11111111-2222-3333-4444-555555555555", record: failure("unusable" as const) };
  t.strictSame(await searched(() => Promise.resolve([channel])), {
    ended: [],
    log: ["a call of another version of einwahl cannot be taken over: it ends with its conference"],
  });
});
