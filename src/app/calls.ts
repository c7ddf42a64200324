import { randomBytes } from "node:crypto";

import type { Logger } from "pino";

import { runCall } from "../call/call.js";
import type { EndCause } from "../call/cause.js";
import type { CallServices } from "../call/context.js";
import type { Directory, MediaServers, NodeProbe, Trunks, Turn } from "../call/interfaces.js";
import { joinIntervalMs, JoinPacer } from "../call/join-pacer.js";
import { Occupancy } from "../call/occupancy.js";
import type { CallReport, CallWatcher } from "../call/progress.js";
import { uncountedGuesses } from "../call/restraint.js";
import { resumeCall, type ResumedCall } from "../call/resume.js";
import type { CallSettings } from "../call/settings.js";
import type { DrachtioConnection } from "../sip/drachtio-connection.js";
import type { DrachtioCall } from "../sip/incoming-call.js";
import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import { within } from "../util/wait.js";
import { CallLimiter, type CallLimits } from "./call-limiter.js";
import type { OwnLoad } from "./own-load.js";

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
  readonly media: MediaServers & {
    /** The turn of a new call, on the media server that can best take it. */
    takeTurn(): Result<Turn, "overloaded">;
  };
  readonly load: Pick<OwnLoad, "state">;
  readonly directory: Directory;
  readonly nodes: NodeProbe;
  /** The random id of this process. */
  readonly owner: string;
  /** Calls wait for it: at the start of einwahl each would be refused. */
  readonly whenOpen: Latch<true>;
  /** The settings of a new call, which keeps them until its end. */
  readonly newCallSettings: () => NewCallSettings;
  /** Told when a call has ended, or was handed over, and has released all its resources. */
  readonly signalling: Pick<DrachtioConnection, "release">;
  /** A regular call that was in a conference has ended. @param seconds its time there */
  readonly onTalked: (seconds: number) => void;
}

export interface NewCallSettings {
  readonly settings: CallSettings;
  readonly limits: CallLimits;
}

/** Timeout for calls in set-up, in milliseconds. */
const maxHandOverMs = 5_000;

/** The part of a call's services that differs from call to call. */
type OwnServices = Pick<
  CallServices,
  | "acquireSlot"
  | "takeTurn"
  | "resumeSlot"
  | "acquireWaitingSlot"
  | "guesses"
  | "entered"
  | "onStage"
  | "onPin"
  | "callId"
>;

/** `left`: another process continues it. */
export type CallFate = "ended" | "left";

/** A call in progress: from its INVITE on, or taken over. */
type CallKey = DrachtioCall | ResumedCall["call"];

/** The calls in progress, each from its INVITE until its end. */
export class Calls {
  readonly occupancy = new Occupancy(Date.now);
  readonly #options: CallsOptions;
  readonly #calls = new Map<CallKey, Promise<void>>();
  readonly #synthetic = new Set<CallKey>();
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
    const { settings, limits } = this.#options.newCallSettings();
    const services = this.#services(call, randomBytes(6).toString("base64url"), limits);
    const run = (): Promise<CallReport> => runCall(call, services, settings);
    const report = this.#options.whenOpen.isSet ? run() : this.#opened(call).then(run);
    this.#run(call, services, report, (fate) => {
      this.#options.signalling.release(call, fate);
    });
  }

  /** Resolves when calls can be handled, or when the caller has given up. */
  async #opened(call: DrachtioCall): Promise<void> {
    let stop: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      const latches = [this.#options.whenOpen, call.gone, this.#shutdown];
      const disposables = latches.map((latch) =>
        latch.onSet(() => {
          resolve();
        }),
      );
      stop = () => {
        for (const dispose of disposables) dispose();
      };
    });
    stop();
  }

  /** Continues a call that another process has left. @param onRemoved the call has ended here */
  adopt(resumed: ResumedCall, onRemoved: (fate: CallFate) => void): void {
    const { settings, limits } = this.#options.newCallSettings();
    const { call, record, endpoint } = resumed;
    const { callId } = record;
    const services = this.#services(call, callId, limits);
    this.#options.logger.info(
      { call: callId, step: record.step.kind, mediaServer: endpoint.mediaServer },
      "call taken over",
    );
    this.#run(call, services, resumeCall(resumed, services, settings), onRemoved);
  }

  #run(key: CallKey, services: CallServices, call: Promise<CallReport>, onRemoved: (fate: CallFate) => void): void {
    let fate: CallFate = "ended";
    const running = call
      .then((report) => {
        if (report.cause === "handed-over") {
          // It is still up.
          fate = "left";
          this.#options.logger.info({ call: services.callId }, "call handed over to the next process");
        } else {
          this.#ended(services.callId, report);
        }
      }, services.onBug)
      .finally(() => {
        onRemoved(fate);
        this.#calls.delete(key);
        this.#synthetic.delete(key);
      });
    this.#calls.set(key, running);
  }

  #services(call: CallKey, callId: string, limits: CallLimits): CallServices {
    const { clock, trunks, hasher, removals, audioBridges, identityClaims, media, directory, nodes, owner } =
      this.#options;
    return {
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
      owner,
      today: Date.now,
      onBug: (error) => {
        this.#options.logger.error({ call: callId, err: error }, "unexpected error");
      },
      ...this.#servicesOf(call, callId, limits),
    };
  }

  #servicesOf(call: CallKey, callId: string, limits: CallLimits): OwnServices {
    const { guesses, watcher } = this.#options;
    return {
      callId,
      resumeSlot: (admitted) => this.#limiter.resumeSlot(admitted),
      acquireSlot: (admitted) => {
        if (this.isDraining) return failure("draining");
        if (admitted.origin === "regular") return this.#limiter.acquireSlot(admitted, limits);
        this.#synthetic.add(call);
        return success(() => undefined);
      },
      takeTurn: (origin) => {
        // A synthetic call tells whether calls work; there are two of them at most.
        if (origin === "synthetic") return success({ mediaServer: undefined });
        return this.#options.load.state === "slow" ? failure("overloaded") : this.#options.media.takeTurn();
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

  /** Refuses all further calls, and leaves the answered ones to another process; they go on meanwhile. */
  async handOver(): Promise<void> {
    this.close();
    this.#shutdown.set("handed-over");
    // A call that rings is answered first.
    await within(this.#options.clock, maxHandOverMs, Promise.all(this.#calls.values())).catch(() => undefined);
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
