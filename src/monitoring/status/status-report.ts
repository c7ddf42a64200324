import { z } from "zod";

import { type EndCause, endCauses } from "../../call/cause.js";
import { stages } from "../../call/progress.js";
import { syntheticStages } from "../../probe/synthetic/synthetic-result.js";
import { guessScopes } from "../../store/guess-throttle.js";

/*
 * What einwahl tells an operator of itself: for the status page, the command line and whoever asks for JSON. Nothing
 * in it says who called or which PIN was typed; everything that is sent passes through this schema.
 */

const count = z.int().min(0);
const time = z.iso.datetime();
const name = z.string();
const causeNames = Object.keys(endCauses) as [EndCause, ...EndCause[]];
const cause = z.enum(causeNames);

/** What an operator has allowed, or should look at, although calls work. */
export const warningCodes = [
  "trunk-unencrypted",
  "bbb-unencrypted",
  "api-unencrypted",
  "drachtio-plain",
  "event-socket-plain",
  "redis-plain",
] as const;

const warning = z.object({
  code: z.enum(warningCodes),
  subject: name.describe("The trunk or server that it is about; empty where there is only one."),
});

const trunk = z.object({
  name,
  provider: z.string(),
  state: z
    .enum(["registered", "not-registered", "fixed"])
    .describe("fixed: it does not register, the provider sends the calls to a fixed address."),
  since: time.nullable().describe("When it was registered last; null while it is not."),
  registrar: z.string().nullable().describe("host:port and transport; null for a trunk that does not register."),
  expiresInMs: count.nullable().describe("How long the registration still holds."),
  fault: z.string().nullable().describe("Why no calls would come in over it; null: they would."),
  warnings: z.array(z.string()),
  numbers: count.describe("How many numbers it has."),
  calls: count,
});

const mediaServer = z.object({
  name,
  state: z.enum(["up", "down"]),
  why: z.string().nullable().describe("Why it is down."),
  version: z.string().nullable().describe("FreeSWITCH's, as it names it; null: it has never answered."),
  unusable: z.string().nullable().describe("Why this version must not be used, and what to take."),
  warnings: z.array(z.string()),
  channels: count.describe("Channels of callers that are open or being opened."),
  capacity: count,
});

const bbbServer = z.object({
  name,
  fault: z.string().nullable().describe("Why its last answer was none; null: it answers."),
  ageMs: count.nullable().describe("The age of its last good answer; null: there was none."),
  meetings: count,
  callers: count.describe("Callers of this einwahl in its conferences."),
  webhooks: z
    .object({
      ageMs: count.nullable().describe("The age of the last one that proved to be the server's; null: there was none."),
      refused: count.describe("How many had a wrong proof."),
      refusedAgeMs: count.nullable().describe("The age of the last of those; null: there was none."),
    })
    .nullable()
    .describe("What bbb-webhooks posts; null: none are taken from this server."),
});

const failure = z.object({
  at: time,
  callId: z.string().describe("As in the log."),
  cause,
  result: z.enum(["refused", "dialogue", "failed"]),
  stage: z.enum(stages).describe("How far the call got."),
  trunk: name.nullable(),
  mediaServer: name.nullable(),
  server: name.nullable(),
});

const syntheticCall = z.object({
  server: name.describe("The BBB server with the conference that was called."),
  at: time.nullable().describe("When the last one was over; null: there was none yet."),
  ok: z.boolean().nullable().describe("Whether two telephones heard each other in the conference."),
  stage: z.enum(syntheticStages).nullable().describe("Where it went wrong."),
  why: z.string().nullable().describe("One sentence on that."),
  answeredMs: count.nullable().describe("From dialling to the answer."),
  heardMs: count.nullable().describe("From dialling until both heard each other."),
});

const slot = z.object({
  at: time.describe("Its beginning."),
  calls: count.describe("Calls that ended in it, however they did."),
  failed: count.describe("Those of them that something failed for."),
  refused: count.describe("Those of them that were not let in."),
});

export const statusReport = z.object({
  version: z.string(),
  at: time.describe("When this was told."),
  startedAt: time,
  state: z
    .enum(["ready", "full", "not-ready"])
    .describe("Whether a call would work now; full: no call slot is free."),
  reasons: z.array(z.string()).describe("Why not."),
  isDraining: z.boolean().describe("Calls go on, new ones are refused."),
  drachtio: z.object({
    state: z.enum(["connecting", "connected", "refused", "lost", "closed"]),
    version: z.string().nullable(),
    warnings: z.array(z.string()),
  }),
  trunks: z.array(trunk),
  mediaServers: z.array(mediaServer),
  bbbServers: z.array(bbbServer),
  calls: z.object({
    now: count,
    admitted: count.describe("Of these, the calls that count against max."),
    max: count,
    byStage: z.record(z.enum(stages), count),
  }),
  causes: z
    .array(z.object({ cause, result: z.string(), count }))
    .describe("How calls ended in the last 24 hours, the most frequent first."),
  lastFailures: z
    .array(failure)
    .describe(
      "Of the last seven days, the newest first; some for each cause, so that many of one kind don't hide another.",
    ),
  day: z.object({
    slotMinutes: z.int().min(1),
    slots: z.array(slot).describe("The last 24 hours, the oldest first, without gaps."),
  }),
  syntheticCalls: z
    .array(syntheticCall)
    .nullable()
    .describe("einwahl's last call to itself for each BBB server that it calls; null: it places none."),
  store: z.object({
    kind: z
      .enum(["none", "embedded", "redis"])
      .describe("none: nothing is kept, since no front end has a token and no PIN is reserved."),
    fault: z.string().nullable().describe("Why it does not answer now."),
    trouble: z
      .object({ at: time, what: z.string() })
      .nullable()
      .describe("The last thing that went wrong with the disk; it may be over."),
  }),
  guesses: z
    .object({
      wrong: count.describe("Wrong PINs of all callers in the window; of all instances that share a Redis."),
      limit: count.describe("From so many on every answer to a PIN comes late."),
      windowMs: count,
      restrained: z
        .record(z.enum(guessScopes), z.object({ slowed: count, refused: count }))
        .describe(
          "How many numbers, trunks (for withheld callers) and 0 or 1 for all callers are over their limits, as far as this instance knows.",
        ),
      withheldOf: z
        .array(z.object({ trunk: name, kind: z.enum(["slowed", "refused"]) }))
        .describe("Trunks whose withheld callers are over their limits."),
    })
    .describe("What is typed and is no PIN: guesses, and mistakes."),
  logFault: z.string().nullable().describe("Why the log can't be written now."),
  warnings: z.array(warning),
});

export type StatusReport = z.output<typeof statusReport>;
export type StatusWarning = z.output<typeof warning>;
export type BbbServerStatus = z.output<typeof bbbServer>;
export type CallFailure = z.output<typeof failure>;
export type SyntheticCallStatus = z.output<typeof syntheticCall>;
export type DaySlot = z.output<typeof slot>;
