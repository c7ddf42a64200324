import type { AudioBridge, PinLengths } from "../call/interfaces.js";
import type { Meeting } from "./meeting.js";
import { PinBeginnings } from "./pin-beginnings.js";
import { lengthsOf } from "./pin-lengths.js";

interface Entry {
  readonly meeting: Meeting;
  /** Set while only a webhook reported the meeting: when, and the number of later polls without it. */
  readonly told: { readonly at: number; readonly missed: number } | undefined;
}

/** When a webhook reported the end of the meeting, and the number of later polls that still listed it. */
interface End {
  readonly toldAt: number | undefined;
  readonly shown: number;
}

/** A webhook event is dropped after this number of later polls that contradict it. */
const answersAgainst = 2;
const maxEnds = 1_000;

/**
 * The meetings of one server, merged from polls and webhooks. A webhook applies at once; only the second contradicting
 * poll that was sent after it overrides it. Internal meeting ids are never reused, so a late or repeated webhook cannot
 * restore an ended meeting.
 */
export class MeetingList {
  #entries: ReadonlyMap<string, Entry> = new Map();
  #byPin: ReadonlyMap<string, Meeting> = new Map();
  readonly #beginnings = new PinBeginnings();
  /** Of these, the PINs of breakout rooms. */
  readonly #breakoutBeginnings = new PinBeginnings();
  #lengths: PinLengths | undefined;
  readonly #ends = new Map<string, End>();
  /** Audio bridges from webhooks; getMeetings does not contain them. */
  readonly #audioBridges = new Map<string, AudioBridge>();

  get size(): number {
    return this.#byPin.size;
  }

  /** The PINs as digits. */
  get pins(): Iterable<string> {
    return this.#byPin.keys();
  }

  withPin(digits: string): Meeting | undefined {
    return this.#byPin.get(digits);
  }

  withId(meetingId: string): Meeting | undefined {
    return this.#entries.get(meetingId)?.meeting;
  }

  /** The PIN lengths of main rooms; `undefined`: none. */
  get lengths(): PinLengths | undefined {
    return this.#lengths;
  }

  /** Whether these digits are a proper prefix of a PIN. */
  goesOnAfter(digits: string): boolean {
    return this.#beginnings.countAfter(digits) > 0;
  }

  /** The same for the PINs of main rooms only. */
  mainRoomGoesOnAfter(digits: string): boolean {
    return this.#beginnings.countAfter(digits) > this.#breakoutBeginnings.countAfter(digits);
  }

  /**
   * Applies the response to a poll: all meetings of the server.
   *
   * @returns the PINs whose meetings changed; likewise below
   */
  answered(meetings: readonly Meeting[], askedAt: number): ReadonlySet<string> {
    const next = new Map<string, Entry>();
    for (const meeting of meetings) {
      if (this.#isBelieved(meeting.meetingId, askedAt))
        next.set(meeting.meetingId, { meeting: this.#completed(meeting), told: undefined });
    }
    for (const [id, { meeting, told }] of this.#entries) {
      if (next.has(id)) continue;
      const missed = told === undefined || askedAt <= told.at ? 0 : told.missed + 1;
      if (told !== undefined && missed < answersAgainst) next.set(id, { meeting, told: { at: told.at, missed } });
      else this.#keepEnd(id, this.#ends.get(id) ?? { toldAt: undefined, shown: 0 });
    }
    for (const id of this.#audioBridges.keys()) {
      if (!next.has(id)) this.#audioBridges.delete(id);
    }
    return this.#replace(next);
  }

  /** Webhook event: a meeting was created. */
  created(meeting: Meeting, at: number): ReadonlySet<string> {
    const { meetingId, audioBridge } = meeting;
    if (this.#ends.has(meetingId)) return new Set();
    if (audioBridge !== undefined) this.#audioBridges.set(meetingId, audioBridge);
    const known = this.#entries.get(meetingId);
    const entry =
      known === undefined
        ? { meeting, told: { at, missed: 0 } }
        : { ...known, meeting: this.#completed(known.meeting) };
    return this.#replace(new Map([...this.#entries, [meetingId, entry]]));
  }

  /** Webhook event: a meeting has ended. */
  ended(meetingId: string, at: number): ReadonlySet<string> {
    this.#keepEnd(meetingId, { toldAt: at, shown: 0 });
    const next = new Map(this.#entries);
    return next.delete(meetingId) ? this.#replace(next) : new Set();
  }

  /** Drops all meetings. */
  forget(): ReadonlySet<string> {
    return this.#replace(new Map());
  }

  /** Whether a meeting in a poll is accepted, despite a webhook about its end. */
  #isBelieved(id: string, askedAt: number): boolean {
    const end = this.#ends.get(id);
    if (end?.toldAt !== undefined) {
      if (askedAt <= end.toldAt) return false;
      if (end.shown + 1 < answersAgainst) {
        this.#ends.set(id, { ...end, shown: end.shown + 1 });
        return false;
      }
    }
    this.#ends.delete(id);
    return true;
  }

  #completed(meeting: Meeting): Meeting {
    const told = this.#audioBridges.get(meeting.meetingId);
    return meeting.audioBridge === undefined && told !== undefined ? { ...meeting, audioBridge: told } : meeting;
  }

  #keepEnd(id: string, end: End): void {
    this.#ends.delete(id);
    this.#ends.set(id, end);
    for (const oldest of this.#ends.keys()) {
      if (this.#ends.size <= maxEnds) break;
      this.#ends.delete(oldest);
    }
  }

  #replace(entries: ReadonlyMap<string, Entry>): ReadonlySet<string> {
    const before = this.#byPin;
    // BBB assigns a voice bridge once; while a room is re-opened, the later meeting is the new one.
    const byPin = new Map([...entries.values()].map(({ meeting }) => [meeting.voiceBridge.reveal(), meeting]));
    const changed = new Set<string>();
    for (const [pin, meeting] of byPin) {
      const known = before.get(pin);
      if (known === undefined) this.#beginnings.add(pin);
      if (!isBreakout(known) && isBreakout(meeting)) this.#breakoutBeginnings.add(pin);
      if (isBreakout(known) && !isBreakout(meeting)) this.#breakoutBeginnings.remove(pin);
      if (known === undefined || !isSame(known, meeting)) changed.add(pin);
    }
    for (const [pin, meeting] of before) {
      if (byPin.has(pin)) continue;
      this.#beginnings.remove(pin);
      if (isBreakout(meeting)) this.#breakoutBeginnings.remove(pin);
      changed.add(pin);
    }
    this.#entries = entries;
    this.#byPin = byPin;
    this.#lengths = lengthsOf(byPin.values());
    return changed;
  }
}

function isBreakout(meeting: Meeting | undefined): boolean {
  return meeting?.parentId !== undefined;
}

function isSame(left: Meeting, right: Meeting): boolean {
  return (
    left.meetingId === right.meetingId &&
    left.isOccupied === right.isOccupied &&
    left.parentId === right.parentId &&
    left.audioBridge === right.audioBridge
  );
}
