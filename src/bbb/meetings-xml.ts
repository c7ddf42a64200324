import { XMLParser } from "fast-xml-parser";
import { Pin } from "../caller/secret.js";
import { type Result, failure, success } from "../result.js";

/** What a conference needs to be found. Everything else in the answer, names of people above all, is dropped here. */
export interface Meeting {
  /** BBB's internal id: another one each time a room is opened. */
  readonly meetingId: string;
  readonly voiceBridge: Pin;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  // Numbers stay text: a PIN may begin with zeros.
  parseTagValue: false,
  trimValues: true,
  // None of what is read here has any; millions of them would take seconds.
  processEntities: false,
  stopNodes: ["response.meetings.meeting.attendees", "response.meetings.meeting.metadata"],
});

/** BBB's are a hash and a time, 54 characters. */
const longestId = 200;

/** Reads the answer to getMeetings; meetings without a usable number or already ended are left out. */
export function readMeetings(xml: string): Result<readonly Meeting[], string> {
  let document: unknown;
  try {
    document = parser.parse(xml);
  } catch {
    return failure("the answer is no XML");
  }
  const response = child(document, "response");
  const returnCode = child(response, "returncode");
  if (returnCode === undefined) return failure("the answer is not one of a BBB API");
  if (returnCode !== "SUCCESS") return failure(`the API refused: ${printable(child(response, "messageKey"))}`);
  const meetings = child(child(response, "meetings"), "meeting");
  const list = meetings === undefined ? [] : Array.isArray(meetings) ? meetings : [meetings];
  return success(list.flatMap((meeting: unknown) => readMeeting(meeting)));
}

function readMeeting(meeting: unknown): Meeting[] {
  const voiceBridge = child(meeting, "voiceBridge");
  const id = child(meeting, "internalMeetingID");
  if (typeof voiceBridge !== "string" || typeof id !== "string" || child(meeting, "hasBeenForciblyEnded") === "true") return [];
  if (id === "" || id.length > longestId) return [];
  const pin = Pin.parse(voiceBridge);
  return pin.ok ? [{ meetingId: id, voiceBridge: pin.value }] : [];
}

function child(node: unknown, name: string): unknown {
  return typeof node === "object" && node !== null && Object.hasOwn(node, name) ? (node as Record<string, unknown>)[name] : undefined;
}

function printable(value: unknown): string {
  return typeof value === "string" && /^[A-Za-z]{1,40}$/.test(value) ? value : "without a reason";
}
