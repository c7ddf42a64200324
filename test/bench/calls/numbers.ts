/** The number that callers dial: a range that the Bundesnetzagentur reserves for fiction (030 23125 xxx). */
export const dialled = "+493023125001";

/** One PIN for each BBB server. */
export const pins = ["30001", "30002", "30003", "30004", "30005", "30006", "30007", "30008"] as const;

const numbers = 10_000;

/** The caller's number: its last four digits identify the call in the logs of both ends. @param index from 0 */
export function callerNumber(index: number): string {
  return `+49152231${String(index % numbers).padStart(4, "0")}`;
}

/** sipp's -inf file: the caller's number, and the place of the PIN among `pins`, from 1. */
export function callerList(calls: number): string {
  const lines = Array.from(
    { length: calls },
    (_, index) => `${callerNumber(index)};${String((index % pins.length) + 1)}`,
  );
  return `SEQUENTIAL\n${lines.join("\n")}\n`;
}
