import type { RoomStoreSettings } from "./room-store.js";

/** The minimum length of a voice bridge in BBB. */
export const minReservablePinLength = 5;
/** With two digits for breakout rooms it is 11, the maximum of BBB. */
export const maxReservablePinLength = 9;

/** BBB's echo test. */
const notAConference = "99999";

/**
 * Draws before the PIN space counts as exhausted. With half of all PINs in use the probability is 2^-64; where it
 * becomes noticeable, every second guessed PIN already leads into a room.
 */
export const maxDraws = 64;

/**
 * A PIN independent of all others: each digit is drawn separately. The first is not zero, because some front ends store
 * the voice bridge as a number.
 */
export function drawPin(
  settings: Pick<RoomStoreSettings, "pinLength" | "randomBelow" | "isInUse">,
): string | undefined {
  const least = 10 ** (settings.pinLength - 1);
  const digits = String(least + settings.randomBelow(9 * least));
  return digits.startsWith(notAConference) || settings.isInUse(digits) ? undefined : digits;
}

/** Whether an external PIN is valid for a room. */
export function isReservablePin(digits: string): boolean {
  return /^[0-9]{5,9}$/.test(digits) && !digits.startsWith(notAConference);
}

/** Whether a running meeting uses this PIN, a prefix of it, or a longer PIN that begins with it. PINs passed to BBB may be short. */
export function clashesWithRunning(
  digits: string,
  match: (digits: string) => { readonly complete: boolean; readonly longer: boolean },
): boolean {
  for (let length = 1; length <= digits.length; length++) {
    if (match(digits.slice(0, length)).complete) return true;
  }
  return match(digits).longer;
}
