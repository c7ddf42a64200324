import { eventNames, type FsEvent } from "./event.js";

export type EventFormat = "plain" | "json";

const maxCustom = 256;
const maxFilters = 256;

/** The events of `myevents` (mod_event_socket). */
const myEvents = [
  "CHANNEL_ANSWER",
  "CHANNEL_APPLICATION",
  "CHANNEL_BRIDGE",
  "CHANNEL_CREATE",
  "CHANNEL_DATA",
  "CHANNEL_DESTROY",
  "CHANNEL_EXECUTE",
  "CHANNEL_EXECUTE_COMPLETE",
  "CHANNEL_HANGUP",
  "CHANNEL_HANGUP_COMPLETE",
  "CHANNEL_ORIGINATE",
  "CHANNEL_UUID",
  "CHANNEL_OUTGOING",
  "CHANNEL_PARK",
  "CHANNEL_PROGRESS",
  "CHANNEL_PROGRESS_MEDIA",
  "CHANNEL_STATE",
  "CHANNEL_UNBRIDGE",
  "CHANNEL_UNPARK",
  "DETECTED_SPEECH",
  "DTMF",
  "NOTALK",
  "TALK",
];

interface Filter {
  readonly name: string;
  readonly value: string;
}

/** The event subscriptions of one event socket. Replies as in mod_event_socket. */
export class Subscription {
  #format: EventFormat = "plain";
  readonly #names = new Set<string>();
  readonly #custom = new Set<string>();
  #filters: Filter[] = [];
  #onlyChannel: string | undefined;

  get format(): EventFormat {
    return this.#format;
  }

  /** `event json A B CUSTOM c::d`: everything after CUSTOM is a subclass. */
  subscribe(words: readonly string[]): string {
    let custom = false;
    let known = 0;
    for (const [index, word] of words.entries()) {
      const lower = word.toLowerCase();
      if (index === 0 && (lower === "json" || lower === "plain")) {
        this.#format = lower;
      } else if (index === 0 && lower === "xml") {
        return "-ERR xml is not supported by the embedded media server";
      } else if (custom) {
        if (this.#custom.size < maxCustom) this.#custom.add(word);
      } else {
        const name = eventName(word);
        if (name === undefined) continue;
        known += 1;
        this.#names.add(name);
        custom = name === "CUSTOM";
      }
    }
    return known === 0 ? "-ERR no keywords supplied" : `+OK event listener enabled ${this.#format}`;
  }

  unsubscribe(words: readonly string[]): string {
    let custom = false;
    let known = 0;
    for (const word of words) {
      const name = eventName(word);
      if (custom) {
        this.#custom.delete(word);
      } else if (name !== undefined) {
        known += 1;
        if (name === "CUSTOM") custom = true;
        else this.#remove(name);
      }
    }
    return known === 0 ? "-ERR no keywords supplied" : "+OK events nixed";
  }

  clear(): string {
    const wasOn = this.#names.size > 0;
    this.#names.clear();
    this.#custom.clear();
    return wasOn ? "+OK no longer listening for events" : "-ERR not listening for events";
  }

  myEvents(channel: string, words: readonly string[]): string {
    if (this.#onlyChannel !== undefined) return "-ERR aready enabled.";
    this.#onlyChannel = channel;
    for (const name of myEvents) this.#names.add(name);
    if (words.some((word) => word.toLowerCase() === "json")) this.#format = "json";
    return "+OK Events Enabled";
  }

  /** The argument of `filter`. */
  filter(argument: string): string {
    const [first = "", second, ...rest] = argument.trim().split(" ");
    const lower = first.toLowerCase();
    if (lower === "delete" && second !== undefined) return this.#deleteFilter(second, rest.join(" "));
    const [name, value] = lower === "add" ? [second ?? "", rest.join(" ")] : [first, [second ?? "", ...rest].join(" ")];
    if (name === "" || value.trim() === "") return "-ERR invalid syntax";
    if (value.startsWith("/")) return "-ERR regular expressions are not supported by the embedded media server";
    if (this.#filters.length >= maxFilters) return "-ERR too many filters";
    this.#filters.push({ name, value });
    return `+OK filter added. [${name}]=[${value}]`;
  }

  wants(event: FsEvent): boolean {
    if (!this.#subscribed(event)) return false;
    if (this.#onlyChannel !== undefined) {
      const own = this.#onlyChannel;
      return event.header("Unique-ID") === own || event.header("Job-Owner-UUID") === own;
    }
    return this.#filters.length === 0 || this.#passesFilters(event);
  }

  #subscribed(event: FsEvent): boolean {
    if (this.#names.has("ALL")) return true;
    if (!this.#names.has(event.name)) return false;
    const subclass = event.header("Event-Subclass");
    return event.name !== "CUSTOM" || subclass === undefined || this.#custom.has(subclass);
  }

  /** With filters, an event must match one of them; a value with a leading "-" excludes matching events. */
  #passesFilters(event: FsEvent): boolean {
    let passes = false;
    for (const filter of this.#filters) {
      const value = event.header(filter.name);
      if (value === undefined) continue;
      const [, sign = "", wanted = ""] = /^([+\- ]*)(.*)$/s.exec(filter.value) ?? [];
      const positive = sign.trim().slice(-1) !== "-";
      if (value.toLowerCase() !== wanted.toLowerCase()) continue;
      if (!positive) return false;
      passes = true;
    }
    return passes;
  }

  #deleteFilter(name: string, value: string): string {
    const lower = name.toLowerCase();
    this.#filters = this.#filters.filter((filter) => {
      const same = filter.name.toLowerCase() === lower && (value === "" || filter.value === value);
      return lower !== "all" && !same;
    });
    return `+OK filter deleted. [${name}][${value}]`;
  }

  #remove(name: string): void {
    if (name === "ALL") {
      this.#names.clear();
      return;
    }
    if (this.#names.delete("ALL")) for (const each of eventNames) if (each !== "ALL") this.#names.add(each);
    this.#names.delete(name);
  }
}

/** FreeSWITCH accepts the names with or without SWITCH_EVENT_, case-insensitive. */
function eventName(word: string): string | undefined {
  const upper = word.toUpperCase().replace(/^SWITCH_EVENT_/, "");
  return eventNames.has(upper) ? upper : undefined;
}
