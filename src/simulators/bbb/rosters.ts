import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { Clock } from "../../util/clock.js";
import type { Meetings } from "./meetings.js";
import type { Member } from "./member.js";
import { Roster, type RosterEvents } from "./roster.js";

/** All callers of one server: in conferences of its FreeSWITCH and in rooms of its LiveKit. */
export class Rosters {
  readonly freeswitch: Roster;
  readonly livekit: Roster;
  readonly #meetings: Meetings;

  constructor(clock: Clock, pacer: Pacer, events: RosterEvents, meetings: Meetings) {
    this.freeswitch = new Roster(clock, pacer, events);
    this.livekit = new Roster(clock, pacer, events, "livekit-");
    this.#meetings = meetings;
  }

  /** The roster with the meeting's audio; FreeSWITCH's for a number without a meeting. */
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

  /** Callers without a name are omitted: BBB's parser fails on them. */
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

  /** FreeSWITCH conferences with callers but without a meeting: it creates one for any number, a LiveKit meeting's included. */
  adHoc(): string[] {
    return this.freeswitch.conferences
      .filter(
        ({ members, voiceBridge }) =>
          members.length > 0 && (this.#meetings.withVoiceBridge(voiceBridge)?.audioBridge ?? "livekit") === "livekit",
      )
      .map(({ voiceBridge }) => voiceBridge);
  }

  /** Ends the conference of a meeting that is over. */
  async end(voiceBridge: string): Promise<void> {
    await Promise.all([this.freeswitch.end(voiceBridge), this.livekit.end(voiceBridge)]);
  }

  /** Ends every conference without BYE; resolves when all audio is closed. */
  async close(): Promise<void> {
    for (const roster of [this.freeswitch, this.livekit]) {
      await Promise.all(roster.conferences.map(({ voiceBridge }) => roster.end(voiceBridge)));
      await roster.empty();
    }
  }
}
