/** Header fields in their order on the wire, names in any case. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** RFC 3261 section 7.3.3 and the registry of later compact forms. */
const compact: ReadonlyMap<string, string> = new Map([
  ["a", "Accept-Contact"],
  ["b", "Referred-By"],
  ["c", "Content-Type"],
  ["e", "Content-Encoding"],
  ["f", "From"],
  ["i", "Call-ID"],
  ["k", "Supported"],
  ["l", "Content-Length"],
  ["m", "Contact"],
  ["o", "Event"],
  ["r", "Refer-To"],
  ["s", "Subject"],
  ["t", "To"],
  ["u", "Allow-Events"],
  ["v", "Via"],
  ["x", "Session-Expires"],
]);

/** The long form of a header name; other names are returned unchanged. */
export function expandHeaderName(name: string): string {
  return compact.get(name.toLowerCase()) ?? name;
}

/** Splits a comma-separated header value, except at commas inside quotes and angle brackets. */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at];
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "<") bracketed = true;
    else if (character === ">") bracketed = false;
    else if (character === "," && !bracketed) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts.filter((part) => part !== "");
}

/** The ordered, case-insensitive header fields of one message. Compact names are stored in their long form. */
export class Headers {
  readonly #entries: [name: string, value: string][] = [];

  constructor(list: HeaderList = []) {
    for (const [name, value] of list) this.add(name, value);
  }

  /** The first field of that name, not split at commas. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.#entries.find(([key]) => key.toLowerCase() === wanted)?.[1];
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Every field of that name, not split at commas. */
  all(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#entries.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  }

  /** Every value of that name, fields split at commas. */
  list(name: string): string[] {
    return this.all(name).flatMap(splitList);
  }

  /** Line breaks in the value become spaces: prevents header injection. */
  add(name: string, value: string): void {
    this.#entries.push([expandHeaderName(name), oneLine(value)]);
  }

  addAll(list: HeaderList): void {
    for (const [name, value] of list) this.add(name, value);
  }

  /** Inserts a field before all others. */
  prepend(name: string, value: string): void {
    this.#entries.unshift([expandHeaderName(name), oneLine(value)]);
  }

  /** Replaces the first field of that name in place and removes the others; appends it if absent. */
  set(name: string, value: string): void {
    const wanted = expandHeaderName(name).toLowerCase();
    const at = this.#entries.findIndex(([key]) => key.toLowerCase() === wanted);
    if (at < 0) {
      this.add(name, value);
      return;
    }
    const kept = this.#entries[at]?.[0] ?? name;
    const rest = this.#entries.slice(at + 1).filter(([key]) => key.toLowerCase() !== wanted);
    this.#entries.splice(at, this.#entries.length - at, [kept, oneLine(value)], ...rest);
  }

  remove(name: string): void {
    const wanted = expandHeaderName(name).toLowerCase();
    const kept = this.#entries.filter(([key]) => key.toLowerCase() !== wanted);
    this.#entries.splice(0, this.#entries.length, ...kept);
  }

  /** Replaces all values of a name, one field each, at the position of the first. */
  replaceAll(name: string, values: readonly string[]): void {
    const wanted = expandHeaderName(name).toLowerCase();
    const at = this.#entries.findIndex(([key]) => key.toLowerCase() === wanted);
    const before = this.#entries.slice(0, Math.max(at, 0));
    const after = this.#entries.slice(Math.max(at, 0)).filter(([key]) => key.toLowerCase() !== wanted);
    const fresh = values.map((value): [string, string] => [expandHeaderName(name), oneLine(value)]);
    this.#entries.splice(0, this.#entries.length, ...before, ...fresh, ...after);
  }

  entries(): HeaderList {
    return this.#entries.map(([name, value]): readonly [string, string] => [name, value]);
  }

  clone(): Headers {
    return new Headers(this.#entries);
  }
}

function oneLine(value: string): string {
  return value.replace(/[\r\n]+[ \t]*/g, " ").trim();
}
