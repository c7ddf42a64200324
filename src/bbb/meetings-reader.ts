import { Parser } from "htmlparser2";

import { Pin } from "../caller/secret.js";
import { detached } from "../util/detached.js";
import { failure, type Result, success } from "../util/result.js";
import { ApiRefusal } from "./api-refusal.js";
import { audioBridgeNamed, creationTime, maxMeetingIdLength, type Meeting } from "./meeting.js";

/** The elements of a meeting that are used. */
const fieldNames = [
  "voiceBridge",
  "internalMeetingID",
  "createTime",
  "hasBeenForciblyEnded",
  "endTime",
  "participantCount",
  "running",
  "parentMeetingID",
  "audioBridge",
] as const;
type FieldName = (typeof fieldNames)[number];
const fieldNameSet: ReadonlySet<string> = new Set(fieldNames);

const deepest = 100;
const maxMeetings = 50_000;
const maxFieldLength = maxMeetingIdLength;

/** A value, or a mark for an unusable one: too long, with nested elements, or repeated. */
type Field = string | { readonly unusable: true };
const unusable = { unusable: true } as const;

/**
 * Parses a getMeetings response while it arrives, in bounded memory. Skips meetings that have ended or have no usable
 * voice bridge. Old BBB versions do not escape names: an unclosed tag in a name affects only its own meeting.
 */
export class MeetingsReader {
  readonly #parser = new Parser(
    {
      onopentagname: (name) => {
        this.#opened(name);
      },
      onclosetag: (name) => {
        this.#closed(name);
      },
      onattribute: (name, value) => {
        this.#refusal.attribute(this.#path, name, value);
      },
      ontext: (text) => {
        if (this.#wanted !== undefined) this.#text(text);
        this.#refusal.text(this.#path, text);
      },
      onprocessinginstruction: (name) => {
        // BBB sends no document type declaration.
        if (name.startsWith("!")) this.#giveUp(notBbb);
      },
      // The predefined XML entities and character references; the parser ignores declared ones, so none can expand.
    },
    { xmlMode: true, decodeEntities: true },
  );
  /** A chunk may end within a character. */
  readonly #decoder = new TextDecoder();
  readonly #refusal = new ApiRefusal();
  readonly #meetings: Meeting[] = [];
  readonly #path: string[] = [];
  /** The element whose text is collected: its depth, and the text so far. */
  #wanted: { readonly depth: number; readonly keep: (value: Field) => void; value: Field } | undefined;
  #fields = new Map<FieldName, Field>();
  #returnCode: Field | undefined;
  #isComplete = false;
  #fault: string | undefined;

  /** Set if parsing further is pointless. */
  get fault(): string | undefined {
    return this.#fault;
  }

  read(bytes: Uint8Array): void {
    if (this.#fault !== undefined) return;
    this.#parser.write(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Call after the last chunk. The failure is one line without any part of the response. */
  end(): Result<readonly Meeting[], string> {
    if (this.#fault !== undefined) return failure(this.#fault);
    if (this.#returnCode === undefined) return failure(notBbb);
    if (this.#returnCode !== "SUCCESS") return failure(this.#refusal.fault);
    // Meetings missing from a truncated response would count as ended.
    return this.#isComplete ? success(this.#meetings) : failure("the response is truncated");
  }

  /** The rest is ignored: ever deeper nesting would take ever longer. */
  #giveUp(fault: string): void {
    this.#fault ??= fault;
    this.#parser.pause();
  }

  #opened(name: string): void {
    if (this.#path.length === 0 && (name !== "response" || this.#isComplete)) this.#giveUp(notBbb);
    if (this.#path.length >= deepest) this.#giveUp(notBbb);
    if (this.#fault !== undefined) return;
    if (this.#wanted !== undefined) this.#wanted.value = unusable;
    this.#path.push(name);
    const depth = this.#path.length;
    if (depth === 2) this.#openedInResponse(name);
    else if (depth === 3 && this.#isInMeeting) this.#fields = new Map();
    else if (depth === 4 && this.#isInMeeting) this.#want(name);
    // BBB up to 2.0 nests it one level deeper.
    else if (depth === 5 && this.#isInMeeting && this.#path[3] === "breakout" && name === "parentMeetingID")
      this.#want(name);
  }

  get #isInMeeting(): boolean {
    return this.#path[1] === "meetings" && this.#path[2] === "meeting";
  }

  #openedInResponse(name: string): void {
    if (name === "returncode") this.#collect((value) => (this.#returnCode ??= value));
  }

  #want(name: string): void {
    if (!isFieldName(name)) return;
    this.#collect((value) => {
      this.#fields.set(name, this.#fields.has(name) ? unusable : value);
    });
  }

  #collect(keep: (value: Field) => void): void {
    this.#wanted = { depth: this.#path.length, keep, value: "" };
  }

  #text(text: string): void {
    if (this.#wanted === undefined || typeof this.#wanted.value !== "string") return;
    const value = this.#wanted.value + text;
    this.#wanted.value = value.length > maxFieldLength * 2 ? unusable : value;
  }

  /** Also closes the elements still open inside; ignores an end tag without an open element. */
  #closed(name: string): void {
    const to = this.#path.lastIndexOf(name);
    if (to < 0) return;
    while (this.#path.length > to) this.#leave();
  }

  #leave(): void {
    const depth = this.#path.length;
    const wanted = this.#wanted;
    this.#refusal.closed(this.#path);
    if (wanted?.depth === depth) {
      this.#wanted = undefined;
      wanted.keep(typeof wanted.value === "string" ? wanted.value.trim() : wanted.value);
    }
    if (depth === 3 && this.#isInMeeting) this.#keepMeeting();
    if (depth === 1) this.#isComplete = true;
    this.#path.pop();
  }

  #keepMeeting(): void {
    const [pinText, meetingId] = [this.#fields.get("voiceBridge"), this.#fields.get("internalMeetingID")];
    if (typeof pinText !== "string" || typeof meetingId !== "string" || this.#isOver()) return;
    const pin = Pin.parse(pinText);
    if (!pin.ok || meetingId === "" || meetingId.length > maxMeetingIdLength) return;
    if (this.#meetings.length === maxMeetings) this.#giveUp("the response has too many meetings");
    const parentId = this.#textOf("parentMeetingID");
    this.#meetings.push({
      // A substring would keep the whole response in memory, for as long as a call is in the meeting.
      meetingId: detached(meetingId),
      createdAt: creationTime(this.#textOf("createTime"), meetingId),
      voiceBridge: pin.value,
      isOccupied: this.#isOccupied(),
      parentId: parentId === undefined ? undefined : detached(parentId),
      audioBridge: audioBridgeNamed(this.#textOf("audioBridge")),
    });
  }

  /**
   * Whether the meeting has ended. BBB also sets `endTime` when the last user leaves, and a caller who joins does not clear
   * it, so an occupied meeting has not ended (MeetingService.userJoined, .userJoinedVoice).
   */
  #isOver(): boolean {
    return (
      this.#fields.get("hasBeenForciblyEnded") === "true" ||
      (/[1-9]/.test(this.#textOf("endTime") ?? "") && !this.#isOccupied())
    );
  }

  /** BBB formats the count in its locale, such as `1.234`. */
  #isOccupied(): boolean {
    const count = this.#textOf("participantCount") ?? "";
    if (/[1-9]/.test(count)) return true;
    return !count.includes("0") && this.#fields.get("running") === "true";
  }

  #textOf(name: FieldName): string | undefined {
    const value = this.#fields.get(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  }
}

const notBbb = "the response is not from a BBB API";

function isFieldName(name: string): name is FieldName {
  return fieldNameSet.has(name);
}
