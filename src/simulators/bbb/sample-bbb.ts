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
 * One BBB server for demo and tests: its API, and the phone side of its audio conferences. Not for production: no web clients
 * (`playTone` simulates one with a microphone), and codecs are G.711 only.
 */
export class SampleBbb {
  readonly name: string;
  /** The HTTP side; its fields simulate failures. */
  readonly api: SampleApi;
  /** The SIP side; its fields simulate refusals. */
  readonly voice: Voice;
  /** livekit-sip and the callers in its rooms; its fields are operator settings. */
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

  /** Rejects if a port is in use or the certificate is unusable. */
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

  /** The SIP URI of a conference of this server. */
  sipUri(voiceBridge: string): string {
    return `sip:${voiceBridge}@${this.#address}:${this.sipPort};transport=tls`;
  }

  /** Throws if BBB refuses; use `meetings.create` or the API to test refusals. */
  createMeeting(settings: MeetingSettings): Meeting {
    const created = this.meetings.create(settings);
    if (!created.ok) throw new Error(`${this.name}: ${created.failure.messageKey}: ${created.failure.message}`);
    return created.value.meeting;
  }

  /** Ends a meeting and its breakout rooms with a BYE to all callers. Resolves when all are gone. */
  async endMeeting(id: string): Promise<void> {
    await Promise.all(
      this.meetings.end(id).map(async ({ voiceBridge }) => {
        this.livekit.forget(voiceBridge);
        await this.#rosters.end(voiceBridge);
      }),
    );
  }

  /** A web user joins: the meeting is running from now on. */
  joinWeb(id: string, fullName: string, moderator = false): void {
    const meeting = this.#meeting(id);
    this.meetings.joinedWeb(meeting, { fullName, moderator }, this.members(meeting.voiceBridge).length);
  }

  /** A web user leaves; the meeting stays. */
  leaveWeb(id: string, fullName: string): void {
    this.meetings.leftWeb(this.#meeting(id), fullName, this.members(this.#meeting(id).voiceBridge).length);
  }

  /** The members of one conference, or of all. */
  members(voiceBridge?: string): MemberInfo[] {
    const members =
      voiceBridge === undefined ? this.#rosters.members : this.#rosters.of(voiceBridge).membersOf(voiceBridge);
    return members.map((member) => member.info);
  }

  member(memberId: string): MemberInfo | undefined {
    return this.#rosters.with(memberId)?.member.info;
  }

  /** Conferences with callers but without a meeting: FreeSWITCH creates one for any number. */
  adHocConferences(): string[] {
    return this.#rosters.adHoc();
  }

  /** A moderator removes a caller. With `ban`, as BBB does, the same number is removed again on return. */
  async kick(memberId: string, { ban = false }: { ban?: boolean } = {}): Promise<void> {
    const found = this.#rosters.with(memberId);
    if (found === undefined) return;
    const { roster, member } = found;
    if (ban) roster.conference(member.voiceBridge).banned.add(member.identity.number);
    await roster.remove(member);
  }

  /** `uuid_hold toggle` or `uuid_hold off` for a member's leg; false without a response. */
  async hold(memberId: string, isOn: boolean): Promise<boolean> {
    return (await this.#rosters.with(memberId)?.member.hold(isOn)) ?? false;
  }

  /** Only FreeSWITCH is stopped, as by an update: BYE to all members, and no SIP port until `voice.up()`. */
  async stopFreeswitch(): Promise<void> {
    await this.#rosters.freeswitch.stop();
    await this.voice.down();
  }

  /** A web user sends a tone. Several tones are mixed. @param level amplitude, 0 to 1 */
  playTone(voiceBridge: string, hz: number, level = 0.2): void {
    this.livekit.openMicrophone(voiceBridge);
    this.#rosters.of(voiceBridge).playTone(voiceBridge, hz, level);
  }

  /** Without a frequency: stops all tones. */
  stopTone(voiceBridge: string, hz?: number): void {
    this.#rosters.of(voiceBridge).stopTone(voiceBridge, hz);
  }

  /** The candidates audible from a member now, loudest first. Candidates must be at least 150 Hz apart. */
  heard(memberId: string, candidates: readonly number[]): HeardTone[] {
    return this.#rosters.with(memberId)?.member.ear.tones(candidates) ?? [];
  }

  /** Calls `listener` with each frame of a member's audio as mixed into the conference. Returns an unsubscribe function. */
  listen(memberId: string, listener: (pcm: Int16Array) => void): () => void {
    const listeners = this.#rosters.with(memberId)?.member.frameListeners;
    listeners?.add(listener);
    return () => {
      listeners?.delete(listener);
    };
  }

  /** The DTMF digits of a member, caller controls included. */
  digits(memberId: string): string {
    return this.member(memberId)?.digits ?? "";
  }

  /**
   * Waits until a member has sent a tone for 300 ms; undefined on timeout.
   *
   * @param target a member, or a voice bridge for any present or future member of it
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

  /** The first member (of that name) in a conference, present or future; undefined on timeout. */
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

  /** The next member in the conference of `one`, present or future, under another id; undefined on timeout. */
  waitForOther(one: Pick<MemberInfo, "memberId" | "voiceBridge">, timeoutMs: number): Promise<MemberInfo | undefined> {
    const isOther = ({ memberId, voiceBridge }: MemberInfo): boolean =>
      voiceBridge === one.voiceBridge && memberId !== one.memberId;
    return this.#waits.until(timeoutMs, (found) => {
      for (const present of this.members(one.voiceBridge).filter(isOther).slice(0, 1)) found(present);
      return this.onJoin((member) => {
        if (isOther(member)) found(member);
      });
    });
  }

  /** True once the member has left; undefined on timeout. */
  waitForLeave(memberId: string, timeoutMs: number): Promise<true | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      if (this.member(memberId) === undefined) found(true);
      return this.onLeave((member) => {
        if (member.memberId === memberId) found(true);
      });
    });
  }

  /** Resolves with all digits of the member once they end with these; undefined on timeout. */
  waitForDigits(memberId: string, digits: string, timeoutMs: number): Promise<string | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      if (this.digits(memberId).endsWith(digits)) found(this.digits(memberId));
      return this.onDigits((member) => {
        if (member.memberId === memberId && member.digits.endsWith(digits)) found(member.digits);
      });
    });
  }

  /** Returns an unsubscribe function, like those below. */
  onJoin(listener: MemberListener): () => void {
    return subscribe(this.#joinListeners, listener);
  }

  onLeave(listener: MemberListener): () => void {
    return subscribe(this.#leaveListeners, listener);
  }

  onDigits(listener: MemberListener): () => void {
    return subscribe(this.#digitListeners, listener);
  }

  /** RTP timeout of members of a FreeSWITCH conference in ms; default 300,000, as in BBB. */
  set rtpTimeoutMs(ms: number) {
    this.#rosters.freeswitch.rtpTimeoutMs = ms;
  }

  /** For leak checks: without callers, all but `connections` (kept open by callers) are 0. */
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

  /** Sends no BYE, like a server that is switched off. */
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
