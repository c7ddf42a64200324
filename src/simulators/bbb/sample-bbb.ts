import { randomBytes } from "node:crypto";

import type { HeardTone } from "../../softphone/ear.js";
import { PendingWaits } from "../../softphone/pending-waits.js";
import { Pacer } from "../../softphone/rtp/pacer.js";
import { inBackground } from "../../softphone/sip/background.js";
import { type Clock, systemClock } from "../../util/clock.js";
import { apiCalls } from "./api-calls.js";
import { LiveKitSip } from "./livekit/livekit-sip.js";
import { type Meeting, Meetings, type MeetingSettings } from "./meetings.js";
import type { Member, MemberInfo } from "./member.js";
import { type MemberListener, notify, subscribe } from "./member-listeners.js";
import type { MemberTone } from "./roster.js";
import { Rosters } from "./rosters.js";
import { SampleApi } from "./sample-api.js";
import type { SampleBbbOptions } from "./sample-options.js";
import { Voice } from "./voice.js";

export type { SampleBbbOptions } from "./sample-options.js";

/**
 * One BBB server for demo and tests: its API, and the phone side of its audio conferences. Not for production: nobody joins
 * by browser (`playTone` stands in for one with a microphone), and codecs are G.711 only.
 */
export class SampleBbb {
  readonly name: string;
  /** The HTTP side; its fields make it fail in a test. */
  readonly api: SampleApi;
  /** The SIP side; its fields make it refuse in a test. */
  readonly voice: Voice;
  /** livekit-sip, and the callers in its rooms; its fields are what an operator sets. */
  readonly livekit: LiveKitSip;
  readonly meetings: Meetings;
  readonly #address: string;
  readonly #rosters: Rosters;
  readonly #waits: PendingWaits;
  readonly #joinListeners = new Set<MemberListener>();
  readonly #leaveListeners = new Set<MemberListener>();
  readonly #digitListeners = new Set<MemberListener>();

  private constructor(
    options: SampleBbbOptions,
    parts: Pick<SampleBbb, "api" | "voice" | "livekit" | "meetings">,
    rosters: Rosters,
    clock: Clock,
  ) {
    this.name = options.name;
    this.#address = options.sip.address;
    this.api = parts.api;
    this.voice = parts.voice;
    this.livekit = parts.livekit;
    this.meetings = parts.meetings;
    this.#rosters = rosters;
    this.#waits = new PendingWaits(clock);
  }

  /** Rejects when a port is taken or the certificate can't be used. */
  static async start(options: SampleBbbOptions): Promise<SampleBbb> {
    const clock = options.clock ?? systemClock;
    const pacer = options.pacer ?? new Pacer(clock);
    const meetings = new Meetings(options.random ?? randomBytes, () => Date.now());
    const self: { bbb: SampleBbb | undefined } = { bbb: undefined };
    const events = {
      joined: (member: Member) => self.bbb?.joined(member),
      left: (member: Member) => self.bbb?.left(member),
      digit: (member: Member) => self.bbb?.typed(member),
    };
    const rosters = new Rosters(clock, pacer, events, meetings);
    const api = await SampleApi.listen({
      ...options.http,
      secret: options.secret,
      bbbVersion: options.bbbVersion ?? "3.0.4",
      clock,
      calls: apiCalls(
        meetings,
        {
          phoneAttendees: (meeting) => rosters.phoneAttendees(meeting.voiceBridge),
          breakoutsOf: (meeting) => meetings.breakoutsOf(meeting),
        },
        (meeting) => {
          if (self.bbb !== undefined) inBackground(self.bbb.endMeeting(meeting.meetingID));
        },
      ),
    });
    const livekit = await LiveKitSip.listen({
      address: options.sip.address,
      port: 0,
      ...options.livekit,
      clock,
      pacer,
      roster: rosters.livekit,
      meetingWith: (number) => meetings.withVoiceBridge(number),
    }).catch(async (error: unknown) => {
      await api.down();
      throw error;
    });
    const voice = await Voice.listen({
      ...options.sip,
      livekitPort: livekit.port,
      tls: options.tls,
      srtp: options.srtp,
      codecs: options.codecs ?? ["PCMA", "PCMU"],
      allowed: options.allowed ?? ["127.0.0.1"],
      clock,
      pacer,
      ...(options.suites === undefined ? {} : { suites: options.suites }),
    }).catch(async (error: unknown) => {
      await Promise.all([api.down(), livekit.down()]);
      throw error;
    });
    if (options.livekit !== undefined) voice.livekit = "installed";
    voice.onArrival = (arrival) => {
      rosters.freeswitch.enter(arrival);
    };
    const bbb = new SampleBbb(options, { api, voice, livekit, meetings }, rosters, clock);
    self.bbb = bbb;
    return bbb;
  }

  /** For example `http://127.0.0.1:41234/bigbluebutton/api/`. */
  get apiUrl(): string {
    return this.api.url;
  }

  get sipPort(): number {
    return this.voice.port;
  }

  /** What a gateway calls for a conference of this server. */
  sipUri(voiceBridge: string): string {
    return `sip:${voiceBridge}@${this.#address}:${this.sipPort};transport=tls`;
  }

  /** Throws when BBB would refuse it: a test that wants the refusal asks `meetings.create` or the API. */
  createMeeting(settings: MeetingSettings): Meeting {
    const created = this.meetings.create(settings);
    if (!created.ok) throw new Error(`${this.name}: ${created.failure.messageKey}: ${created.failure.message}`);
    return created.value.meeting;
  }

  /** Ends a meeting and its breakout rooms; everybody in them gets a BYE. Resolves when all are gone. */
  async endMeeting(id: string): Promise<void> {
    await Promise.all(
      this.meetings.end(id).map(async ({ voiceBridge }) => {
        this.livekit.forget(voiceBridge);
        await this.#rosters.end(voiceBridge);
      }),
    );
  }

  /** Somebody joins in a browser: the meeting is running from now on. */
  joinWeb(id: string, fullName: string, moderator = false): void {
    const meeting = this.#meeting(id);
    this.meetings.joinedWeb(meeting, { fullName, moderator }, this.members(meeting.voiceBridge).length);
  }

  /** A person closes the browser; the meeting stays. */
  leaveWeb(id: string, fullName: string): void {
    this.meetings.leftWeb(this.#meeting(id), fullName, this.members(this.#meeting(id).voiceBridge).length);
  }

  /** Of one conference, or of all of them. */
  members(voiceBridge?: string): MemberInfo[] {
    const members =
      voiceBridge === undefined ? this.#rosters.members : this.#rosters.of(voiceBridge).membersOf(voiceBridge);
    return members.map((member) => member.info);
  }

  member(memberId: string): MemberInfo | undefined {
    return this.#rosters.with(memberId)?.member.info;
  }

  /** Conferences that have callers but no meeting: FreeSWITCH opens one for any number. */
  adHocConferences(): string[] {
    return this.#rosters.adHoc();
  }

  /** A moderator removes a caller. With `ban`, BBB's own behaviour, the same number is thrown out again when it comes back. */
  async kick(memberId: string, { ban = false }: { ban?: boolean } = {}): Promise<void> {
    const found = this.#rosters.with(memberId);
    if (found === undefined) return;
    const { roster, member } = found;
    if (ban) roster.conference(member.voiceBridge).banned.add(member.identity.number);
    await roster.remove(member);
  }

  /** `uuid_hold toggle` or `uuid_hold off` for a member's leg; false when it is not answered. */
  async hold(memberId: string, isOn: boolean): Promise<boolean> {
    return (await this.#rosters.with(memberId)?.member.hold(isOn)) ?? false;
  }

  /** FreeSWITCH alone is stopped, as by an update: a BYE for everybody, and no SIP port until `voice.up()`. */
  async stopFreeswitch(): Promise<void> {
    await this.#rosters.freeswitch.stop();
    await this.voice.down();
  }

  /** Somebody in a browser whistles. Several tones add up. @param level amplitude, 0 to 1 */
  playTone(voiceBridge: string, hz: number, level = 0.2): void {
    this.livekit.openMicrophone(voiceBridge);
    this.#rosters.of(voiceBridge).playTone(voiceBridge, hz, level);
  }

  /** Without a frequency: all of them. */
  stopTone(voiceBridge: string, hz?: number): void {
    this.#rosters.of(voiceBridge).stopTone(voiceBridge, hz);
  }

  /** Which of the candidates the conference hears from a member now, loudest first; candidates 150 Hz apart or more. */
  heard(memberId: string, candidates: readonly number[]): HeardTone[] {
    return this.#rosters.with(memberId)?.member.ear.tones(candidates) ?? [];
  }

  /** The keys a member has typed, also those that it has typed as caller controls. */
  digits(memberId: string): string {
    return this.member(memberId)?.digits ?? "";
  }

  /**
   * Waits until a member has sent a tone for 300 ms; undefined when the time is over.
   *
   * @param target a member, or a voice bridge for any member of it, also one that comes later
   */
  waitForTone(
    target: { readonly memberId: string } | { readonly voiceBridge: string },
    hz: number,
    timeoutMs: number,
  ): Promise<MemberTone | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      if ("voiceBridge" in target) {
        return this.#rosters.of(target.voiceBridge).watchTone(target.voiceBridge, hz, (tone, { memberId }) => {
          found({ ...tone, memberId });
        });
      }
      const { memberId } = target;
      const stop = this.#rosters.with(memberId)?.member.ear.watchTone(hz, (tone) => {
        found({ ...tone, memberId });
      });
      return stop ?? ((): void => undefined);
    });
  }

  /** The first member (of that name) there is in a conference, or the next to come; undefined when the time is over. */
  waitForMember(voiceBridge: string, timeoutMs: number, name?: string): Promise<MemberInfo | undefined> {
    const isMeant = (member: MemberInfo): boolean =>
      member.voiceBridge === voiceBridge && (name === undefined || member.name === name);
    return this.#waits.until(timeoutMs, (found) => {
      for (const present of this.members(voiceBridge).filter(isMeant).slice(0, 1)) found(present);
      return this.onJoin((member) => {
        if (isMeant(member)) found(member);
      });
    });
  }

  /** True when the member is gone, or has been gone before; undefined when the time is over. */
  waitForLeave(memberId: string, timeoutMs: number): Promise<true | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      if (this.member(memberId) === undefined) found(true);
      return this.onLeave((member) => {
        if (member.memberId === memberId) found(true);
      });
    });
  }

  /** Resolves with all digits of the member once they end with these; undefined when the time is over. */
  waitForDigits(memberId: string, digits: string, timeoutMs: number): Promise<string | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      if (this.digits(memberId).endsWith(digits)) found(this.digits(memberId));
      return this.onDigits((member) => {
        if (member.memberId === memberId && member.digits.endsWith(digits)) found(member.digits);
      });
    });
  }

  /** The returned function ends the interest; likewise below. */
  onJoin(listener: MemberListener): () => void {
    return subscribe(this.#joinListeners, listener);
  }

  onLeave(listener: MemberListener): () => void {
    return subscribe(this.#leaveListeners, listener);
  }

  onDigits(listener: MemberListener): () => void {
    return subscribe(this.#digitListeners, listener);
  }

  /** Milliseconds without RTP after which a member of a FreeSWITCH conference is dropped; 300,000 as in BBB unless set. */
  set rtpTimeoutMs(ms: number) {
    this.#rosters.freeswitch.rtpTimeoutMs = ms;
  }

  /** For leak checks: with nobody on the phone, everything but `connections` (kept open by callers) is 0. */
  counts(): { members: number; conferences: number; mediaSessions: number; waits: number } & ReturnType<
    Voice["counts"]
  > &
    ReturnType<LiveKitSip["counts"]> {
    return {
      members: this.#rosters.members.length,
      conferences: this.#rosters.conferences,
      mediaSessions: this.#rosters.mediaSessions,
      waits: this.#waits.size,
      ...this.voice.counts(),
      ...this.livekit.counts(),
    };
  }

  /** Hangs up on nobody: like a server that is switched off. */
  async close(): Promise<void> {
    this.#waits.close();
    await Promise.all([this.api.down(), this.voice.down(), this.livekit.down()]);
    await this.#rosters.close();
  }

  #meeting(id: string): Meeting {
    const meeting = this.meetings.find(id);
    if (meeting === undefined) throw new Error(`${this.name}: no meeting ${id}`);
    return meeting;
  }

  /** For the roster. */
  private joined(member: Member): void {
    const meeting = this.meetings.withVoiceBridge(member.voiceBridge);
    if (meeting !== undefined) this.meetings.started(meeting);
    notify(this.#joinListeners, member);
  }

  private left(member: Member): void {
    notify(this.#leaveListeners, member);
  }

  private typed(member: Member): void {
    notify(this.#digitListeners, member);
  }
}
