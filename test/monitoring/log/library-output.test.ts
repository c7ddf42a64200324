import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import process from "node:process";

import t from "tap";

import {
  catchLibraryOutput,
  type LibraryOutput,
  LibraryOutputLog,
} from "../../../src/monitoring/log/library-output.js";
import { makeLogger } from "../../../src/monitoring/log/make-logger.js";
import { until } from "../../softphone/sip/support.js";
import { FakeClock } from "../../support/fake-clock.js";

const number = "+4930555012345";
const { modifySdpCodecOrder } = createRequire(import.meta.url)("drachtio-fsmrf/lib/utils.js") as {
  modifySdpCodecOrder: (sdp: unknown, codecs: unknown) => unknown;
};

const methodsNow = (): readonly unknown[] => Object.values(globalThis.console);

/** drachtio-fsmrf prints the SDP and the error. */
function makeItPrint(): void {
  modifySdpCodecOrder({ toString: () => number }, []);
}

await t.test("library output is identified by its source line, never by its text", async (t) => {
  const outputs: LibraryOutput[] = [];
  const before = methodsNow();
  const warningListeners = process.listeners("warning");
  const giveBack = catchLibraryOutput((output) => outputs.push(output));
  makeItPrint();
  globalThis.console["assert"](true, number);
  globalThis.console["table"]([number]);
  const crowd = new EventEmitter();
  for (let listeners = 0; listeners <= EventEmitter.defaultMaxListeners; listeners += 1)
    crowd.on(number, () => undefined);
  process.emitWarning(`of ${number}`, "SomeWarning");
  await until(() => outputs.length === 4, "all of them");
  giveBack();
  t.match(outputs, [
    { library: "drachtio-fsmrf", at: /^lib\/utils\.js:\d+$/, err: { name: "TypeError" } },
    { err: undefined },
    { err: { name: "MaxListenersExceededWarning" } },
    { err: { name: "SomeWarning" } },
  ]);
  t.strictSame(methodsNow(), before);
  t.strictSame(process.listeners("warning"), warningListeners);
});

await t.test("each source line is logged at once, then counted once a minute", async (t) => {
  const lines: Record<string, unknown>[] = [];
  const clock = new FakeClock();
  const log = new LibraryOutputLog(
    makeLogger("info", { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) }),
    clock,
  );
  const giveBack = catchLibraryOutput((output) => {
    log.note(output);
  });
  for (let times = 0; times < 1_000; times += 1) makeItPrint();
  log.note({ library: "other", at: "a.js:1", err: new Error(`of ${number}`) });
  giveBack();
  t.match(lines, [
    { level: 40, library: "drachtio-fsmrf", times: 1, err: { type: "TypeError" } },
    { level: 40, library: "other", at: "a.js:1", times: 1, err: { message: "of [number]" } },
  ]);
  await clock.advance(60_000);
  t.match(lines.slice(2), [{ library: "drachtio-fsmrf", times: 999 }]);
  await clock.advance(120_000);
  t.equal(lines.length, 3, "nothing more to report");
  for (let place = 0; place < 1_000; place += 1) log.note({ library: "other", at: `b.js:${place}` });
  t.equal(lines.length, 103, "no library fills the log");
  t.notMatch(JSON.stringify(lines), /30555/);
  log.close();
  t.equal(clock.pending, 0);
});
