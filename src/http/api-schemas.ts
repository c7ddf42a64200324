import { z } from "zod";

import { problems } from "./problem-catalogue.js";

/*
 * The schemas of the API: routes validate requests and responses with them, and the OpenAPI document and the types of
 * the client are derived from them. Imports only zod, so that the client runs in a browser, too.
 */

export const apiBase = "/api/v1";

const time = z.iso.datetime({ offset: true });
const digits = z.string().regex(/^[0-9]{5,11}$/);

export const spokenLanguage = z.enum(["de", "en"]);

export const dialInNumber = z
  .object({
    number: z
      .string()
      .regex(/^\+[1-9][0-9]{6,14}$/)
      .describe("E.164: +493012345678"),
    national: z.string().describe("National format: 030 12345678"),
    international: z.string().describe("International format: +49 30 12345678"),
    tel: z
      .string()
      .regex(/^tel:\+[0-9]+$/)
      .describe("A link that calls the number."),
    country: z.object({
      code: z
        .string()
        .regex(/^[A-Z]{2}$/)
        .nullable()
        .describe("ISO 3166-1 alpha-2; null for international networks."),
      name: z.string().describe("In the requested language."),
    }),
    city: z.string().nullable().describe("The area in which the number is a local call, as named by the operator."),
    languages: z.array(spokenLanguage).min(1).describe("Callers hear the first language and can switch to the others."),
    tollFree: z.boolean().describe("Whether calls from within the country are free."),
  })
  .meta({ id: "DialInNumber", description: "A number for all conferences." });

export const numbersQuery = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/)
    .transform((code) => code.toUpperCase())
    .optional()
    .describe("Only numbers of this country, ISO 3166-1 alpha-2."),
  language: z
    .string()
    .regex(/^[A-Za-z]{2}$/)
    .transform((code) => code.toLowerCase())
    .optional()
    .describe("Only numbers with this language."),
  lang: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("The language of the country names, as a BCP 47 tag. Default: Accept-Language."),
});

export const numbersAnswer = z
  .object({
    numbers: z.array(dialInNumber).describe("In the operator's order, which is stable."),
  })
  .meta({ id: "DialInNumbers" });

/** BBB's limit (MeetingIDConstraint): 256 UTF-16 code units; what zod and JSON Schema count are code points. */
export const meetingId = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.length <= 256, { error: "Too long: BBB counts characters beyond U+FFFF twice" })
  .refine((text) => !/\p{Cs}/u.test(text), { error: "must be well-formed UTF-8" })
  .describe(
    "The room's id in your front end, which you pass as meetingID to BBB's create. Any UTF-8, up to 256 characters; percent-encoded in a path.",
  );

export const roomParams = z.strictObject({ meetingID: meetingId });

export const reserveBody = z
  .strictObject({
    validUntil: time
      .nullable()
      .optional()
      .describe(
        "The end of the reservation, as if the room were deleted. null: no end. Omitted: unchanged; no end for a new room.",
      ),
  })
  .meta({ id: "Reserve", description: "Optional settings of a room." });

const roomFacts = {
  meetingID: meetingId,
  pin: digits.describe(
    "The PIN that callers enter. It does not change until the room is deleted or its validity ends.",
  ),
  pinFormatted: z.string().describe("The PIN in groups, for people: 123 456 789"),
  voiceBridge: digits.describe("Pass this as voiceBridge to BBB's create."),
  reservedAt: time,
  validUntil: time.nullable().describe("null: no end."),
};

export const roomSummary = z.object(roomFacts).meta({ id: "RoomSummary", description: "A room in a list." });

export const room = z
  .object({
    ...roomFacts,
    dialNumber: z.string().describe("Pass this as dialNumber to BBB's create: the first number, for people."),
    numbers: z.array(
      dialInNumber
        .extend({
          oneTap: z
            .string()
            .regex(/^tel:\+[0-9]+,+[0-9]+%23$/)
            .describe("A link that calls the number and sends the PIN after a pause."),
        })
        .meta({ id: "RoomNumber" }),
    ),
    qrCode: z.string().startsWith("<svg").describe("The first number's one-tap link as a QR code, an SVG image."),
    text: z.object({ de: z.string(), en: z.string() }).describe("Text for an invitation."),
    page: z.url().describe("The page for people with this PIN."),
  })
  .meta({ id: "Room", description: "The PIN of a room and all facts to show." });

export const listQuery = z.strictObject({
  after: meetingId.optional().describe("The page after this room: `next` of the previous page."),
  limit: z
    .string()
    .regex(/^[0-9]{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(1000))
    .prefault("100")
    .describe("Rooms per page, 1 to 1000."),
});

export const listAnswer = z
  .object({
    rooms: z.array(roomSummary).describe("In code-point order of the ids."),
    next: meetingId.nullable().describe("Pass it as `after` for the next page; null: this is the last page."),
  })
  .meta({ id: "RoomPage" });

export const statusAnswer = z
  .object({
    meetingID: meetingId,
    running: z
      .boolean()
      .nullable()
      .describe(
        "Whether a BBB server has the meeting now, so that callers can join. null: unknown, because a server is unreachable.",
      ),
    callers: z.int().min(0).describe("Number of callers of this einwahl in the meeting."),
  })
  .meta({ id: "RoomStatus", description: "Counts only, no caller data." });

export const callsAnswer = z
  .object({
    meetingID: meetingId,
    calls: z
      .array(
        z.object({
          id: z.string().describe("The id of the call in the operator's log."),
          since: z.iso.datetime().describe("Time of its arrival."),
        }),
      )
      .describe("Longest first."),
  })
  .meta({ id: "RoomCalls", description: "Ids only, no caller data." });

export const importAnswer = z
  .object({
    imported: z.int().min(0),
    known: z.int().min(0).describe("Records that already existed."),
    refused: z
      .array(
        z.object({
          line: z.int().min(1),
          reason: z.string().describe("room-has-another-pin, pin-is-taken, or the fault of the line."),
        }),
      )
      .describe("The first 1,000 rejected lines; all other lines were imported."),
    refusedInAll: z.int().min(0),
  })
  .meta({ id: "ImportReport" });

export const statisticsQuery = z.strictObject({
  days: z
    .string()
    .regex(/^[0-9]{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(1096))
    .prefault("30")
    .describe("Number of latest days with calls, 1 to 1096."),
});

export const statisticsAnswer = z
  .object({
    callsNow: z.int().min(0),
    conferencesWithCallers: z.int().min(0).describe("Conferences with callers of this einwahl now."),
    days: z
      .array(
        z.object({
          day: z.iso.date(),
          calls: z.int().min(0).describe("Calls that reached a conference and ended on this day."),
          minutes: z.int().min(0).describe("Their total time in conferences."),
        }),
      )
      .describe("Days without calls are omitted."),
  })
  .meta({ id: "Statistics", description: "Sums per day. No finer data is stored." });

export const jitsiNumber = z
  .object({
    countryCode: z.string(),
    tollFree: z.boolean(),
    formattedNumber: z.string(),
  })
  .meta({ id: "JitsiNumber" });

export const jitsiNumbersByCountry = z
  .object({
    message: z.string(),
    numbers: z.record(z.string(), z.array(z.string())),
    numbersEnabled: z.boolean(),
  })
  .meta({ id: "JitsiNumbersByCountry", description: "The older format." });

export const jitsiConfCodeQuery = z.object({
  conference: meetingId.optional().describe("The room: its meetingID."),
  id: digits.optional().describe("The PIN; ignored if `conference` is given."),
});

export const jitsiConfCode = z
  .object({
    message: z.string(),
    id: z
      .union([z.int(), z.string(), z.literal(false)])
      .describe("The PIN, a number as in Jitsi; a string if it begins with a zero; false: none."),
    conference: z.union([z.string(), z.literal(false)]),
  })
  .meta({ id: "JitsiConfCode" });

export const problem = z
  .object({
    type: z.string().describe("A link to the description of this problem."),
    title: z.string(),
    status: z.int(),
    code: z
      .enum(Object.keys(problems) as [keyof typeof problems, ...(keyof typeof problems)[]])
      .describe("The stable name of the problem for programs."),
    detail: z.string().describe("How to resolve it."),
    errors: z
      .array(z.object({ at: z.string(), message: z.string() }))
      .optional()
      .describe("The faults of the request, each with its location."),
  })
  .meta({ id: "Problem", description: "RFC 9457" });

export type DialInNumber = z.output<typeof dialInNumber>;
export type NumbersAnswer = z.output<typeof numbersAnswer>;
export type Room = z.output<typeof room>;
export type RoomSummary = z.output<typeof roomSummary>;
export type RoomPage = z.output<typeof listAnswer>;
export type RoomStatus = z.output<typeof statusAnswer>;
export type RoomCalls = z.output<typeof callsAnswer>;
export type Statistics = z.output<typeof statisticsAnswer>;
export type ImportReport = z.output<typeof importAnswer>;
export type Problem = z.output<typeof problem>;
export type ReserveBody = z.input<typeof reserveBody>;
