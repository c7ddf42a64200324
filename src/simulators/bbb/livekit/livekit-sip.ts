import { MediaSession, type SrtpPolicy } from "../../../softphone/rtp/media-session.js";
import type { Pacer } from "../../../softphone/rtp/pacer.js";
import { inBackground } from "../../../softphone/sip/background.js";
import { type IncomingInvite, SipUserAgent } from "../../../softphone/sip/index.js";
import type { Clock } from "../../../util/clock.js";
import { livekitLeg } from "../leg-rules.js";
import type { Meeting } from "../meetings.js";
import type { Member } from "../member.js";
import type { Roster } from "../roster.js";
import { calledParties } from "./called-parties.js";
import { type LiveKitParticipant, participantOf, shownName } from "./participant.js";
import { metadataOf } from "./room-metadata.js";

export interface LiveKitSettings {
  /** bbb-webrtc-sfu's `livekit.sip.dispatch.options.hidePhoneNumber`; false unless an operator sets it. */
  readonly hidePhoneNumber?: boolean;
  /** `livekit.sip.trunk.options.mediaEncryption`: disable, allow, require; `none` unless an operator sets it. */
  readonly mediaEncryption?: SrtpPolicy;
  /**
   * `no_pin_wait_for_subscribe`, which BBB's build of livekit-sip sets to off: otherwise a caller hears ringing until
   * the room has a microphone or another caller. Default false.
   */
  readonly waitForSubscribe?: boolean;
}

export interface LiveKitSipOptions extends LiveKitSettings {
  readonly address: string;
  /** UDP and TCP port; 0 = any. */
  readonly port: number;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly roster: Roster;
  /** The meeting with a trunk for the number. */
  readonly meetingWith: (number: string) => Meeting | undefined;
}

/** sip_ringing_interval. */
const ringingEveryMs = 1_000;
/** The default ringing timeout of a dispatch rule. */
const ringingMs = 180_000;
const maxInvitesKept = 100;
/** livekit/media-sdk's order; it also has the two with AES-256, which the own SRTP stack lacks. */
const suites = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"] as const;

/** A caller already in the room, whose call is answered when the room has audio. */
interface RingingCall {
  readonly voiceBridge: string;
  readonly identity: string;
  isOver: boolean;
  lookAgain: () => void;
}

/** livekit-sip and its rooms as visible to a caller, modelled on its sources (pkg/sip/inbound.go) and on test runs. */
export class LiveKitSip {
  hidePhoneNumber: boolean;
  mediaEncryption: SrtpPolicy;
  waitForSubscribe: boolean;
  /** Whether BBB has created trunk and rule of its meetings, which takes a moment after their start. */
  hasRules = true;
  readonly #options: LiveKitSipOptions;
  readonly #invites: string[] = [];
  readonly #participants = new Map<Member, LiveKitParticipant>();
  /** Voice bridges of rooms in which a web participant has published a microphone. */
  readonly #microphones = new Set<string>();
  readonly #ringing = new Set<RingingCall>();
  #calls = 0;
  #opening = 0;
  #agent: SipUserAgent | undefined;
  #port: number;

  private constructor(options: LiveKitSipOptions) {
    this.#options = options;
    this.#port = options.port;
    this.hidePhoneNumber = options.hidePhoneNumber ?? false;
    this.mediaEncryption = options.mediaEncryption ?? "none";
    this.waitForSubscribe = options.waitForSubscribe ?? false;
  }

  /** Rejects if the port is in use. */
  static async listen(options: LiveKitSipOptions): Promise<LiveKitSip> {
    const livekit = new LiveKitSip(options);
    await livekit.up();
    return livekit;
  }

  /** UDP and TCP port; unchanged by `down()` and `up()`. */
  get port(): number {
    return this.#port;
  }

  /** The last 100 INVITEs as received: LiveKit logs From, To and Call-ID of each. */
  get invites(): readonly string[] {
    return this.#invites;
  }

  /** The callers in a room, as in LiveKit's API. */
  participants(voiceBridge: string): readonly LiveKitParticipant[] {
    return this.#options.roster.membersOf(voiceBridge).flatMap((member) => this.#participants.get(member) ?? []);
  }

  /** A web participant publishes a microphone: with `waitForSubscribe` this answers the ringing callers. */
  openMicrophone(voiceBridge: string): void {
    this.#microphones.add(voiceBridge);
    this.#lookAgain();
  }

  /** The room is deleted; the roster hangs up its callers. */
  forget(voiceBridge: string): void {
    this.#microphones.delete(voiceBridge);
    this.#lookAgain();
  }

  /** RemoveParticipant. */
  async remove(identity: string): Promise<void> {
    for (const [member, participant] of this.#participants)
      if (participant.identity === identity) await this.#options.roster.remove(member);
  }

  /** The program is killed: the port is closed, and the calls end without a BYE. */
  async down(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    this.#lookAgain();
    await agent?.close();
  }

  /** Restarts on the same port with the rooms unchanged. */
  async up(): Promise<void> {
    if (this.#agent !== undefined) return;
    const { agent, port } = await listenOnBoth(this.#options, this.#port);
    agent.onInvite = (invite) => {
      inBackground(this.#receive(agent, invite));
    };
    this.#agent = agent;
    this.#port = port;
  }

  /** Moves to another port. */
  async moveTo(port: number): Promise<void> {
    await this.down();
    this.#port = port;
    await this.up();
  }

  counts(): { livekitTransactions: number; livekitDialogs: number; livekitRinging: number; livekitOpening: number } {
    const { transactions, dialogs } = this.#agent?.counts() ?? { transactions: 0, dialogs: 0 };
    return {
      livekitTransactions: transactions,
      livekitDialogs: dialogs,
      livekitRinging: this.#ringing.size,
      livekitOpening: this.#opening,
    };
  }

  async #receive(agent: SipUserAgent, invite: IncomingInvite): Promise<void> {
    const { address, clock, pacer, roster, meetingWith } = this.#options;
    this.#invites.push(invite.request.toString());
    if (this.#invites.length > maxInvitesKept) this.#invites.shift();
    invite.ring();
    const parties = calledParties(invite.request);
    const meeting = meetingWith(parties.toUser);
    // Without a trunk and a rule nothing follows the 180, not even a response to CANCEL.
    if (meeting?.audioBridge !== "livekit" || !this.hasRules) {
      invite.drop();
      return;
    }
    this.#opening += 1;
    const media = await MediaSession.open({ address, clock, pacer }).catch(() => undefined);
    this.#opening -= 1;
    if (media === undefined) {
      invite.reject(500);
      return;
    }
    const answer = media.answer(invite.request.body, {
      codecs: ["PCMU", "PCMA"],
      srtp: this.mediaEncryption,
      suites: suites,
      manner: "livekit",
    });
    if (!answer.ok) {
      invite.reject(400);
      await media.close();
      return;
    }
    this.#calls += 1;
    const participant = participantOf(
      {
        ...parties,
        callId: `SCL_${this.#calls}`,
        trunkId: `ST_${meeting.voiceBridge}`,
        ruleId: `SDR_${meeting.voiceBridge}`,
      },
      this,
      metadataOf(meeting),
    );
    await this.#replace(meeting.voiceBridge, participant.identity);
    if (!(await this.#ring(agent, invite, { voiceBridge: meeting.voiceBridge, identity: participant.identity }))) {
      await media.close();
      return;
    }
    const dialog = invite.accept(answer.value);
    roster.enter(
      {
        voiceBridge: meeting.voiceBridge,
        identity: { name: shownName(participant), number: participant.identity },
        dialog,
        media,
        silence: "sent",
        rules: livekitLeg,
      },
      (member) => {
        this.#participants.set(member, participant);
        inBackground(
          dialog.ended.then(() => {
            this.#participants.delete(member);
          }),
        );
      },
    );
    this.#lookAgain();
  }

  /** DUPLICATE_IDENTITY: a joining participant removes an existing one with the same identity. */
  async #replace(voiceBridge: string, identity: string): Promise<void> {
    for (const call of this.#ringing)
      if (call.voiceBridge === voiceBridge && call.identity === identity) call.isOver = true;
    this.#lookAgain();
    for (const member of this.#options.roster.membersOf(voiceBridge)) {
      if (this.#participants.get(member)?.identity === identity) await this.#options.roster.remove(member);
    }
  }

  /** Rings until the call may be answered; false if the call ends before. */
  async #ring(
    agent: SipUserAgent,
    invite: IncomingInvite,
    { voiceBridge, identity }: Pick<RingingCall, "voiceBridge" | "identity">,
  ): Promise<boolean> {
    const { clock, roster, meetingWith } = this.#options;
    const call: RingingCall = { voiceBridge, identity, isOver: false, lookAgain: () => undefined };
    const cancelled = { yes: false };
    invite.onCancel = () => {
      cancelled.yes = true;
      call.lookAgain();
    };
    this.#ringing.add(call);
    this.#lookAgain();
    const isGone = (): boolean => cancelled.yes || this.#agent !== agent;
    const deadline = clock.now() + ringingMs;
    let isHeard = false;
    while (!call.isOver && !isGone() && clock.now() < deadline && meetingWith(voiceBridge) !== undefined) {
      const others = [...this.#ringing].some((other) => other !== call && other.voiceBridge === voiceBridge);
      isHeard =
        !this.waitForSubscribe ||
        this.#microphones.has(voiceBridge) ||
        roster.membersOf(voiceBridge).length > 0 ||
        others;
      if (isHeard) break;
      await this.#nextLook(call);
      if (!isGone()) invite.ring();
    }
    this.#ringing.delete(call);
    if (!isHeard && !isGone()) invite.reject(486, "Rejected");
    return isHeard;
  }

  #nextLook(call: RingingCall): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#options.clock.after(ringingEveryMs, () => {
        call.lookAgain();
      });
      call.lookAgain = () => {
        stop();
        call.lookAgain = () => undefined;
        resolve();
      };
    });
  }

  #lookAgain(): void {
    for (const call of [...this.#ringing]) call.lookAgain();
  }
}

const portTries = 10;

/** Finds one port for UDP and TCP: the port chosen for the first may be in use for the second. */
async function listenOnBoth(
  { address, clock }: LiveKitSipOptions,
  wanted: number,
): Promise<{ readonly agent: SipUserAgent; readonly port: number }> {
  for (let attempt = 1; ; attempt++) {
    const common = { userAgent: "LiveKit", clock };
    let port = wanted;
    if (port === 0) {
      const probe = await SipUserAgent.listen({ ...common, listen: [{ transport: "tcp", address, port }] });
      port = probe.addresses[0]?.port ?? 0;
      await probe.close();
    }
    try {
      return {
        agent: await SipUserAgent.listen({
          ...common,
          listen: [
            { transport: "udp", address, port },
            { transport: "tcp", address, port },
          ],
        }),
        port,
      };
    } catch (error) {
      if (wanted !== 0 || attempt === portTries) throw error;
    }
  }
}
