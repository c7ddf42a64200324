/** Milliseconds since 1970 of what happened in one call; a time is missing if it did not happen. */
export interface CallTimes {
  readonly invited: number;
  readonly answered: number | undefined;
  /** The first RTP packet of the caller. */
  readonly audio: number | undefined;
  /** The INVITE at the conference node. */
  readonly joined: number | undefined;
  readonly ended: number | undefined;
}

/**
 * Joins the logs of both ends by the last four digits of the caller's number, which the node receives in the display name.
 * @param caller sipp's log of the scenario caller
 * @param node sipp's log of the scenario node
 */
export function readCalls(caller: string, node: string): readonly CallTimes[] {
  const at = (event: string, text: string): ReadonlyMap<string, number> => eventTimes(text, event);
  const [answered, audio, ended] = [at("answered", caller), at("audio", caller), at("ended", caller)];
  const joined = at("joined", node);
  return [...at("invite", caller)].map(([key, invited]) => ({
    invited,
    answered: answered.get(key),
    audio: audio.get(key),
    joined: joined.get(key),
    ended: ended.get(key),
  }));
}

/** By the last four digits. A line: event, text with the number, date, time, and the time since 1970 in seconds. */
function eventTimes(text: string, event: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (!line.startsWith(`${event} `)) continue;
    const [what = "", ...stamp] = line.split("\t");
    const key = lastFour(what);
    const seconds = Number(stamp.at(-1));
    if (key !== undefined && Number.isFinite(seconds) && !times.has(key)) times.set(key, seconds * 1_000);
  }
  return times;
}

/** The display name, or the number if there is none; without the date at the end. */
function lastFour(what: string): string | undefined {
  const name = what.replace(/ \d{4}-\d\d-\d\d$/, "").replace(/<.*$/, "");
  return /(\d{4})\D*$/.exec(name)?.[1];
}
