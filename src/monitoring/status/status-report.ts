import { z } from "zod";

import { type EndCause, endCauses } from "../../call/cause.js";
import { stages } from "../../call/progress.js";
import { syntheticStages } from "../../probe/synthetic/synthetic-result.js";
import { guessScopes } from "../../store/guess-throttle.js";

/*
 * The status of einwahl for the status page, the command line and JSON clients. It contains no caller numbers and no
 * PINs; every response is validated against this schema.
 */

const count = z.int().min(0);
const time = z.iso.datetime();
const name = z.string();
const causeNames = Object.keys(endCauses) as [EndCause, ...EndCause[]];
const cause = z.enum(causeNames);

/** Notes on exceptions to encryption and on faults that do not affect calls. */
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
  subject: name.describe("The trunk or server affected; empty if there is only one."),
});

const trunk = z.object({
  name,
  provider: z.string(),
  state: z
    .enum(["registered", "elsewhere", "not-registered", "fixed"])
    .describe(
      "fixed: no registration; the provider sends calls to a fixed address. elsewhere: another instance registers the trunk.",
    ),
  registeredBy: name.nullable().describe("The instance of state elsewhere."),
  since: time.nullable().describe("Time of the last registration; null while not registered."),
  registrar: z.string().nullable().describe("host:port and transport; null for a trunk without registration."),
  expiresInMs: count.nullable().describe("Remaining time of the registration."),
  fault: z.string().nullable().describe("Why the trunk cannot deliver calls; null: it can."),
  warnings: z.array(z.string()),
  numbers: count.describe("Number of telephone numbers."),
  calls: count,
});

const mediaServer = z.object({
  name,
  state: z.enum(["up", "down"]),
  why: z.string().nullable().describe("The reason of state down."),
  version: z.string().nullable().describe("Version reported by FreeSWITCH; null: never connected."),
  unusable: z.string().nullable().describe("Why this version is unsupported, and which one to use."),
  warnings: z.array(z.string()),
  channels: count.describe("Channels of calls, including those being set up."),
  capacity: count,
  load: z
    .enum(["free", "cpu", "slow"])
    .describe(
      "free: takes new calls; cpu: takes fewer, because its host has less idle CPU than calls.min_idle_cpu; slow: takes none, because it answers slowly.",
    ),
  idleCpu: count.nullable().describe("Idle CPU of its host in percent; null: not known."),
});

const bbbServer = z.object({
  name,
  fault: z.string().nullable().describe("Why the last API poll failed; null: it succeeded."),
  ageMs: count.nullable().describe("Age of the last successful API poll; null: none yet."),
  meetings: count,
  callers: count.describe("Callers of this instance in its conferences."),
  webhooks: z
    .object({
      ageMs: count.nullable().describe("Age of the last webhook with a valid checksum; null: none yet."),
      refused: count.describe("Number of webhooks with an invalid checksum."),
      refusedAgeMs: count.nullable().describe("Age of the last webhook with an invalid checksum; null: none yet."),
    })
    .nullable()
    .describe("Webhooks of bbb-webhooks; null: not enabled for this server."),
});

const failure = z.object({
  at: time,
  callId: z.string().describe("The id of the call in the log."),
  cause,
  result: z.enum(["refused", "dialogue", "failed"]),
  stage: z.enum(stages).describe("The stage that the call reached."),
  trunk: name.nullable(),
  mediaServer: name.nullable(),
  server: name.nullable(),
});

const syntheticCall = z.object({
  server: name.describe("The BBB server of the conference."),
  at: time.nullable().describe("End of the last synthetic call; null: none yet."),
  ok: z.boolean().nullable().describe("Whether the two test phones heard each other in the conference."),
  stage: z.enum(syntheticStages).nullable().describe("The step that failed."),
  why: z.string().nullable().describe("One sentence about the failure."),
  answeredMs: count.nullable().describe("From dialling until answered."),
  heardMs: count.nullable().describe("From dialling until both phones heard each other."),
});

const slot = z.object({
  at: time.describe("Start of the slot."),
  calls: count.describe("All calls that ended in the slot."),
  failed: count.describe("Of these, failed calls."),
  refused: count.describe("Of these, refused calls."),
});

const instance = z.object({
  name,
  isThis: z.boolean().describe("Whether it made this report."),
  version: z.string(),
  startedAt: time,
  state: z.enum(["ready", "full", "not-ready"]),
  isDraining: z.boolean(),
  calls: count,
  trunks: z.array(name).describe("The trunks that it registers."),
});

export const statusReport = z.object({
  version: z.string(),
  at: time.describe("Time of the report."),
  startedAt: time,
  state: z
    .enum(["ready", "full", "not-ready"])
    .describe("Whether a new call would work now; full: no call slot is free."),
  reasons: z.array(z.string()).describe("Why not."),
  isDraining: z.boolean().describe("Calls in progress continue, new ones are refused."),
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
    load: z
      .enum(["free", "slow"])
      .describe("Of einwahl itself. slow: it takes no new calls, because its timers are late."),
    byStage: z.record(z.enum(stages), count),
  }),
  causes: z
    .array(z.object({ cause, result: z.string(), count }))
    .describe("End causes of the last 24 hours, most frequent first."),
  lastFailures: z
    .array(failure)
    .describe(
      "Failures of the last seven days, newest first; limited per cause, so that frequent ones do not hide others.",
    ),
  day: z.object({
    slotMinutes: z.int().min(1),
    slots: z.array(slot).describe("The last 24 hours, oldest first, without gaps."),
  }),
  syntheticCalls: z
    .array(syntheticCall)
    .nullable()
    .describe("The last synthetic call for each BBB server; null: none are configured."),
  store: z.object({
    kind: z
      .enum(["none", "embedded", "redis"])
      .describe("none: no store, since no front end has a token and no PIN is reserved."),
    fault: z.string().nullable().describe("The current fault of the store."),
    trouble: z.object({ at: time, what: z.string() }).nullable().describe("The last disk fault; it may be over."),
  }),
  guesses: z
    .object({
      wrong: count.describe("Wrong PINs of all callers in the window; summed over instances that share a Redis."),
      limit: count.describe("Wrong PINs from which every PIN lookup is delayed."),
      windowMs: count,
      restrained: z
        .record(z.enum(guessScopes), z.object({ slowed: count, refused: count }))
        .describe(
          "Limits in force as known to this instance: number of caller numbers, of trunks (withheld callers), and 0 or 1 for all callers.",
        ),
      withheldOf: z
        .array(z.object({ trunk: name, kind: z.enum(["slowed", "refused"]) }))
        .describe("Trunks whose withheld callers are over their limits."),
    })
    .describe("Entered digits that are not a PIN: guesses and typing errors."),
  instances: z
    .array(instance)
    .nullable()
    .describe(
      "The running instances that share the Redis of rooms.store, by name, as last reported; null: a single instance.",
    ),
  logFault: z.string().nullable().describe("Why the log cannot be written now."),
  warnings: z.array(warning),
});

export type StatusReport = z.output<typeof statusReport>;
export type StatusWarning = z.output<typeof warning>;
export type BbbServerStatus = z.output<typeof bbbServer>;
export type CallFailure = z.output<typeof failure>;
export type SyntheticCallStatus = z.output<typeof syntheticCall>;
export type InstanceStatus = z.output<typeof instance>;
export type DaySlot = z.output<typeof slot>;
