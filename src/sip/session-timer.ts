import type { Clock } from "../util/clock.js";

/** RFC 4028 section 5: no session interval may be shorter, in seconds; drachtio takes a longer one in its place. */
export const minSessionExpires = 90;

/** So long before drachtio's own refresh, at half the interval, einwahl sends one, in milliseconds: enough for two retries after a 491. */
const aheadOfDrachtioMs = 5_000;

/** What a `Session-Expires` header says (RFC 4028 section 4). */
interface SessionExpires {
  readonly seconds: number;
  readonly refresher: "uac" | "uas" | undefined;
}

/**
 * The session timer of a dialog (RFC 4028), where the caller leaves the refreshes to us. drachtio has one, too, but keeps the answer
 * to its re-INVITE to itself: a new key in it would be lost. So einwahl refreshes first, which starts drachtio's timer again.
 */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #due: () => void;
  #cancelTimer: () => void = () => undefined;
  #seconds: number | undefined;
  #weRefresh = false;

  /** @param due the session has to be refreshed now */
  constructor(clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** For the re-INVITE that refreshes the session. */
  get headers(): Readonly<Record<string, string>> {
    return this.#seconds === undefined
      ? {}
      : { "Session-Expires": `${this.#seconds};refresher=uac`, "Min-SE": String(minSessionExpires) };
  }

  /** The INVITE that made the dialog. Without a named refresher there is no timer (`default-refresher` in `config/drachtio.conf.xml`). */
  invited(header: string): void {
    const expires = read(header);
    this.#run(
      expires?.refresher === undefined ? undefined : Math.max(expires.seconds, minSessionExpires),
      expires?.refresher === "uas",
    );
  }

  /** A re-INVITE or UPDATE of the caller's, which stops the timer or starts it again. Returns the headers of the 2xx. */
  renewed(header: string | undefined): Readonly<Record<string, string>> {
    const expires = read(header);
    // drachtio's choice where the caller leaves it open (sip-dialog-controller.cpp, processRequestInsideDialog).
    const refresher = expires?.refresher ?? (this.#weRefresh ? "uac" : "uas");
    this.#run(expires?.seconds, refresher === "uas");
    if (expires === undefined) return {};
    return {
      "Session-Expires": `${expires.seconds};refresher=${refresher}`,
      ...(refresher === "uac" && { Require: "timer" }),
    };
  }

  /** The caller's 2xx to our own re-INVITE. */
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
