import type { FsEvent } from "./channel-connection.js";

/** Runs an application on the channel. Calls back when the application has ended; never if the channel is destroyed. */
export type Execute = (application: string, argument: string, done: (event: FsEvent | undefined) => void) => void;

/** An application on a channel, running or queued. */
export interface Run {
  /** Removes a queued application, or breaks off a running one. Idempotent. */
  stop(): void;
}

interface Entry {
  state: "waiting" | "running" | "stopped" | "done";
  readonly begin: () => void;
}

/**
 * Runs one application at a time on a channel. FreeSWITCH does not queue: an application sent while another one runs
 * is nested in it, and a `uuid_break` for the outer one is lost. The next application is therefore sent only after
 * FreeSWITCH has reported the end of the previous one.
 */
export class ApplicationQueue {
  readonly #execute: Execute;
  readonly #breakOff: () => void;
  readonly #queue: Entry[] = [];
  #current: Entry | undefined;
  #state: "open" | "held";

  /** @param state `held`: applications wait for `open` */
  constructor(execute: Execute, breakOff: () => void, state: "open" | "held" = "open") {
    this.#execute = execute;
    this.#breakOff = breakOff;
    this.#state = state;
  }

  open(): void {
    this.#state = "open";
    this.#next();
  }

  /**
   * Runs an application after all queued ones have ended.
   * @param done receives the final event; `undefined` if the application was stopped before it started
   */
  run(application: string, argument: string, done: (event: FsEvent | undefined) => void): Run {
    const entry: Entry = {
      state: "waiting",
      begin: () => {
        entry.state = "running";
        this.#execute(application, argument, (event) => {
          entry.state = "done";
          done(event);
          this.#current = undefined;
          this.#next();
        });
      },
    };
    this.#queue.push(entry);
    this.#next();
    return {
      stop: () => {
        if (entry.state === "running") {
          this.#breakOff();
        } else if (entry.state === "waiting") {
          this.#queue.splice(this.#queue.indexOf(entry), 1);
          done(undefined);
        } else {
          return;
        }
        entry.state = "stopped";
      },
    };
  }

  #next(): void {
    if (this.#current !== undefined || this.#state === "held") return;
    this.#current = this.#queue.shift();
    this.#current?.begin();
  }
}
