import type { Config } from "../config/config.js";
import { ControlClient } from "../control/control-client.js";
import { RemotePinBook } from "../control/remote-pin-book.js";
import { readOpenPins } from "./bbb-api.js";
import { type Check, type Finding, fine, warning } from "./check.js";
import type { RunningInstance } from "./running.js";

/** The refusal limits of `calls.guessing`, or the slow-down limit if there is no refusal. */
export interface GuessRates {
  /** Per hour, from one number and from all withheld callers of one trunk. */
  readonly perNumber: number;
  readonly perWithheld: number;
  readonly trunks: number;
}

const path = "pins";
const pageSize = 1_000;
/** Bounds the pages read from the store. */
const maxPages = 1_000;
/** A week, in hours: guessing for that long triggers the alert EinwahlPinsGuessed many times. */
const minHours = 7 * 24;
const recommended =
  "reserve nine-digit PINs through front ends (rooms.pin_length, docs/front-ends.md), and set defaultNumDigitsForTelVoice=9 in /etc/bigbluebutton/bbb-web.properties for meetings without a reserved PIN";

/** Estimates how long the open PINs withstand guessing: those of meetings, and reserved ones if einwahl is running. */
export function pinStrengthCheck(config: Config, instance: RunningInstance): Check {
  return {
    path,
    run: async () => {
      const [ofMeetings, reserved] = await Promise.all([
        Promise.all(config.bbbServers.map((server) => readOpenPins(server))),
        reservedPins(config, instance),
      ]);
      // Count each PIN once: a meeting's PIN may also be reserved, and two servers may share one.
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

/** @param lengths the number of open PINs by length */
export function strengthFindings(
  lengths: ReadonlyMap<number, number>,
  { perNumber, perWithheld, trunks }: GuessRates,
): readonly Finding[] {
  const hourly = perNumber + perWithheld * trunks;
  // Assume that an attacker guesses the length with the largest share of open PINs.
  const [weakest] = [...lengths]
    .map(([digits, open]) => ({ digits, open, guesses: Math.round(10 ** digits / open) }))
    .sort((a, b) => a.guesses - b.guesses);
  if (weakest === undefined) return [fine(path, "no PIN is open now")];
  const { digits, open, guesses } = weakest;
  const what =
    `${open === 1 ? "1 PIN" : `${count(open)} PINs`} of ${digits} ${digits === 1 ? "digit" : "digits"} ${open === 1 ? "is" : "are"} open: guessing hits one after about ${count(guesses)} wrong PINs. ` +
    `The limits allow ${count(perNumber)} an hour from one number and ${count(perWithheld * trunks)} from withheld numbers: this takes about ${spanOf(guesses / hourly)}`;
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
