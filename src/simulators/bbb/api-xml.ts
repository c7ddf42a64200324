import type { ApiRefusal, Meeting } from "./meetings.js";

/** A phone caller in BBB's attendee list: the label is the name, and the id contains the conference member's id. */
export interface PhoneAttendee {
  readonly memberId: string;
  readonly name: string;
}

/** Additional data of a meeting for the XML. */
export interface MeetingPeople {
  phoneAttendees(meeting: Meeting): readonly PhoneAttendee[];
  breakoutsOf(meeting: Meeting): readonly Meeting[];
}

type Scalar = string | number | boolean;
export interface XmlFields {
  readonly [element: string]: Scalar | XmlFields | readonly XmlFields[] | readonly Scalar[];
}

// XML 1.0, section 2.2: characters that XML excludes, even escaped.
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** A complete response: `<response>` around the fields. Text is escaped, names are not. */
export function responseXml(fields: XmlFields): string {
  return element("response", fields, "");
}

export function failedXml(refusal: ApiRefusal): string {
  return responseXml({ returncode: "FAILED", messageKey: refusal.messageKey, message: refusal.message });
}

/** What `respondWithErrors` of BBB's ApiController writes, `failedXml` is its `invalid` (api-errors.ftlx, api-error.ftlx). */
export function errorsXml({ messageKey, message }: ApiRefusal): string {
  return responseXml({ returncode: "FAILED", errors: { error: { key: messageKey, message } } });
}

export function versionXml(bbbVersion: string): string {
  return responseXml({
    returncode: "SUCCESS",
    version: "2.0",
    apiVersion: "2.0",
    bbbVersion,
    graphqlWebsocketUrl: "",
    graphqlApiUrl: "",
  });
}

export function createdXml(meeting: Meeting, duplicate: boolean): string {
  return responseXml({
    returncode: "SUCCESS",
    meetingID: meeting.meetingID,
    internalMeetingID: meeting.internalMeetingID,
    parentMeetingID: meeting.parentMeetingID ?? "bbb-none",
    attendeePW: meeting.attendeePW,
    moderatorPW: meeting.moderatorPW,
    createTime: meeting.createTime,
    voiceBridge: meeting.voiceBridge,
    dialNumber: meeting.dialNumber,
    createDate: javaDate(meeting.createTime),
    hasUserJoined: meeting.startTime > 0,
    duration: meeting.duration,
    hasBeenForciblyEnded: false,
    messageKey: duplicate ? "duplicateWarning" : "",
    message: duplicate ? "This conference was already in existence and may currently be in progress." : "",
  });
}

export function meetingsXml(meetings: readonly Meeting[], people: MeetingPeople): string {
  if (meetings.length === 0) {
    return responseXml({
      returncode: "SUCCESS",
      meetings: "",
      messageKey: "noMeetings",
      message: "no meetings were found on this server",
    });
  }
  return responseXml({
    returncode: "SUCCESS",
    meetings: { meeting: meetings.map((meeting) => meetingFields(meeting, people)) },
  });
}

export function meetingInfoXml(meeting: Meeting, people: MeetingPeople): string {
  return responseXml({ returncode: "SUCCESS", ...meetingFields(meeting, people), messageKey: "", message: "" });
}

function meetingFields(meeting: Meeting, people: MeetingPeople): XmlFields {
  const phones = people.phoneAttendees(meeting);
  const breakouts = people.breakoutsOf(meeting).map((room) => room.internalMeetingID);
  return {
    meetingName: meeting.name,
    meetingID: meeting.meetingID,
    internalMeetingID: meeting.internalMeetingID,
    createTime: meeting.createTime,
    createDate: javaDate(meeting.createTime),
    voiceBridge: meeting.voiceBridge,
    dialNumber: meeting.dialNumber,
    attendeePW: meeting.attendeePW,
    moderatorPW: meeting.moderatorPW,
    running: meeting.startTime > 0,
    duration: grouped(meeting.duration),
    hasUserJoined: meeting.startTime > 0,
    recording: false,
    hasBeenForciblyEnded: false,
    startTime: meeting.startTime,
    endTime: meeting.endTime,
    participantCount: grouped(meeting.webUsers.length + phones.length),
    listenerCount: 0,
    voiceParticipantCount: grouped(phones.length),
    videoCount: 0,
    maxUsers: grouped(meeting.maxParticipants),
    moderatorCount: grouped(meeting.webUsers.filter((user) => user.moderator).length),
    attendees: {
      attendee: [
        ...meeting.webUsers.map((user) =>
          attendee(user.userID, user.fullName, user.moderator ? "MODERATOR" : "VIEWER", false),
        ),
        ...phones.map((phone) => attendee(`v_${phone.memberId}`, phone.name, "DIAL-IN-USER", true)),
      ],
    },
    metadata: meeting.metadata,
    isBreakout: meeting.isBreakout,
    ...(meeting.parentMeetingID === undefined
      ? {}
      : { parentMeetingID: meeting.parentMeetingID, sequence: meeting.sequence, freeJoin: meeting.freeJoin }),
    ...(breakouts.length === 0 ? {} : { breakoutRooms: { breakout: breakouts } }),
  };
}

function attendee(userID: string, fullName: string, role: string, phone: boolean): XmlFields {
  return {
    userID,
    fullName,
    role,
    isPresenter: false,
    isListeningOnly: false,
    hasJoinedVoice: phone,
    hasVideo: false,
    clientType: phone ? "dial-in-user" : "HTML5",
  };
}

/** BBB's templates write these numbers without `?c`, so they have thousands separators. */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** `java.util.Date.toString()`, which BBB shows as createDate. */
function javaDate(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return [day, month, date, time, "UTC", year].join(" ");
}

function element(name: string, value: Scalar | XmlFields, indent: string): string {
  if (typeof value !== "object") {
    const text = escaped(String(value));
    return text === "" ? `${indent}<${name}/>\n` : `${indent}<${name}>${text}</${name}>\n`;
  }
  const inside = Object.entries(value)
    .flatMap(([child, content]) =>
      isList(content) ? content.map((each) => [child, each] as const) : [[child, content] as const],
    )
    .map(([child, content]) => element(child, content, `${indent}  `))
    .join("");
  return inside === "" ? `${indent}<${name}/>\n` : `${indent}<${name}>\n${inside}${indent}</${name}>\n`;
}

function escaped(text: string): string {
  return text
    .replace(notXml, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
}

function isList(value: XmlFields[string]): value is readonly XmlFields[] | readonly Scalar[] {
  return Array.isArray(value);
}
