import { Parser } from "htmlparser2";

import { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";
import { ApiRefusal } from "./api-refusal.js";
import { audioBridgeNamed, creationTime, maxMeetingIdLength, type Meeting } from "./meeting.js";

/** The elements of a meeting that are read. */
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

/** A value, or that there is none that could be believed: too long, with elements in it, or there twice. */
type Field = string | { readonly unusable: true };
const unusable = { unusable: true } as const;

/**
 * Reads the answer to getMeetings while it arrives, in memory that does not grow with it. Meetings without a usable
 * number or already ended are left out. An old BBB does not escape names: a tag that is left open in one spoils its own
 * meeting and no other.
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
        // A document type, which BBB does not send.
        if (name.startsWith("!")) this.#giveUp(notBbb);
      },
      // The five of XML and character references: the parser knows no declared ones, so none can grow.
    },
    { xmlMode: true, decodeEntities: true },
  );
  /** A part may end within a character. */
  readonly #decoder = new TextDecoder();
  readonly #refusal = new ApiRefusal();
  readonly #meetings: Meeting[] = [];
  readonly #path: string[] = [];
  /** The element whose text is wanted, by its depth, and what has come of it. */
  #wanted: { readonly depth: number; readonly keep: (value: Field) => void; value: Field } | undefined;
  #fields = new Map<FieldName, Field>();
  #returnCode: Field | undefined;
  #isComplete = false;
  #fault: string | undefined;

  /** Why it is of no use to read on, if it is. */
  get fault(): string | undefined {
    return this.#fault;
  }

  read(bytes: Uint8Array): void {
    if (this.#fault !== undefined) return;
    this.#parser.write(this.#decoder.decode(bytes, { stream: true }));
  }

  /** After the last part; the failure says in one line what is wrong, without anything of the answer. */
  end(): Result<readonly Meeting[], string> {
    if (this.#fault !== undefined) return failure(this.#fault);
    if (this.#returnCode === undefined) return failure(notBbb);
    if (this.#returnCode !== "SUCCESS") return failure(this.#refusal.fault);
    // What is missing at the end would count as over.
    return this.#isComplete ? success(this.#meetings) : failure("the answer is cut off");
  }

  /** The rest is not looked at: open elements without end would take longer and longer. */
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
    // BBB up to 2.0 has it one deeper.
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

  /** Closes everything that is still open inside as well; what was not open is not closed. */
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
    if (this.#meetings.length === maxMeetings) this.#giveUp("the answer has too many meetings");
    this.#meetings.push({
      meetingId,
      createdAt: creationTime(this.#textOf("createTime"), meetingId),
      voiceBridge: pin.value,
      isOccupied: this.#isOccupied(),
      parentId: this.#textOf("parentMeetingID"),
      audioBridge: audioBridgeNamed(this.#textOf("audioBridge")),
    });
  }

  /**
   * Whether it is listed after its end, or after all have left it: then BBB sets `endTime` too. A caller in it leaves an
   * `endTime` as it is, so that a meeting which has people in it is not over (MeetingService.userJoined, .userJoinedVoice).
   */
  #isOver(): boolean {
    return (
      this.#fields.get("hasBeenForciblyEnded") === "true" ||
      (/[1-9]/.test(this.#textOf("endTime") ?? "") && !this.#isOccupied())
    );
  }

  /** BBB writes the count as its locale does, such as `1.234`. */
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

const notBbb = "the answer is not one of a BBB API";

function isFieldName(name: string): name is FieldName {
  return fieldNameSet.has(name);
}
