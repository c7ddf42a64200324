import type { RoomStoreSettings } from "./room-store.js";

/** The shortest PIN that BBB takes as a conference number. */
export const minReservablePinLength = 5;
/** With two digits for a breakout room it is 11, which is all that BBB takes. */
export const maxReservablePinLength = 9;

/** BBB's echo test. */
const notAConference = "99999";

/**
 * How often a PIN is drawn before the space counts as used up. With half of all PINs in use that happens once in
 * 2^64 times; when it happens often enough to be seen, every second PIN that somebody guesses leads into a room.
 */
export const maxDraws = 64;

/**
 * A PIN that says nothing about any other: each digit is drawn on its own. The first is no zero, since there are
 * front ends that keep the voice bridge as a number.
 */
export function drawPin(
  settings: Pick<RoomStoreSettings, "pinLength" | "randomBelow" | "isInUse">,
): string | undefined {
  const least = 10 ** (settings.pinLength - 1);
  const digits = String(least + settings.randomBelow(9 * least));
  return digits.startsWith(notAConference) || settings.isInUse(digits) ? undefined : digits;
}

/** Whether a PIN that comes from elsewhere can be a room's. */
export function isReservablePin(digits: string): boolean {
  return /^[0-9]{5,9}$/.test(digits) && !digits.startsWith(notAConference);
}

/** Whether a running meeting has this PIN, one that it begins with, or one that begins with it. Those that BBB was given may be short. */
export function clashesWithRunning(
  digits: string,
  match: (digits: string) => { readonly complete: boolean; readonly longer: boolean },
): boolean {
  for (let length = 1; length <= digits.length; length++) {
    if (match(digits.slice(0, length)).complete) return true;
  }
  return match(digits).longer;
}
