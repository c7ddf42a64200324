import { createHash } from "node:crypto";

import { failure, type Result, success } from "../../util/result.js";

/** The supported parameters of BBB's `create`, with BBB's names. */
export interface MeetingSettings {
  readonly meetingID: string;
  /** Default: the meetingID. */
  readonly name?: string;
  /** Digits; leading zeros are significant. Default: five random digits; for a breakout the parent's number plus the sequence. */
  readonly voiceBridge?: string;
  readonly dialNumber?: string;
  /** May contain %%CONFNAME%%, %%DIALNUM%% and %%CONFNUM%%. */
  readonly welcome?: string;
  readonly attendeePW?: string;
  readonly moderatorPW?: string;
  readonly isBreakout?: boolean;
  /** External or internal id of the parent; breakouts only. */
  readonly parentMeetingID?: string;
  /** 1-based; breakouts only. */
  readonly sequence?: number;
  readonly freeJoin?: boolean;
  /** Minutes, 0 = unlimited. Reported only, not enforced. */
  readonly duration?: number;
  readonly maxParticipants?: number;
  /** `livekit`: audio is not in FreeSWITCH; only webhooks contain this. Default freeswitch. */
  readonly audioBridge?: "freeswitch" | "livekit";
  /** Without the `meta_` prefix, lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface WebUser {
  readonly userID: string;
  readonly fullName: string;
  readonly moderator: boolean;
}

export interface Meeting {
  readonly meetingID: string;
  readonly internalMeetingID: string;
  readonly name: string;
  /** Wall clock, milliseconds. */
  readonly createTime: number;
  readonly voiceBridge: string;
  readonly dialNumber: string;
  /** With the placeholders replaced. */
  readonly welcome: string;
  readonly attendeePW: string;
  readonly moderatorPW: string;
  readonly isBreakout: boolean;
  /** Internal id of the parent meeting. */
  readonly parentMeetingID: string | undefined;
  readonly sequence: number;
  readonly freeJoin: boolean;
  readonly duration: number;
  readonly maxParticipants: number;
  readonly audioBridge: "freeswitch" | "livekit";
  readonly metadata: Readonly<Record<string, string>>;
  /** Web users, added only by tests. */
  readonly webUsers: WebUser[];
  /** Set at the first join, by web or phone: BBB reports `running` from then on. */
  startTime: number;
  /** Time at which the last web user left, 0 before. BBB lists the meeting until it expires, by default one minute later. */
  endTime: number;
}

/** An API error: BBB's messageKey and message. */
export interface ApiRefusal {
  readonly messageKey: string;
  readonly message: string;
}

export interface CreatedMeeting {
  readonly meeting: Meeting;
  /** The meeting already exists with the same passwords: `create` is idempotent. */
  readonly duplicate: boolean;
}

export interface MeetingWatcher {
  readonly created: (meeting: Meeting) => void;
  readonly ended: (meeting: Meeting) => void;
}

const maxMeetings = 10_000;
const defaultDialNumber = "613-555-1234";

/** The meetings of one BBB server. Voice bridges are unique per server: two servers may use the same one. */
export class Meetings {
  readonly #byId = new Map<string, Meeting>();
  readonly #watchers = new Set<MeetingWatcher>();
  readonly #random: (bytes: number) => Buffer;
  readonly #wallClock: () => number;
  #webUsers = 0;

  constructor(random: (bytes: number) => Buffer, wallClock: () => number) {
    this.#random = random;
    this.#wallClock = wallClock;
  }

  /** Calls the watcher for every further meeting. Returns an unsubscribe function. */
  watch(watcher: MeetingWatcher): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  all(): readonly Meeting[] {
    return [...this.#byId.values()];
  }

  /** By external or internal id. */
  find(id: string): Meeting | undefined {
    return this.#byId.get(id) ?? this.all().find((meeting) => meeting.internalMeetingID === id);
  }

  withVoiceBridge(voiceBridge: string): Meeting | undefined {
    return this.all().find((meeting) => meeting.voiceBridge === voiceBridge);
  }

  create(settings: MeetingSettings): Result<CreatedMeeting, ApiRefusal> {
    if (settings.meetingID.length < 2 || settings.meetingID.length > 256 || settings.meetingID.includes(",")) {
      return refusal("validationError", "Meeting ID must be between 2 and 256 characters and hold no comma.");
    }
    const existing = this.#byId.get(settings.meetingID);
    if (existing !== undefined) return repeated(existing, settings);
    if (this.#byId.size >= maxMeetings) return refusal("error", "The sample BBB holds no more meetings.");

    const parent = settings.parentMeetingID === undefined ? undefined : this.find(settings.parentMeetingID);
    const isBreakout = settings.isBreakout ?? false;
    if (isBreakout && parent === undefined) {
      return refusal("parentMeetingIDMissing", "No parent meeting ID was provided for the breakout room.");
    }
    const sequence = settings.sequence ?? 0;
    if (isBreakout && sequence < 1) return refusal("validationError", "A breakout room needs a sequence of 1 or more.");
    const given =
      settings.voiceBridge ?? (isBreakout && parent !== undefined ? `${parent.voiceBridge}${sequence}` : undefined);
    if (given !== undefined && !/^\d+$/.test(given))
      return refusal("validationError", "Voice bridge must be an integer.");
    if (given !== undefined && this.withVoiceBridge(given) !== undefined) {
      return refusal("nonUniqueVoiceBridge", "The selected voice bridge is already in use.");
    }
    const voiceBridge = given ?? this.#freeVoiceBridge();
    if (voiceBridge === undefined) return refusal("voiceBridgeError", "No free voice bridge was found.");

    const meeting = this.#build(settings, voiceBridge, isBreakout ? parent : undefined, sequence);
    this.#byId.set(meeting.meetingID, meeting);
    for (const { created } of [...this.#watchers]) created(meeting);
    return success({ meeting, duplicate: false });
  }

  /** Removes the meeting and its breakout rooms and returns them. */
  end(id: string): readonly Meeting[] {
    const meeting = this.find(id);
    if (meeting === undefined) return [];
    const rooms = this.all().filter((other) => other.parentMeetingID === meeting.internalMeetingID);
    const ended = [meeting, ...rooms];
    for (const each of ended) this.#byId.delete(each.meetingID);
    for (const watcher of [...this.#watchers])
      ended.forEach((each) => {
        watcher.ended(each);
      });
    return ended;
  }

  breakoutsOf(meeting: Meeting): readonly Meeting[] {
    return this.all().filter((other) => other.parentMeetingID === meeting.internalMeetingID);
  }

  /** First join: BBB reports `running` from now on. */
  started(meeting: Meeting): void {
    if (meeting.startTime === 0) meeting.startTime = this.#wallClock();
  }

  /** A web user joins. BBB resets the end of a meeting only for the first one (MeetingService.userJoined). @param phones callers in the meeting */
  joinedWeb(meeting: Meeting, user: Omit<WebUser, "userID">, phones: number): void {
    if (meeting.webUsers.length + phones === 0) meeting.endTime = 0;
    this.#webUsers += 1;
    meeting.webUsers.push({ userID: `w_${this.#webUsers}`, ...user });
    this.started(meeting);
  }

  /** A web user leaves: after the last participant BBB sets the end time (MeetingService.userLeft), not after the last caller. */
  leftWeb(meeting: Meeting, fullName: string, phones: number): void {
    const at = meeting.webUsers.findIndex((user) => user.fullName === fullName);
    if (at >= 0) meeting.webUsers.splice(at, 1);
    if (at >= 0 && meeting.webUsers.length + phones === 0) meeting.endTime = this.#wallClock();
  }

  #build(settings: MeetingSettings, voiceBridge: string, parent: Meeting | undefined, sequence: number): Meeting {
    const createTime = this.#wallClock();
    const name = settings.name ?? settings.meetingID;
    const dialNumber = settings.dialNumber ?? defaultDialNumber;
    return {
      meetingID: settings.meetingID,
      internalMeetingID: `${createHash("sha1").update(settings.meetingID).digest("hex")}-${createTime}`,
      name,
      createTime,
      voiceBridge,
      dialNumber,
      welcome: (settings.welcome ?? "")
        .replaceAll("%%CONFNAME%%", () => name)
        .replaceAll("%%DIALNUM%%", () => dialNumber)
        .replaceAll("%%CONFNUM%%", () => voiceBridge),
      attendeePW: settings.attendeePW ?? this.#random(6).toString("hex"),
      moderatorPW: settings.moderatorPW ?? this.#random(6).toString("hex"),
      isBreakout: parent !== undefined,
      parentMeetingID: parent?.internalMeetingID,
      sequence,
      freeJoin: settings.freeJoin ?? false,
      duration: settings.duration ?? 0,
      maxParticipants: settings.maxParticipants ?? 0,
      audioBridge: settings.audioBridge ?? "freeswitch",
      metadata: settings.metadata ?? {},
      webUsers: [],
      startTime: 0,
      endTime: 0,
    };
  }

  /** Five digits not used by a meeting of this server; undefined if no free number was found. `defaultNumDigitsForTelVoice` is 5. */
  #freeVoiceBridge(): string | undefined {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const number = (this.#random(4).readUInt32BE(0) % 100_000).toString().padStart(5, "0");
      // 99999 is BBB's echo test.
      if (number !== "99999" && this.withVoiceBridge(number) === undefined) return number;
    }
    return undefined;
  }
}

function repeated(existing: Meeting, settings: MeetingSettings): Result<CreatedMeeting, ApiRefusal> {
  const same =
    (settings.attendeePW === undefined || settings.attendeePW === existing.attendeePW) &&
    (settings.moderatorPW === undefined || settings.moderatorPW === existing.moderatorPW);
  if (same) return success({ meeting: existing, duplicate: true });
  return refusal("idNotUnique", "A meeting already exists with that meeting ID.  Please use a different meeting ID.");
}

function refusal(messageKey: string, message: string): { readonly ok: false; readonly failure: ApiRefusal } {
  return failure({ messageKey, message });
}
