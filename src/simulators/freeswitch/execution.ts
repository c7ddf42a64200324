import type { ApplicationStack } from "./application-stack.js";
import type { Channel } from "./channel.js";
import type { Digit } from "./digit-queue.js";

/** A running application. */
export class Execution {
  readonly channel: Channel;
  readonly argument: string;
  readonly #stack: ApplicationStack;
  readonly #breaks = new Set<() => void>();
  /** Receives digits while this application is the innermost one; undefined leaves them queued. */
  digitTaker: ((digit: Digit) => void) | undefined;

  constructor(channel: Channel, stack: ApplicationStack, argument: string) {
    this.channel = channel;
    this.#stack = stack;
    this.argument = argument;
  }

  /** Whether no nested application runs. */
  get isInnermost(): boolean {
    return this.#stack.innermost === this;
  }

  /** Sets the Application-Response of CHANNEL_EXECUTE_COMPLETE. */
  respond(text: string): void {
    this.channel.setVariable("current_application_response", text);
  }

  /** Sends digits to `taker` from now on, queued ones at once. */
  takeDigits(taker: (digit: Digit) => void): void {
    this.digitTaker = taker;
    this.channel.digits.drain();
  }

  /** Calls back at uuid_break and at the hang-up. Returns an unsubscribe function. */
  onBreak(listener: () => void): () => void {
    const { down } = this.channel;
    this.#breaks.add(listener);
    down.addEventListener("abort", listener);
    if (down.aborted) listener();
    return () => {
      this.#breaks.delete(listener);
      down.removeEventListener("abort", listener);
    };
  }

  /** Calls back at a transfer of the channel and at the hang-up, not at uuid_break. Returns an unsubscribe function. */
  onLeave(listener: () => void): () => void {
    return this.channel.routing.onLeave(listener);
  }

  /** uuid_break. */
  break(): void {
    for (const listener of [...this.#breaks]) listener();
  }
}
