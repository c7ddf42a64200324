import type { Clock } from "../util/clock.js";

/** Minimum session interval in seconds (RFC 4028 section 5); drachtio raises shorter ones to it. */
export const minSessionExpires = 90;

/** einwahl refreshes this long before drachtio (which does so at half the interval), in milliseconds: enough for two retries after 491. */
const aheadOfDrachtioMs = 5_000;

/** A `Session-Expires` header (RFC 4028 section 4). */
interface SessionExpires {
  readonly seconds: number;
  readonly refresher: "uac" | "uas" | undefined;
}

/**
 * The session timer of a dialog (RFC 4028) if einwahl is the refresher. drachtio has its own timer but does not forward the
 * answer to its re-INVITE, so a new SRTP key in it would be lost. einwahl refreshes earlier, which restarts drachtio's timer.
 */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #due: () => void;
  #cancelTimer: () => void = () => undefined;
  #seconds: number | undefined;
  #weRefresh = false;

  /** @param due called when a refresh is due */
  constructor(clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** Headers of our re-INVITE: the timer and its refresher stay. */
  get headers(): Readonly<Record<string, string>> {
    if (this.#seconds === undefined) return {};
    const refresher = this.#weRefresh ? "uac" : "uas";
    return { "Session-Expires": `${this.#seconds};refresher=${refresher}`, "Min-SE": String(minSessionExpires) };
  }

  /** Who refreshes, and the interval in seconds; `undefined`: no timer runs. */
  get state(): { readonly seconds: number; readonly refresher: "us" | "peer" } | undefined {
    return this.#seconds === undefined
      ? undefined
      : { seconds: this.#seconds, refresher: this.#weRefresh ? "us" : "peer" };
  }

  /**
   * Continues the timer of another process, as the refresher from now on: drachtio answers the peer's refresh 481 in a dialog
   * that it does not forward. The first refresh is due at once.
   */
  takeOver(seconds: number): void {
    this.#run(seconds, true);
    this.#due();
  }

  /** Starts the timer from the initial INVITE. Without a refresher parameter no timer runs (`default-refresher` in `config/drachtio.conf.xml`). */
  invited(header: string): void {
    const expires = read(header);
    this.#run(
      expires?.refresher === undefined ? undefined : Math.max(expires.seconds, minSessionExpires),
      expires?.refresher === "uas",
    );
  }

  /** Restarts or stops the timer after the caller's re-INVITE or UPDATE. Returns the headers of the 2xx. */
  renewed(header: string | undefined): Readonly<Record<string, string>> {
    const expires = read(header);
    // drachtio's default without a refresher parameter (processRequestInsideDialog in sip-dialog-controller.cpp).
    const refresher = expires?.refresher ?? (this.#weRefresh ? "uac" : "uas");
    this.#run(expires?.seconds, refresher === "uas");
    if (expires === undefined) return {};
    return {
      "Session-Expires": `${expires.seconds};refresher=${refresher}`,
      ...(refresher === "uac" && { Require: "timer" }),
    };
  }

  /** Restarts the timer after the caller's 2xx to our re-INVITE. */
  refreshed(header: string | undefined): void {
    const expires = read(header);
    this.#run(expires?.seconds, expires?.refresher !== "uas");
  }

  stop(): void {
    this.#cancelTimer();
    this.#seconds = undefined;
  }

  #run(seconds: number | undefined, weRefresh: boolean): void {
    this.stop();
    this.#seconds = seconds;
    this.#weRefresh = weRefresh && seconds !== undefined;
    if (seconds === undefined || !weRefresh) return;
    this.#cancelTimer = this.#clock.after(seconds * 500 - aheadOfDrachtioMs, this.#due);
  }
}

function read(header: string | undefined): SessionExpires | undefined {
  const [, seconds, parameters = ""] = /^\s*(\d{1,8})\s*(?:;(.*))?$/.exec(header ?? "") ?? [];
  if (seconds === undefined) return undefined;
  const refresher = /(?:^|;)\s*refresher\s*=\s*"?(uac|uas)\b/i.exec(parameters)?.[1]?.toLowerCase();
  return { seconds: Number(seconds), refresher: refresher === "uac" || refresher === "uas" ? refresher : undefined };
}
