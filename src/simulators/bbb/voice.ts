import type { CodecName } from "../../softphone/rtp/g711.js";
import { MediaSession, type SrtpPolicy } from "../../softphone/rtp/media-session.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { SuiteName } from "../../softphone/rtp/srtp.js";
import { inBackground } from "../../softphone/sip/background.js";
import { type IncomingInvite, parseUri, type SipDialog, SipUserAgent } from "../../softphone/sip/index.js";
import type { Clock } from "../../util/clock.js";
import { type CallerIdentity, callerIdentity } from "./caller-identity.js";
import { freeswitchLeg, type LegRules } from "./leg-rules.js";
import { livekitDestination, LiveKitRelay } from "./livekit-relay.js";
import { isRefusedAsAnonymous, SessionRate } from "./node-rules.js";

/** How calls are refused. */
export type VoiceRefusal =
  /** `contact`: target of a 3xx. */
  | { readonly kind: "status"; readonly status: number; readonly reason?: string; readonly contact?: string }
  /** Accepts the INVITE and never answers it; a CANCEL results in 487. */
  | { readonly kind: "no-answer"; readonly ringing: boolean };

export interface VoiceOptions {
  readonly address: string;
  /** TLS; 0 = any. */
  readonly port: number;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly srtp: SrtpPolicy;
  readonly suites?: readonly SuiteName[];
  readonly codecs: readonly CodecName[];
  /** Allowed source addresses, as in the dialplan file that an operator adds to a BBB server. */
  readonly allowed: readonly string[];
  /** Port of livekit-sip on the same server. */
  readonly livekitPort: number;
  readonly clock: Clock;
  readonly pacer: Pacer;
}

/** Whether a member gets silence while the others are silent, as from BBB's FreeSWITCH, or no RTP. */
export type SilencePolicy = "sent" | "suppressed";

/** An admitted and answered call. */
export interface Arrival {
  readonly voiceBridge: string;
  readonly identity: CallerIdentity;
  readonly dialog: SipDialog;
  readonly media: MediaSession;
  readonly silence: SilencePolicy;
  readonly rules: LegRules;
}

const maxInvitesKept = 100;
/** mod_sofia's reason phrase if no session is available. */
const busy = "Maximum Calls In Progress";
/** BBB's echo test. */
const echoTest = "99999";
const destination = /^\d{5,11}$/;

/** The SIP side of a sample BBB server: FreeSWITCH's TLS profile and dialplan, as visible to a gateway. */
export class Voice {
  /** Undefined: calls are accepted. */
  refusal: VoiceRefusal | undefined;
  srtp: SrtpPolicy;
  suites: readonly SuiteName[] | undefined;
  allowed: readonly string[];
  /** BBB's `switch.conf.xml`. */
  sessionsPerSecond = 30;
  /** Whether the server has livekit-sip and the dialplan file that relays calls to it. */
  livekit: "installed" | "none" | "no-dialplan-file" = "none";
  /** Applies to new calls. */
  silence: SilencePolicy = "sent";
  /** The certificate from the next `up()` on. */
  tls: VoiceOptions["tls"];
  /** Called with each answered call. The listener closes its media when the dialog ends. */
  onArrival: (arrival: Arrival) => void = (arrival) => {
    inBackground(arrival.dialog.bye());
    inBackground(arrival.media.close());
  };
  readonly #options: VoiceOptions;
  readonly #rate: SessionRate;
  readonly #livekit: LiveKitRelay;
  readonly #invites: string[] = [];
  readonly #unanswered = new Set<IncomingInvite>();
  #opening = 0;
  #refused = 0;
  #agent: SipUserAgent | undefined;
  #port: number;

  private constructor(options: VoiceOptions) {
    this.#options = options;
    this.#rate = new SessionRate(options.clock);
    this.#livekit = new LiveKitRelay(options);
    this.#port = options.port;
    this.srtp = options.srtp;
    this.suites = options.suites;
    this.allowed = options.allowed;
    this.tls = options.tls;
  }

  /** Rejects if the port is in use. */
  static async listen(options: VoiceOptions): Promise<Voice> {
    const voice = new Voice(options);
    await voice.up();
    return voice;
  }

  /** Unchanged by `down()` and `up()`. */
  get port(): number {
    return this.#port;
  }

  get isUp(): boolean {
    return this.#agent !== undefined;
  }

  /** The last 100 INVITEs as received: they must not contain a caller's number. */
  get invites(): readonly string[] {
    return this.#invites;
  }

  /** Number of refused calls. */
  get refused(): number {
    return this.#refused;
  }

  /** The server is killed: the port is closed, and the calls end without a BYE. */
  async down(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    this.#unanswered.clear();
    await Promise.all([agent?.close(), this.#livekit.down()]);
  }

  /** Listens again on the same port. */
  async up(): Promise<void> {
    if (this.#agent !== undefined) return;
    const { address, clock } = this.#options;
    const { tls } = this;
    const agent = await SipUserAgent.listen({
      listen: [{ transport: "tls", address, port: this.#port }],
      tls,
      userAgent: "FreeSWITCH-mod_sofia (einwahl sample BBB)",
      clock,
    });
    agent.onInvite = (invite) => {
      inBackground(this.#receive(invite));
    };
    this.#agent = agent;
    this.#port = agent.addresses[0]?.port ?? this.#port;
  }

  /** A new certificate, as after certbot's renewal and `rescan`: for new connections; calls in progress are unaffected. */
  renewCertificate(tls: VoiceOptions["tls"]): void {
    this.tls = tls;
    this.#agent?.renewCertificate(tls);
  }

  counts(): {
    connections: number;
    transactions: number;
    dialogs: number;
    unanswered: number;
    opening: number;
    relayed: number;
  } {
    const { connections, transactions, dialogs } = this.#agent?.counts() ?? {
      connections: 0,
      transactions: 0,
      dialogs: 0,
    };
    return {
      connections,
      transactions,
      dialogs,
      unanswered: this.#unanswered.size,
      opening: this.#opening,
      relayed: this.#livekit.calls,
    };
  }

  async #receive(invite: IncomingInvite): Promise<void> {
    this.#invites.push(invite.request.toString());
    if (this.#invites.length > maxInvitesKept) this.#invites.shift();
    if (!this.#mayEnter(invite)) return;
    const terms = {
      codecs: this.#options.codecs,
      srtp: this.srtp,
      ...(this.suites === undefined ? {} : { suites: this.suites }),
    };
    const voiceBridge = parseUri(invite.request.uri)?.user ?? "";
    const room = livekitDestination.exec(voiceBridge)?.[1];
    if (room !== undefined) {
      if (this.livekit === "installed") await this.#livekit.take(invite, terms, room);
      // Order of the dialplan file: first SRTP, then whether LiveKit is installed.
      else if (/^m=audio \d+ RTP\/SAVP/m.test(invite.request.body)) this.#reject(invite, 404, "No LiveKit");
      else this.#reject(invite, 488);
      return;
    }
    const cancelled = { yes: false };
    invite.onCancel = () => {
      cancelled.yes = true;
    };
    this.#opening += 1;
    const { address, clock, pacer } = this.#options;
    const media = await MediaSession.open({ address, clock, pacer }).catch(() => undefined);
    this.#opening -= 1;
    if (media === undefined) {
      this.#reject(invite, 503, "Service Unavailable");
      return;
    }
    const answer = media.answer(invite.request.body, terms);
    if (!answer.ok || cancelled.yes || this.#agent === undefined) {
      if (!answer.ok)
        this.#reject(invite, 488, undefined, [["Warning", `304 ${this.#options.address} "${answer.failure.detail}"`]]);
      await media.close();
      return;
    }
    const dialog = invite.accept(answer.value);
    // Hold, new keys, session timers.
    dialog.onReinvite = (request) => {
      if (request.body === "") return { sdp: media.localSdp };
      const renewed = media.answer(request.body, terms);
      return renewed.ok ? { sdp: renewed.value } : { reject: 488 };
    };
    this.onArrival({
      voiceBridge,
      identity: callerIdentity(invite.request),
      dialog,
      media,
      silence: this.silence,
      rules: freeswitchLeg,
    });
  }

  #mayEnter(invite: IncomingInvite): boolean {
    if (!this.#rate.take(this.sessionsPerSecond)) {
      this.#reject(invite, 503, busy, [["Retry-After", "300"]]);
      return false;
    }
    const refusal = this.refusal;
    if (refusal?.kind === "status") {
      this.#reject(
        invite,
        refusal.status,
        refusal.reason,
        refusal.contact === undefined ? [] : [["Contact", `<${refusal.contact}>`]],
      );
      return false;
    }
    if (refusal?.kind === "no-answer") {
      this.#unanswered.add(invite);
      invite.onCancel = () => {
        this.#unanswered.delete(invite);
      };
      if (refusal.ringing) invite.ring();
      return false;
    }
    const user = parseUri(invite.request.uri)?.user ?? "";
    // `outside_call` of BBB's public.xml matches every call and only sets variables: the dialplan ends there with NORMAL_CLEARING.
    if (!this.allowed.includes(invite.source.address) || !this.#isKnown(user)) {
      this.#reject(invite, 480, "Temporarily Unavailable", [["Reason", 'Q.850;cause=16;text="NORMAL_CLEARING"']]);
      return false;
    }
    if (isRefusedAsAnonymous(callerIdentity(invite.request), invite.request.headers.get("Privacy") ?? "")) {
      this.#reject(invite, 603, "Decline", [["Reason", 'Q.850;cause=21;text="CALL_REJECTED"']]);
      return false;
    }
    return true;
  }

  #isKnown(user: string): boolean {
    return livekitDestination.test(user)
      ? this.livekit !== "no-dialplan-file"
      : destination.test(user) && user !== echoTest;
  }

  #reject(
    invite: IncomingInvite,
    status: number,
    reason?: string,
    headers: readonly (readonly [string, string])[] = [],
  ): void {
    this.#refused += 1;
    invite.reject(status, reason, headers);
  }
}
