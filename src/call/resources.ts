import { Latch } from "../util/latch.js";
import { failure, type Result } from "../util/result.js";
import { CallScope } from "./call-scope.js";
import { answerFor, type EndCause, reasonHeaderFor } from "./cause.js";
import type { CallServices } from "./context.js";
import type { CallerEndpoint, CallerLine, IncomingCall, MediaFailure, ReceivedAudio } from "./interfaces.js";

/** Timeout of each release step, in milliseconds; after it the engines' own timers clean up. */
const releaseTimeoutMs = 5_000;

/** The resources that a call holds and releases, however it ends. */
export class CallResources {
  slot: (() => void) | undefined;
  opening: Promise<Result<Pick<CallerEndpoint, "release" | "detach">, MediaFailure>> | undefined;
  accepting: Promise<Result<unknown, EndCause>> | undefined;
  readonly #disposables: ((cause: EndCause) => void)[] = [];
  /** Releases of channels that were lost. */
  readonly #dropped: Promise<unknown>[] = [];
  readonly #scope: CallScope;
  readonly #onBug: (error: unknown) => void;

  constructor({ clock, onBug }: Pick<CallServices, "clock" | "onBug">) {
    // A latch that is never set: the end of the call must not cut short its own release.
    this.#scope = new CallScope(clock, new Latch<EndCause>());
    this.#onBug = onBug;
  }

  watch(dispose: (cause: EndCause) => void): void {
    this.#disposables.push(dispose);
  }

  /** Releases the channel, or the one that is opening, while the call goes on. */
  drop(): void {
    this.#dropped.push(this.#scope.within(this.#releaseEndpoint(), releaseTimeoutMs).catch(this.#onBug));
    this.opening = undefined;
  }

  /** Releases everything, or leaves a call that is handed over to the other process; a bug in one engine's adapter does not block the others. Never rejects. */
  async release(call: CallerLine | IncomingCall, cause: EndCause): Promise<ReceivedAudio | undefined> {
    for (const dispose of this.#disposables) dispose(cause);
    if (cause === "handed-over") {
      const opened = await this.opening;
      if (opened?.ok === true) opened.value.detach();
      call.detach();
      this.slot?.();
      return undefined;
    }
    const endpointReleased = this.#scope.within(this.#releaseEndpoint(), releaseTimeoutMs).catch(this.#onBug);
    const [released] = await Promise.all([
      endpointReleased,
      this.#endSignalling(call, cause).catch(this.#onBug),
      ...this.#dropped,
    ]);
    this.slot?.();
    return released?.kind === "done" ? released.value : undefined;
  }

  async #endSignalling(call: CallerLine | IncomingCall, cause: EndCause): Promise<void> {
    const isUp = await this.#isUp(call, cause);
    // The caller may have hung up meanwhile, whatever ended the call.
    if (isUp) {
      if (call.gone.value !== "caller-hung-up")
        await this.#scope.within(call.hangUp(reasonHeaderFor(cause)), releaseTimeoutMs);
    } else if ("refuse" in call && call.gone.value !== "cancelled") {
      call.refuse(answerFor(cause));
    }
  }

  /** Whether a dialog exists. Waits for a 200 in flight, otherwise its dialog would leak. */
  async #isUp(call: CallerLine, cause: EndCause): Promise<boolean> {
    const accepting = this.accepting?.catch((error: unknown) => {
      this.#onBug(error);
      return failure("internal-error");
    });
    if (accepting === undefined) return false;
    const accepted = await this.#scope.within(accepting, releaseTimeoutMs);
    if (accepted.kind === "done") return accepted.value.ok;
    const lateBye = accepting.then(async (late) => {
      if (late.ok) await call.hangUp(reasonHeaderFor(cause));
    });
    lateBye.catch(this.#onBug);
    return false;
  }

  async #releaseEndpoint(): Promise<ReceivedAudio | undefined> {
    const opened = await this.opening;
    return opened?.ok === true ? await opened.value.release() : undefined;
  }
}
