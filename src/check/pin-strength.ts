import type { Config } from "../config/config.js";
import { ControlClient } from "../control/control-client.js";
import { RemotePinBook } from "../control/remote-pin-book.js";
import { readOpenPins } from "./bbb-api.js";
import type { Check } from "./check.js";
import { type Finding, fine, warning } from "./finding.js";
import type { RunningInstance } from "./running.js";

/** How many wrong PINs lead to a refusal in the window of `calls.guessing`, or slow calls down where none does. */
export interface GuessRates {
  /** From one number, and from one trunk's withheld callers together, in an hour. */
  readonly perNumber: number;
  readonly perWithheld: number;
  readonly trunks: number;
}

const path = "pins";
const pageSize = 1_000;
/** A bound against a store that goes on for ever. */
const maxPages = 1_000;
/** A week: a guesser who goes on for that long has set off the alert EinwahlPinsGuessed many times. */
const minHours = 7 * 24;
const recommended =
  "let front ends reserve PINs of nine digits (rooms.pin_length, docs/front-ends.md), and set defaultNumDigitsForTelVoice=9 in /etc/bigbluebutton/bbb-web.properties for meetings without one";

/** How many guesses the PINs can stand that lead somewhere now: those of meetings, and the reserved ones where an einwahl runs. */
export function pinStrengthCheck(config: Config, instance: RunningInstance): Check {
  return {
    path,
    run: async () => {
      const [ofMeetings, reserved] = await Promise.all([
        Promise.all(config.bbbServers.map((server) => readOpenPins(server))),
        reservedPins(config, instance),
      ]);
      // Each once: a running meeting's PIN may be reserved, and two servers may have the same one.
      const lengths = new Map<number, number>();
      for (const { length } of new Set([...ofMeetings.flat(), ...reserved]))
        lengths.set(length, (lengths.get(length) ?? 0) + 1);
      return strengthFindings(lengths, ratesOf(config));
    },
  };
}

async function reservedPins(
  { control }: Pick<Config, "control">,
  instance: RunningInstance,
): Promise<readonly string[]> {
  if ((await instance.state()).kind !== "running") return [];
  const book = new RemotePinBook(new ControlClient(control.socket));
  const pins: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await book.list(after, pageSize);
    if (!page.ok) break;
    pins.push(...page.value.items.map(({ pin }) => pin));
    after = page.value.next;
    if (after === undefined) break;
  }
  return pins;
}

/** @param lengths how many PINs are open, by their digits */
export function strengthFindings(
  lengths: ReadonlyMap<number, number>,
  { perNumber, perWithheld, trunks }: GuessRates,
): readonly Finding[] {
  const hourly = perNumber + perWithheld * trunks;
  // Who guesses picks the length of which the largest share is open.
  const [weakest] = [...lengths]
    .map(([digits, open]) => ({ digits, open, guesses: Math.round(10 ** digits / open) }))
    .sort((a, b) => a.guesses - b.guesses);
  if (weakest === undefined) return [fine(path, "no PIN is open now, so that there is nothing to guess")];
  const { digits, open, guesses } = weakest;
  const what =
    `${open === 1 ? "1 PIN" : `${count(open)} PINs`} of ${digits} ${digits === 1 ? "digit" : "digits"} ${open === 1 ? "is" : "are"} open: a guesser hits one after about ${count(guesses)} wrong PINs. ` +
    `Allowed in an hour: ${count(perNumber)} from one number and ${count(perWithheld * trunks)} from withheld ones, which takes about ${spanOf(guesses / hourly)}`;
  return [guesses / hourly < minHours ? warning(path, what, recommended) : fine(path, what)];
}

function spanOf(hours: number): string {
  if (hours < 1) return "less than an hour";
  if (hours < 48) return `${Math.round(hours)} h`;
  if (hours < 2 * 365 * 24) return `${count(Math.round(hours / 24))} days`;
  return `${count(Math.round(hours / 24 / 365))} years`;
}

/** 8333 as 8,333. */
function count(number: number): string {
  return number.toLocaleString("en-US");
}

function ratesOf({
  calls: {
    guessing: {
      windowMs,
      limits: { number, withheld },
    },
  },
  trunks,
}: Config): GuessRates {
  const windows = 3_600_000 / windowMs;
  return {
    perNumber: Math.round((number.refused ?? number.slowed) * windows),
    perWithheld: Math.round((withheld.refused ?? withheld.slowed) * windows),
    trunks: trunks.length,
  };
}
