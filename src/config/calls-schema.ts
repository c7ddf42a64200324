import { z } from "zod";

import { fields } from "./fields.js";

/* The section of the calls; see schema.ts for how settings are described. */

const maxWrongPins = 1_000_000;

const guessing = z
  .strictObject({
    window: fields
      .duration("1m", "24h")
      .prefault("1h")
      .describe("The window in which wrong PINs are counted, from the first one."),
    delay: fields
      .duration("1s", "30s")
      .prefault("3s")
      .describe(
        "The delay of each response to a PIN, right or wrong, once a limit is reached. It doubles at twice the limit, up to ten times.",
      ),
    number: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(10)
          .describe("The number of wrong PINs from which a call has one try and each response is delayed."),
        refuse: fields
          .count(1, maxWrongPins)
          .prefault(20)
          .describe("The number of wrong PINs from which calls are answered 603."),
      })
      .prefault({})
      .describe("Wrong PINs from one number."),
    withheld: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(60)
          .describe("The number of wrong PINs from which a call has one try and each response is delayed."),
        refuse: fields
          .count(1, maxWrongPins)
          .prefault(120)
          .describe("The number of wrong PINs from which calls are answered 603."),
      })
      .prefault({})
      .describe("Wrong PINs from all callers of a trunk without a usable number together."),
    all: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(300)
          .describe(
            "The number of wrong PINs from which every call has one try and each response is delayed. No call is refused because of other callers' PINs.",
          ),
      })
      .prefault({})
      .describe("Wrong PINs from all callers together."),
  })
  .prefault({})
  .describe(
    "Limits for wrong PINs, over all calls and, with Redis, over all instances. The counters are stored under a keyed hash of the number.",
  );

export const calls = z
  .strictObject({
    max_concurrent: fields
      .count(1, 100_000)
      .prefault(100)
      .describe("The maximum number of concurrent calls; further calls are answered 503."),
    min_idle_cpu: fields
      .count(0, 90)
      .prefault(10)
      .describe(
        "The idle CPU in percent that new calls leave on a media server's host: with less, calls begin slowly, at least one per second, and others are answered 503. 0: the CPU is not looked at, because other programs use it.",
      ),
    per_number: fields
      .count(1, 100_000)
      .prefault(3)
      .describe(
        "The maximum number of concurrent calls from one number (a company may show one number for all its phones); further calls are answered 486.",
      ),
    withheld_per_trunk: fields
      .count(1, 100_000)
      .prefault(20)
      .describe(
        "The maximum number of concurrent calls over one trunk with a withheld or unusable number; further calls are answered 486.",
      ),
    withheld_after_removal: z
      .enum(["allow", "refuse"])
      .prefault("allow")
      .describe(
        "Whether callers without a usable number may enter a meeting from which one of them was removed: BBB can't ban them, because each call has a new pseudonym. refuse: all of them are kept out until the meeting ends.",
      ),
    languages: fields.languages.prefault(["de", "en"]).describe("The languages of numbers without languages."),
    pin: z
      .strictObject({
        tries: fields.count(1, 10).prefault(3).describe("The maximum number of PINs that a caller may type."),
        first_digit_timeout: fields
          .duration("1s", "1m")
          .prefault("7s")
          .describe("The timeout from the end of the prompt to the first digit."),
        inter_digit_timeout: fields
          .duration("1s", "30s")
          .prefault("5s")
          .describe("The timeout between two digits; after it the PIN is complete."),
        total_timeout: fields
          .duration("10s", "15m")
          .prefault("2m")
          .describe("The timeout from the greeting until a conference is found."),
      })
      .prefault({})
      .describe("The PIN dialogue."),
    guessing,
    waiting: z
      .strictObject({
        enabled: fields.flag
          .prefault(true)
          .describe(
            "Whether callers can wait for a conference that has not begun; otherwise they are asked to call again.",
          ),
        limit: fields.duration("10s", "4h").prefault("30m").describe("The maximum total waiting time of a call."),
        max_percent: fields
          .count(1, 100)
          .prefault(50)
          .describe(
            "The maximum share of max_concurrent that may wait, in percent; further callers are asked to call again.",
          ),
        per_pin: fields
          .count(1, 100_000)
          .prefault(30)
          .describe("The maximum number of callers waiting for one conference."),

        reminder_interval: fields
          .duration("15s", "10m")
          .prefault("45s")
          .describe("The interval of the reminder for waiting callers, with music in between."),
      })
      .prefault({})
      .describe("Waiting for conferences whose PIN is reserved and that have not begun."),
    hints: fields.flag
      .prefault(true)
      .describe(
        "Whether the keys to mute and to leave are announced before the first conference (four seconds). Any key skips the announcement.",
      ),
    leave_key: fields.leaveKey
      .prefault("*#")
      .describe(
        "The keys that leave a conference for another PIN: * and one of 0 1 2 3 4 5 7 8 9 #; or off. *6 mutes, and BBB handles all other keys.",
      ),
    max_duration: fields.duration("1m", "48h").prefault("12h").describe("The maximum duration of a call."),
    media_timeout: fields
      .duration("5s", "30m")
      .prefault("30s")
      .describe("A call without incoming audio packets ends after this time."),
    hold_timeout: fields
      .duration("5s", "4h")
      .prefault("30m")
      .describe(
        "The same for a caller on hold. Before a conference, hold pauses the timeouts of calls.pin, up to this total for a call.",
      ),
  })
  .prefault({})
  .describe("Settings for all calls.");
