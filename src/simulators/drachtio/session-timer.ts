import type { Clock } from "../../util/clock.js";

/** RFC 4028 section 5: minimum session interval in seconds. */
export const minSe = 90;

export interface SessionExpires {
  readonly seconds: number;
  readonly refresher?: "uac" | "uas";
}

/** Parses a Session-Expires header. */
export function parseSessionExpires(value: string | undefined): SessionExpires | undefined {
  const parts = /^\s*(\d{1,9})\s*(?:;(.*))?$/.exec(value ?? "");
  if (parts === null) return undefined;
  const refresher = /(?:^|;)\s*refresher\s*=\s*"?(uac|uas)"?/i.exec(parts[2] ?? "")?.[1]?.toLowerCase();
  const seconds = Number(parts[1]);
  return refresher === "uac" || refresher === "uas" ? { seconds, refresher } : { seconds };
}

/** The session timer of one dialog: we refresh at half the interval, or the peer's missing refresh ends the call. */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #due: (weRefresh: boolean) => void;
  #cancel: (() => void) | undefined;
  #seconds = 0;
  #weRefresh = false;

  /** @param due called when our refresh is due, or the peer's refresh is missing */
  constructor(clock: Clock, due: (weRefresh: boolean) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get running(): boolean {
    return this.#cancel !== undefined;
  }

  get seconds(): number {
    return this.#seconds;
  }

  get weRefresh(): boolean {
    return this.running && this.#weRefresh;
  }

  start(seconds: number, weRefresh: boolean): void {
    this.stop();
    this.#seconds = seconds;
    this.#weRefresh = weRefresh;
    this.#cancel = this.#clock.after(weRefresh ? seconds * 500 : seconds * 1000, () => {
      this.#cancel = undefined;
      this.#due(weRefresh);
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
