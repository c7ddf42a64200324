import type { Language } from "../../caller/language.js";

/** Formats points in time and durations for a language and a time zone. */
export class Times {
  /** The name of the time zone, such as CET. */
  readonly zone: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #now: number;

  /** @param now milliseconds since 1970; times of another day are shown with their date */
  constructor(language: Language, timeZone: string, now: number) {
    const locale = language === "de" ? "de-DE" : "en-GB";
    this.#now = now;
    this.#time = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.#clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
    this.#day = new Intl.DateTimeFormat(locale, { timeZone, day: "numeric", month: "short" });
    const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" }).formatToParts(now);
    this.zone = parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
  }

  /** @param at as in the report, ISO 8601 */
  of(at: string): string {
    const date = new Date(at);
    const time = this.#time.format(date);
    const day = this.#day.format(date);
    return day === this.#day.format(this.#now) ? time : `${day}, ${time}`;
  }

  /** Hours and minutes on a clock of 24 hours, such as 18:00. */
  clock(at: string): string {
    return this.#clock.format(new Date(at));
  }
}

/** A duration of milliseconds in its largest fitting unit, such as 4 s or 3 min. */
export function roughly(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

/** A short duration of milliseconds in tenths of a second, such as 1.3 s. */
export function tenths(ms: number, language: Language): string {
  return `${(ms / 1_000).toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`;
}
