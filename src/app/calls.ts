import { randomBytes } from "node:crypto";

import type { Logger } from "pino";

import { runCall } from "../call/call.js";
import type { EndCause } from "../call/cause.js";
import type { CallServices } from "../call/context.js";
import type { Directory, MediaServers, NodeProbe, Trunks } from "../call/interfaces.js";
import { joinIntervalMs, JoinPacer } from "../call/join-pacer.js";
import { Occupancy } from "../call/occupancy.js";
import type { CallReport, CallWatcher } from "../call/progress.js";
import { uncountedGuesses } from "../call/restraint.js";
import type { CallSettings } from "../call/settings.js";
import type { DrachtioCall } from "../sip/incoming-call.js";
import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { failure, success } from "../util/result.js";
import { within } from "../util/wait.js";
import { CallLimiter, type CallLimits } from "./call-limiter.js";

export interface CallsOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly watcher: Required<CallWatcher>;
  readonly trunks: Trunks;
  readonly hasher: CallServices["hasher"];
  readonly removals: CallServices["removals"];
  readonly audioBridges: CallServices["audioBridges"];
  readonly identityClaims: CallServices["identityClaims"];
  readonly guesses: CallServices["guesses"];
  readonly media: MediaServers;
  readonly directory: Directory;
  readonly nodes: NodeProbe;
  /** The settings of a new call, which keeps them until its end. */
  readonly newCallSettings: () => NewCallSettings;
  /** The call has ended and released all its resources. */
  readonly onRemoved: (call: DrachtioCall) => void;
  /** A regular call that was in a conference has ended. @param seconds its time there */
  readonly onTalked: (seconds: number) => void;
}

export interface NewCallSettings {
  readonly settings: CallSettings;
  readonly limits: CallLimits;
}

/** The part of a call's services that differs from call to call. */
type OwnServices = Pick<
  CallServices,
  "acquireSlot" | "acquireWaitingSlot" | "guesses" | "entered" | "onStage" | "onPin"
>;

/** The calls in progress, each from its INVITE until its end. */
export class Calls {
  readonly occupancy = new Occupancy(Date.now);
  readonly #options: CallsOptions;
  readonly #calls = new Map<DrachtioCall, Promise<void>>();
  readonly #synthetic = new Set<DrachtioCall>();
  /** `closed` is final: the process is shutting down. */
  #admission: "open" | "draining" | "closed" = "open";
  readonly #shutdown = new Latch<EndCause>();
  readonly #joinPacer: JoinPacer;
  readonly #limiter = new CallLimiter();

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#joinPacer = new JoinPacer(options.clock, joinIntervalMs);
  }

  /** Regular calls. */
  get count(): number {
    return this.#calls.size - this.#synthetic.size;
  }

  get syntheticCount(): number {
    return this.#synthetic.size;
  }

  /** Regular calls that hold a call slot. */
  get admitted(): number {
    return this.#limiter.admitted;
  }

  get isDraining(): boolean {
    return this.#admission !== "open";
  }

  /** Whether no call can be admitted any more, even after `resume`. */
  get isClosed(): boolean {
    return this.#admission === "closed";
  }

  /** Calls that listen for a shutdown, for leak checks. */
  get shutdownListeners(): number {
    return this.#shutdown.listenerCount;
  }

  /** Handles one INVITE: runs the call until its end. */
  take(call: DrachtioCall): void {
    const { clock, trunks, hasher, removals, audioBridges, identityClaims, media, directory, nodes } = this.#options;
    const { settings, limits } = this.#options.newCallSettings();
    const callId = randomBytes(6).toString("base64url");
    const onBug = (error: unknown): void => {
      this.#options.logger.error({ call: callId, err: error }, "unexpected error");
    };
    const running = runCall(
      call,
      {
        clock,
        trunks,
        hasher,
        removals,
        audioBridges,
        identityClaims,
        media,
        directory,
        nodes,
        joinPacer: this.#joinPacer,
        shutdown: this.#shutdown,
        onBug,
        ...this.#servicesOf(call, callId, limits),
      },
      settings,
    )
      .then((report) => {
        this.#ended(callId, report);
      }, onBug)
      .finally(() => {
        this.#options.onRemoved(call);
        this.#calls.delete(call);
        this.#synthetic.delete(call);
      });
    this.#calls.set(call, running);
  }

  #servicesOf(call: DrachtioCall, callId: string, limits: CallLimits): OwnServices {
    const { guesses, watcher } = this.#options;
    return {
      acquireSlot: (admitted) => {
        if (this.isDraining) return failure("draining");
        if (admitted.origin === "regular") return this.#limiter.acquireSlot(admitted, limits);
        this.#synthetic.add(call);
        return success(() => undefined);
      },
      acquireWaitingSlot: (pin, origin) =>
        origin === "regular" ? this.#limiter.acquireWaitingSlot(pin, limits) : success(() => undefined),
      guesses: (admitted) => (admitted.origin === "regular" ? guesses(admitted) : uncountedGuesses),
      entered: (voiceBridge, origin) =>
        origin === "regular" ? this.occupancy.enter(voiceBridge, callId) : () => undefined,
      onStage: (stage, facts) => {
        watcher.onStage(callId, stage, facts);
      },
      onPin: (outcome, origin) => {
        watcher.onPin(callId, outcome, origin);
      },
    };
  }

  #ended(callId: string, report: CallReport): void {
    const talking = report.stages.filter(({ stage }) => stage === "talking");
    if (talking.length > 0 && report.origin === "regular")
      this.#options.onTalked(talking.reduce((sum, { ms }) => sum + ms, 0) / 1_000);
    this.#options.watcher.onEnd(callId, report);
  }

  /** Refuses calls until `resume`. */
  drain(): void {
    if (this.#admission === "open") this.#admission = "draining";
  }

  /** Admits calls again, unless `close` was called. */
  resume(): void {
    if (this.#admission === "draining") this.#admission = "open";
  }

  /** Refuses all further calls. */
  close(): void {
    this.#admission = "closed";
  }

  /** Waits up to `drainMs` milliseconds for the calls to end, then ends the remaining ones. */
  async end(drainMs: number): Promise<void> {
    if (this.#calls.size > 0 && drainMs > 0) {
      this.#options.logger.info({ calls: this.#calls.size, drainMs }, "waiting for calls to end");
      // A failed call is reported below.
      await within(this.#options.clock, drainMs, Promise.all(this.#calls.values())).catch(() => undefined);
    }
    this.#shutdown.set("shutdown");
    await Promise.all(this.#calls.values());
  }
}
