import type { FsEvent } from "./fsmrf.js";

/** Runs an application on the channel; the callback comes when it has ended, or never when the channel goes away. */
export type Execute = (application: string, argument: string, done: (event: FsEvent | undefined) => void) => void;

/** An application on a channel, running or waiting for its turn. */
export interface Run {
  /** Ends it: before its turn it never begins, afterwards it is broken off. More than once does nothing. */
  stop(): void;
}

interface Entry {
  state: "waiting" | "running" | "stopped" | "done";
  readonly begin: () => void;
}

/**
 * One application at a time on a channel. FreeSWITCH does not queue: an application that is sent while another one runs
 * runs inside of it, the outer one goes on afterwards, and a `uuid_break` for the outer one is lost. So the next
 * one is sent only when FreeSWITCH has reported the end of the one before.
 */
export class ApplicationQueue {
  readonly #execute: Execute;
  readonly #breakOff: () => void;
  readonly #queue: Entry[] = [];
  #current: Entry | undefined;

  constructor(execute: Execute, breakOff: () => void) {
    this.#execute = execute;
    this.#breakOff = breakOff;
  }

  /**
   * Runs an application when all before it have ended.
   * @param done gets the event at its end, `undefined` when it was stopped before its turn
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
    if (this.#current !== undefined) return;
    this.#current = this.#queue.shift();
    this.#current?.begin();
  }
}
