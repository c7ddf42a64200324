/** Milliseconds since 1970 of what happened in one call; `undefined`: it did not happen. */
export interface CallTimes {
  readonly invited: number;
  readonly answered: number | undefined;
  /** The caller's first RTP packet. */
  readonly audio: number | undefined;
  /** The INVITE at the conference node. */
  readonly joined: number | undefined;
  readonly ended: number | undefined;
}

/**
 * Reads the logs of both ends. A line holds `event|text with the caller's number|time`. The time since 1970 is its last word, in
 * seconds (sipp) or in whole microseconds (FreeSWITCH). Calls are known by the last four digits, which the node receives in the name.
 * @param caller events invite, answered, audio, ended
 * @param node event joined
 */
export function readCalls(caller: string, node: string): readonly CallTimes[] {
  const answered = eventTimes(caller, "answered");
  const audio = eventTimes(caller, "audio");
  const ended = eventTimes(caller, "ended");
  const joined = eventTimes(node, "joined");
  return [...eventTimes(caller, "invite")].map(([key, invited]) => ({
    invited,
    answered: answered.get(key),
    audio: audio.get(key),
    joined: joined.get(key),
    ended: ended.get(key),
  }));
}

/** By the last four digits; of each call the first event. */
function eventTimes(text: string, event: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(`${event}|`);
    if (at === -1) continue;
    const [, who = "", time = ""] = line.slice(at).split("|");
    const key = lastFour(who);
    const ms = milliseconds(time.trim().split(/\s/).at(-1) ?? "");
    if (key !== undefined && ms !== undefined && !times.has(key)) times.set(key, ms);
  }
  return times;
}

function milliseconds(time: string): number | undefined {
  if (/^\d+\.\d+$/.test(time)) return Number(time) * 1_000;
  return /^[1-9]\d+$/.test(time) ? Number(time) / 1_000 : undefined;
}

/** Of the display name, or of the URI if there is none. */
function lastFour(who: string): string | undefined {
  const [name = "", uri = ""] = who.split("<");
  return (/(\d{4})\D*$/.exec(name) ?? /(\d{4})(?:@|\D*$)/.exec(uri))?.[1];
}
