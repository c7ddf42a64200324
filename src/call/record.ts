import { z } from "zod";

import { calledNumberHeaders } from "../caller/called-number.js";
import type { KnownCaller } from "../caller/known-caller.js";
import { languages } from "../caller/language.js";
import { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";
import { stages } from "./progress.js";

/** Raised when the meaning of a field changes: an einwahl of another version then ends the call instead of misreading it. */
const version = 1;

const pin = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform((digits, context) => {
    const parsed = Pin.parse(digits);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: "custom", message: "no PIN" });
    return z.NEVER;
  });

const node = z.object({
  name: z.string(),
  host: z.string(),
  port: z.number().int(),
  transport: z.enum(["tls", "tcp", "udp"]),
  srtp: z.enum(["mandatory", "optional"]),
});

const audioBridge = z.enum(["freeswitch", "livekit"]);

const conference = z.object({
  node,
  audio: z.object({
    told: audioBridge.optional(),
    usual: audioBridge.optional(),
    livekitNode: node.optional(),
  }),
  meetingId: z.string(),
  createdAt: z.number().optional(),
  voiceBridge: pin,
  mainRoom: pin.optional(),
});

const seed = z.tuple([z.number().int(), z.base64()]);

const caller = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("number"),
      last4: z.string().regex(/^\d{0,4}$/),
      lineKey: z.string(),
      throttleKey: z.string(),
      pseudonymSeeds: z.array(seed),
    }),
    z.object({ kind: z.enum(["anonymous", "short", "unreadable"]) }),
  ])
  .transform((known): KnownCaller =>
    known.kind === "number"
      ? {
          ...known,
          pseudonymSeeds: new Map(known.pseudonymSeeds.map(([day, bytes]) => [day, Buffer.from(bytes, "base64")])),
        }
      : known,
  );

const language = z.enum(languages);

/** Times are milliseconds since 1970, durations milliseconds. */
const recordSchema = z.object({
  version: z.literal(version),
  /** The random id of the einwahl process that handles the call. */
  owner: z.string(),
  /** The call's id in the log. */
  callId: z.string(),
  admitted: z.object({
    origin: z.literal("regular"),
    trunk: z.string(),
    channels: z.number().optional(),
    calledNumberFrom: z.enum(calledNumberHeaders).optional(),
    languages: z.tuple([language], language),
    caller,
    srtp: z.enum(["mandatory", "optional"]),
  }),
  /** The caller's dialog at the SIP server. */
  line: z.object({
    dialogId: z.string(),
    contact: z.string(),
    /** `o=` of our last session description, up to and including its version. */
    origin: z.string(),
    offer: z.object({
      kind: z.enum(["sdes", "plain"]),
      media: z.array(z.object({ type: z.string(), profile: z.string(), formats: z.string() })),
      chosen: z.number().int(),
      isOnHold: z.boolean(),
    }),
    /** RFC 4028; `undefined`: no session timer runs. */
    session: z.object({ seconds: z.number().int(), refresher: z.enum(["us", "peer"]) }).optional(),
  }),
  /** The caller's channel at the media server. */
  channel: z.object({ dialogId: z.string(), contact: z.string(), suite: z.string().optional() }),
  language,
  hints: z.enum(["due", "said"]),
  conferencesOver: z.number().int(),
  waitedMs: z.number(),
  tries: z.object({
    used: z.number().int(),
    wrong: z.number().int(),
    silences: z.number().int(),
    switches: z.number().int(),
  }),
  /** The call's identities in LiveKit meetings. */
  claims: z.array(
    z.object({
      meetingId: z.string(),
      identity: z.string(),
      claimed: z.number().int().optional(),
      letters: z.string(),
    }),
  ),
  story: z.object({
    startedAt: z.number(),
    stageSince: z.number(),
    stage: z.enum(stages),
    stages: z.array(z.object({ stage: z.enum(stages), ms: z.number() })),
    server: z.string().optional(),
    suite: z.string().optional(),
    pinsTyped: z.number().int(),
    lookups: z.array(z.enum(["open", "not-started", "unknown", "unavailable"])),
    joins: z.number().int(),
  }),
  step: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("ask"),
      why: z.enum(["greeting", "another-conference", "conference-ended", "unknown-after-all"]),
    }),
    z.object({ kind: z.literal("wait"), pin, until: z.number().optional() }),
    z.object({ kind: z.literal("join"), pin, conference, waitUntil: z.number().optional() }),
    z.object({
      kind: z.literal("talk"),
      pin,
      conference,
      waitUntil: z.number().optional(),
      audio: audioBridge,
      /** The channel of the leg to the conference. */
      legId: z.string().regex(/^[0-9a-f-]{36}$/),
    }),
  ]),
});

/**
 * What another process needs to take over a call: kept with the caller's channel, so that it lives as long as the call's
 * audio. Contains no caller number, but the PIN and the number's keyed hashes: the media adapter encrypts it.
 */
export type CallRecord = z.output<typeof recordSchema>;
export type RecordedStep = CallRecord["step"];

export const recordVersion = version;

/** `unusable`: written by another version, or damaged. */
export function readRecord(text: string): Result<CallRecord, "unusable"> {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(text));
    return parsed.success ? success(parsed.data) : failure("unusable");
  } catch {
    return failure("unusable");
  }
}

/** Maximum of stages in a record; the oldest ones are dropped, so that a long call's record stays small. */
const maxStages = 40;

export function writeRecord(record: CallRecord): string {
  const { admitted, story, step } = record;
  return JSON.stringify({
    ...record,
    admitted: { ...admitted, caller: plainCaller(admitted.caller) },
    story: { ...story, stages: story.stages.slice(-maxStages) },
    step: plainStep(step),
  });
}

/** JSON would drop maps and bytes. */
function plainCaller(caller: KnownCaller): object {
  if (caller.kind !== "number") return caller;
  const seeds = [...caller.pseudonymSeeds].map(([day, bytes]) => [day, bytes.toString("base64")]);
  return { ...caller, pseudonymSeeds: seeds };
}

/** JSON would mask PINs. */
function plainStep(step: RecordedStep): object {
  if (step.kind === "ask") return step;
  const pin = step.pin.reveal();
  if (step.kind === "wait") return { ...step, pin };
  const { conference } = step;
  const voiceBridge = conference.voiceBridge.reveal();
  return { ...step, pin, conference: { ...conference, voiceBridge, mainRoom: conference.mainRoom?.reveal() } };
}
