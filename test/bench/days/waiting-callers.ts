import type { EndCause } from "../../../src/call/cause.js";
import { joinIntervalMs, JoinPacer } from "../../../src/call/join-pacer.js";
import { CallerNumber } from "../../../src/caller/secret.js";
import { Latch } from "../../../src/util/latch.js";
import { success } from "../../../src/util/result.js";
import { CallHarness, someAdmission, someSettings } from "../../support/call-harness.js";
import type { FakeClock } from "../../support/fake-clock.js";
import { type ManyServers, reservedPinAt } from "./many-servers.js";

/** As of `callSettings`, in milliseconds. */
const lookUpTimeoutMs = 10_000;

/** One caller who has dialled for a meeting that has not begun. */
export interface WaitingCaller {
  readonly room: number;
  readonly harness: CallHarness;
  /** When the caller has begun to wait, and when the leg to the conference was begun; `undefined`: not yet. */
  waitingAt: number | undefined;
  joiningAt: number | undefined;
}

export interface WaitingCallersOptions {
  readonly clock: FakeClock;
  readonly servers: ManyServers;
  readonly shared: ConstructorParameters<typeof CallHarness>[1];
  readonly onBug: (error: unknown) => void;
}

/** Callers, each with the real course of a call on a fake channel, and the real directory. */
export class WaitingCallers {
  readonly callers: WaitingCaller[] = [];
  readonly #options: WaitingCallersOptions;
  readonly #pacer: JoinPacer;
  readonly shutdown = new Latch<EndCause>();

  constructor(options: WaitingCallersOptions) {
    this.#options = options;
    this.#pacer = new JoinPacer(options.clock, joinIntervalMs);
  }

  /** A caller dials now and types the PIN of the room. */
  dial(room: number): void {
    const { clock, servers, shared, onBug } = this.#options;
    const harness = new CallHarness(
      {
        typing: [reservedPinAt(room)],
        talkMs: "never",
        conferences: [],
        settings: { ...someSettings, lookUpTimeoutMs },
        admission: success(someAdmission({ caller: { kind: "number", number: numberOf(this.callers.length) } })),
      },
      { ...shared, clock },
    );
    const caller: WaitingCaller = { room, harness, waitingAt: undefined, joiningAt: undefined };
    this.callers.push(caller);
    harness.begin({
      directory: servers.directory,
      joinPacer: this.#pacer,
      shutdown: this.shutdown,
      onBug,
      onStage: (stage) => {
        if (stage === "waiting") caller.waitingAt ??= clock.now();
        if (stage === "joining") caller.joiningAt ??= clock.now();
      },
    });
  }
}

function numberOf(caller: number): CallerNumber {
  const number = CallerNumber.parse(`+49160${String(caller).padStart(8, "0")}`);
  if (!number.ok) throw new Error("no number");
  return number.value;
}
