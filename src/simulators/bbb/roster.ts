import type { SteadyTone } from "../../softphone/ear.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import { inBackground } from "../../softphone/sip/background.js";
import type { Clock } from "../../util/clock.js";
import { Conference } from "./conference.js";
import { Member } from "./member.js";
import type { Arrival } from "./voice.js";

/** A tone and the member that sent it. */
export interface MemberTone extends SteadyTone {
  readonly memberId: string;
}

export interface RosterEvents {
  readonly joined: (member: Member) => void;
  readonly left: (member: Member) => void;
  readonly digit: (member: Member, digit: string) => void;
}

const checkEveryFrames = 50;

/** The conferences of one server and their members. A conference exists until it is idle. */
export class Roster {
  /** RTP timeout in ms, overrides the leg's rules. */
  rtpTimeoutMs: number | undefined;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #pacer: Pacer;
  readonly #events: RosterEvents;
  readonly #conferences = new Map<string, Conference>();
  readonly #members = new Map<string, Member>();
  /** Each resolves when its member has left and its audio is closed. */
  readonly #stays = new Map<Member, Promise<void>>();
  #lastId = 0;
  #frames = 0;
  #stopChecking: (() => void) | undefined;

  /** @param prefix of member ids, which are unique per roster */
  constructor(clock: Clock, pacer: Pacer, events: RosterEvents, prefix = "") {
    this.#prefix = prefix;
    this.#clock = clock;
    this.#pacer = pacer;
    this.#events = events;
  }

  get conferences(): readonly Conference[] {
    return [...this.#conferences.values()];
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** The number of open audio sessions, including those of members that have just left. */
  get mediaSessions(): number {
    return this.#stays.size;
  }

  /** Resolves when all members have left and all audio sessions are closed. */
  async empty(): Promise<void> {
    await Promise.all(this.#stays.values());
  }

  member(memberId: string): Member | undefined {
    return this.#members.get(memberId);
  }

  membersOf(voiceBridge: string): readonly Member[] {
    return this.#conferences.get(voiceBridge)?.members ?? [];
  }

  /**
   * Adds an answered call to its conference; like FreeSWITCH, creates the conference if needed.
   *
   * @param known called with the member before any of its events
   */
  enter(arrival: Arrival, known: (member: Member) => void = () => undefined): void {
    this.#lastId += 1;
    const member = new Member({ ...arrival, memberId: `${this.#prefix}${this.#lastId}`, clock: this.#clock });
    known(member);
    const conference = this.conference(arrival.voiceBridge);
    conference.add(member);
    this.#members.set(member.memberId, member);
    member.onDigit = (digit) => {
      this.#events.digit(member, digit);
    };
    this.#stopChecking ??= this.#pacer.every(() => {
      this.#check();
    });
    const stay = this.#stay(arrival, member, conference);
    this.#stays.set(member, stay);
    inBackground(stay);
    this.#events.joined(member);
    if (conference.banned.has(member.identity.number)) inBackground(member.hangUp());
  }

  playTone(voiceBridge: string, hz: number, level: number): void {
    this.conference(voiceBridge).playTone(hz, level);
  }

  stopTone(voiceBridge: string, hz?: number): void {
    const conference = this.#conferences.get(voiceBridge);
    conference?.stopTone(hz);
    if (conference !== undefined) this.#forgetIfIdle(conference);
  }

  watchTone(voiceBridge: string, hz: number, onHeard: (tone: SteadyTone, member: Member) => void): () => void {
    const conference = this.conference(voiceBridge);
    const stop = conference.watchTone(hz, onHeard);
    return () => {
      stop();
      this.#forgetIfIdle(conference);
    };
  }

  /** Removes all members and tones. Resolves when all members are gone. */
  async end(voiceBridge: string): Promise<void> {
    const conference = this.#conferences.get(voiceBridge);
    if (conference === undefined) return;
    conference.stopTone();
    conference.banned.clear();
    this.#forgetIfIdle(conference);
    await Promise.all(conference.members.map((member) => this.remove(member)));
  }

  /** Hangs up a member; resolves when it is gone. */
  async remove(member: Member): Promise<void> {
    await member.hangUp();
    await this.#stays.get(member);
  }

  /** The server's FreeSWITCH is stopped: all members get a BYE. Resolves when all are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.hangUp("stopped")));
    await this.empty();
  }

  conference(voiceBridge: string): Conference {
    const known = this.#conferences.get(voiceBridge);
    if (known !== undefined) return known;
    const conference = new Conference(voiceBridge, this.#pacer);
    this.#conferences.set(voiceBridge, conference);
    return conference;
  }

  async #stay(arrival: Arrival, member: Member, conference: Conference): Promise<void> {
    await arrival.dialog.ended;
    conference.remove(member);
    this.#members.delete(member.memberId);
    if (this.#members.size === 0) {
      this.#stopChecking?.();
      this.#stopChecking = undefined;
    }
    this.#forgetIfIdle(conference);
    await member.release();
    this.#stays.delete(member);
    this.#events.left(member);
  }

  #check(): void {
    this.#frames += 1;
    if (this.#frames % checkEveryFrames !== 0) return;
    for (const member of this.#members.values()) if (member.isLost(this.rtpTimeoutMs)) inBackground(member.hangUp());
  }

  #forgetIfIdle(conference: Conference): void {
    if (conference.idle && this.#conferences.get(conference.voiceBridge) === conference) {
      this.#conferences.delete(conference.voiceBridge);
    }
  }
}
