import { Latch } from "../util/latch.js";
import type { EndCause } from "./cause.js";
import type { CallServices } from "./context.js";
import type { CallerEndpoint, CallerLine } from "./interfaces.js";

/** The signals that end a call from outside. */
export class EndSignals {
  /** The caller's leg is gone: nothing can be played any more. */
  readonly gone = new Latch<EndCause>();
  /** `gone`, or the call must end while a farewell can still be played. */
  readonly ended = new Latch<EndCause>();
  readonly #disposables: readonly (() => void)[];

  /**
   * @param endpoint the caller's channel; `undefined` before there is one
   * @param handOver whether a hand-over to another process ends the call here; without a channel there is no record to
   * continue from: the call is answered, or moved, first
   */
  constructor(
    call: Pick<CallerLine, "gone">,
    { shutdown }: Pick<CallServices, "shutdown">,
    endpoint?: Pick<CallerEndpoint, "gone">,
    handOver: "ends" | "waits" = endpoint === undefined ? "waits" : "ends",
  ) {
    const sources = endpoint === undefined ? [call.gone] : [call.gone, endpoint.gone];
    this.#disposables = [
      this.gone.onSet((cause) => {
        this.ended.set(cause);
      }),
      ...sources.map((source) =>
        source.onSet((cause) => {
          this.gone.set(cause);
        }),
      ),
      shutdown.onSet((cause) => {
        if (cause !== "handed-over" || handOver === "ends") this.ended.set(cause);
      }),
    ];
  }

  /** Unsubscribes from the sources. */
  close(): void {
    for (const dispose of this.#disposables) dispose();
  }
}
