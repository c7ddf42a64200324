import type { CallerGuesses } from "../../src/call/restraint.js";
import { type GuessSettings, GuessThrottle } from "../../src/store/guess-throttle.js";
import type { Clock } from "../../src/util/clock.js";
import { loaded, minimal } from "../config/support.js";
import type { Perform, Timing } from "./fake-endpoint.js";

/** The default settings for wrong PINs. */
export const defaultGuessing: GuessSettings = loaded(minimal()).calls.guessing;

/** A throttle that counts in memory only. */
export function memoryThrottle(clock: Clock, settings: GuessSettings = defaultGuessing): GuessThrottle {
  return new GuessThrottle({
    clock,
    settings: () => settings,
    shared: () => undefined,
    onBug: (error) => {
      throw error;
    },
  });
}

/** The same with a slow store. */
export function slowGuesses(guesses: CallerGuesses, perform: Perform, timing: Timing): CallerGuesses {
  return {
    get restraint() {
      return guesses.restraint;
    },
    check: async () => {
      const restraint = guesses.check();
      await perform("checked", timing, () => undefined);
      return await restraint;
    },
    count: async () => {
      const restraint = guesses.count();
      await perform("counted", timing, () => undefined);
      return await restraint;
    },
    takeBack: () => {
      guesses.takeBack();
    },
  };
}
