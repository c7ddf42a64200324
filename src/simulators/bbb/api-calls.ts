import {
  createdXml,
  errorsXml,
  failedXml,
  meetingInfoXml,
  type MeetingPeople,
  meetingsXml,
  responseXml,
} from "./api-xml.js";
import type { Meeting, Meetings, MeetingSettings } from "./meetings.js";
import type { ApiCall } from "./sample-api.js";

const notFound = failedXml({
  messageKey: "notFound",
  message: "We could not find a meeting with that meeting ID - perhaps the meeting is not yet running?",
});
const noMeetingId = failedXml({
  messageKey: "validationError",
  message: "You must provide a meeting ID",
});
const noBoolean = failedXml({
  messageKey: "validationError",
  message: "Record must be a boolean value (true or false)",
});

/** The implemented API calls; other calls get "unsupportedRequest". */
export function apiCalls(
  meetings: Meetings,
  people: MeetingPeople,
  /** Ends the meeting and hangs up all its callers. */
  end: (meeting: Meeting) => void,
): ReadonlyMap<string, ApiCall> {
  const withMeeting = (parameters: URLSearchParams, answer: (meeting: Meeting) => string): string => {
    const id = parameters.get("meetingID") ?? "";
    if (id === "") return noMeetingId;
    const meeting = meetings.find(id);
    return meeting === undefined ? notFound : answer(meeting);
  };
  return new Map<string, ApiCall>([
    ["create", (parameters) => create(meetings, parameters)],
    ["getMeetings", () => meetingsXml(meetings.all(), people)],
    ["getMeetingInfo", (parameters) => withMeeting(parameters, (meeting) => meetingInfoXml(meeting, people))],
    [
      "isMeetingRunning",
      (parameters) => {
        const id = parameters.get("meetingID") ?? "";
        if (id === "") return noMeetingId;
        return responseXml({ returncode: "SUCCESS", running: (meetings.find(id)?.startTime ?? 0) > 0 });
      },
    ],
    [
      "end",
      (parameters) =>
        withMeeting(parameters, (meeting) => {
          end(meeting);
          return responseXml({
            returncode: "SUCCESS",
            messageKey: "sentEndMeetingRequest",
            message:
              "A request to end the meeting was sent.  Please wait a few seconds, and then use the getMeetingInfo or isMeetingRunning API calls to verify that it was ended.",
          });
        }),
    ],
  ]);
}

function create(meetings: Meetings, parameters: URLSearchParams): string {
  const meetingID = parameters.get("meetingID") ?? "";
  if (meetingID === "") return noMeetingId;
  if (!/^(?:true|false)?$/i.test(parameters.get("record") ?? "")) return noBoolean;
  const created = meetings.create(settingsOf(meetingID, parameters));
  // ApiController.create of BBB 2.3 to 3.0: this refusal is a list of errors, unlike the others.
  if (!created.ok)
    return created.failure.messageKey === "nonUniqueVoiceBridge"
      ? errorsXml(created.failure)
      : failedXml(created.failure);
  return createdXml(created.value.meeting, created.value.duplicate);
}

function settingsOf(meetingID: string, parameters: URLSearchParams): MeetingSettings {
  const text = <Name extends string>(name: Name): { [name in Name]?: string } => {
    const value = parameters.get(name);
    return value === null || value === "" ? {} : ({ [name]: value } as { [name in Name]: string });
  };
  const number = <Name extends string>(name: Name): { [name in Name]?: number } => {
    const value = parameters.get(name) ?? "";
    return /^\d{1,9}$/.test(value) ? ({ [name]: Number(value) } as { [name in Name]: number }) : {};
  };
  const metadata: [string, string][] = [];
  for (const [name, value] of parameters) {
    // The name becomes an XML element.
    const key = /^meta_([a-zA-Z][a-zA-Z0-9-]{0,99})$/.exec(name)?.[1];
    if (key !== undefined && metadata.length < 100) metadata.push([key.toLowerCase(), value]);
  }
  return {
    meetingID,
    ...text("name"),
    ...text("voiceBridge"),
    ...text("dialNumber"),
    ...text("welcome"),
    ...text("attendeePW"),
    ...text("moderatorPW"),
    ...text("parentMeetingID"),
    ...number("sequence"),
    ...number("duration"),
    ...number("maxParticipants"),
    isBreakout: parameters.get("isBreakout") === "true",
    freeJoin: parameters.get("freeJoin") === "true",
    metadata: Object.fromEntries(metadata),
  };
}
