import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { Clock } from "../../util/clock.js";
import type { Meetings } from "./meetings.js";
import type { Member } from "./member.js";
import { Roster, type RosterEvents } from "./roster.js";

/** All callers of one server: those in conferences of its FreeSWITCH, and those in rooms of its LiveKit. */
export class Rosters {
  readonly freeswitch: Roster;
  readonly livekit: Roster;
  readonly #meetings: Meetings;

  constructor(clock: Clock, pacer: Pacer, events: RosterEvents, meetings: Meetings) {
    this.freeswitch = new Roster(clock, pacer, events);
    this.livekit = new Roster(clock, pacer, events, "livekit-");
    this.#meetings = meetings;
  }

  /** Where the audio of the meeting with that number is; FreeSWITCH for a number without a meeting. */
  of(voiceBridge: string): Roster {
    return this.#meetings.withVoiceBridge(voiceBridge)?.audioBridge === "livekit" ? this.livekit : this.freeswitch;
  }

  with(memberId: string): { readonly roster: Roster; readonly member: Member } | undefined {
    for (const roster of [this.freeswitch, this.livekit]) {
      const member = roster.member(memberId);
      if (member !== undefined) return { roster, member };
    }
    return undefined;
  }

  /** Without a name BBB's parser fails and the caller is in no list. */
  phoneAttendees(voiceBridge: string): { readonly memberId: string; readonly name: string }[] {
    return this.of(voiceBridge)
      .membersOf(voiceBridge)
      .filter(({ identity }) => identity.name !== "")
      .map(({ memberId, identity }) => ({ memberId, name: identity.name }));
  }

  get members(): readonly Member[] {
    return [...this.freeswitch.members, ...this.livekit.members];
  }

  get conferences(): number {
    return this.freeswitch.conferences.length + this.livekit.conferences.length;
  }

  get mediaSessions(): number {
    return this.freeswitch.mediaSessions + this.livekit.mediaSessions;
  }

  /** Conferences of FreeSWITCH that have callers but no meeting: it opens one for any number, a LiveKit meeting's too. */
  adHoc(): string[] {
    return this.freeswitch.conferences
      .filter(
        ({ members, voiceBridge }) =>
          members.length > 0 && (this.#meetings.withVoiceBridge(voiceBridge)?.audioBridge ?? "livekit") === "livekit",
      )
      .map(({ voiceBridge }) => voiceBridge);
  }

  /** The meeting with that number is over, or nothing of it counts any more. */
  async end(voiceBridge: string): Promise<void> {
    await Promise.all([this.freeswitch.end(voiceBridge), this.livekit.end(voiceBridge)]);
  }

  /** Ends every conference without a word, and resolves when all audio is closed. */
  async close(): Promise<void> {
    for (const roster of [this.freeswitch, this.livekit]) {
      await Promise.all(roster.conferences.map(({ voiceBridge }) => roster.end(voiceBridge)));
      await roster.empty();
    }
  }
}
