import { type Clock, systemClock } from "../util/clock.js";
import { type Result, success } from "../util/result.js";
import { CallAudio } from "./call-audio.js";
import { PendingWaits } from "./pending-waits.js";
import { PhoneCall } from "./phone-call.js";
import type { CodecName } from "./rtp/g711.js";
import { type MediaProfile, MediaSession, type NegotiationFailure, type SrtpPolicy } from "./rtp/media-session.js";
import { Pacer } from "./rtp/pacer.js";
import type { WireTap } from "./rtp/rtp-socket.js";
import type { SuiteName } from "./rtp/srtp.js";
import { inBackground } from "./sip/background.js";
import {
  type Credentials,
  type HeaderList,
  type SipAddress,
  type SipTimers,
  SipUserAgent,
  type TlsOptions,
  type Transport,
} from "./sip/index.js";

export interface TestPhoneOptions {
  /** Transport of its calls. */
  readonly transport: Transport;
  /** Source address of audio, and of signalling over UDP; default 127.0.0.1. */
  readonly localAddress?: string;
  /** UDP only; default: chosen by the system. */
  readonly localPort?: number;
  readonly tls?: TlsOptions;
  /** User-Agent header. */
  readonly userAgent?: string;
  readonly timers?: Partial<SipTimers>;
  readonly clock?: Clock;
  readonly pacer?: Pacer;
  /** Length of the recording kept per call; default 120,000 ms. */
  readonly maxRecordingMs?: number;
  /** Receives each RTP datagram as on the wire. */
  readonly onWire?: WireTap;
}

export interface DialOptions {
  /** Request-URI, for example `sip:+493012345@127.0.0.1:5061;transport=tls`. */
  readonly uri: string;
  /** User part of From. */
  readonly number: string;
  /** Display name of From. */
  readonly display?: string;
  /** Host of From; default: the local address. */
  readonly fromHost?: string;
  /** To header; default the Request-URI. */
  readonly to?: string;
  /** Additional headers, for example Privacy or P-Asserted-Identity; From or To replaces the generated one. */
  readonly headers?: HeaderList;
  /** Default mandatory. */
  readonly srtp?: SrtpPolicy;
  /** In the order of the offer; default all. */
  readonly suites?: readonly SuiteName[];
  /** Default PCMA, PCMU. */
  readonly codecs?: readonly CodecName[];
  /** Default SAVP when SRTP is mandatory, else AVP. */
  readonly profile?: MediaProfile;
  /** Next hop of the INVITE, overrides the URI. */
  readonly nextHop?: SipAddress;
  readonly auth?: Credentials;
  /** Changes each offer before it is sent, re-INVITEs included. */
  readonly rewriteOffer?: (sdp: string) => string;
  /**
   * The INVITE has no SDP; the offer in the 200 is answered in the ACK according to `srtp`, `suites` and `codecs`. An
   * unacceptable offer ends the call with 606.
   */
  readonly lateOffer?: boolean;
  /** With `lateOffer`: changes the answer before it is sent; "" sends an ACK without SDP. */
  readonly rewriteAnswer?: (sdp: string) => string;
}

const defaultCodecs: readonly CodecName[] = ["PCMA", "PCMU"];
const goodbyeMs = 2000;
const defaultRecordingMs = 120_000;

/** An automated SIP softphone: makes calls, sends tones and digits, analyses received audio. Accepts no calls. */
export class TestPhone {
  readonly #options: TestPhoneOptions;
  readonly #agent: SipUserAgent;
  readonly #clock: Clock;
  readonly #pacer: Pacer;
  readonly #calls = new Set<PhoneCall>();
  readonly #goodbyes: PendingWaits;

  private constructor(options: TestPhoneOptions, agent: SipUserAgent, clock: Clock) {
    this.#options = options;
    this.#agent = agent;
    this.#clock = clock;
    this.#pacer = options.pacer ?? new Pacer(clock);
    this.#goodbyes = new PendingWaits(clock);
  }

  /** Rejects if the port is in use or the address is not local. */
  static async open(options: TestPhoneOptions): Promise<TestPhone> {
    const clock = options.clock ?? systemClock;
    const { transport, tls, timers } = options;
    const agent = await SipUserAgent.listen({
      // Over TCP and TLS the peer sends responses and requests on the connection that we opened.
      listen:
        transport === "udp"
          ? [{ transport, address: options.localAddress ?? "127.0.0.1", port: options.localPort ?? 0 }]
          : [],
      userAgent: options.userAgent ?? "einwahl test phone",
      clock,
      ...(tls === undefined ? {} : { tls }),
      ...(timers === undefined ? {} : { timers }),
    });
    return new TestPhone(options, agent, clock);
  }

  /** Local addresses; empty for TCP and TLS. */
  get addresses(): readonly SipAddress[] {
    return this.#agent.addresses;
  }

  /** Starts a call. Resolves when the INVITE is being sent; rejects if no RTP port is free. */
  async dial(options: DialOptions): Promise<PhoneCall> {
    const address = this.#options.localAddress ?? "127.0.0.1";
    const { onWire } = this.#options;
    const media = await MediaSession.open({
      address,
      clock: this.#clock,
      pacer: this.#pacer,
      ...(onWire !== undefined && { onWire }),
    });
    const waits = new PendingWaits(this.#clock);
    const audio = new CallAudio(media, {
      pacer: this.#pacer,
      waits,
      maxRecordingMs: this.#options.maxRecordingMs ?? defaultRecordingMs,
    });
    const offer = (): string => {
      const { srtp = "mandatory", codecs = defaultCodecs, suites, profile } = options;
      return media.offer({
        codecs,
        srtp,
        ...(suites === undefined ? {} : { suites }),
        ...(profile === undefined ? {} : { profile }),
      });
    };
    const { uri, number, display, fromHost, to, headers = [], nextHop, auth } = options;
    const invite = this.#agent.invite({
      uri,
      from: {
        user: number,
        ...(display === undefined ? {} : { displayName: display }),
        ...(fromHost === undefined ? {} : { host: fromHost }),
      },
      headers: to === undefined ? headers : [["To", to], ...headers],
      ...(options.lateOffer === true
        ? { answerOffer: (sdp) => answerLate(media, options, sdp) }
        : { sdp: rewritten(offer(), options.rewriteOffer) }),
      ...(nextHop === undefined ? {} : { nextHop }),
      ...(auth === undefined ? {} : { auth }),
    });
    let renewals = 0;
    const call = new PhoneCall({
      invite,
      lateOffer: options.lateOffer === true,
      media,
      audio,
      waits,
      clock: this.#clock,
      offer: (direction) => {
        renewals += 1;
        return rewritten(withDirection(offer(), direction, renewals), options.rewriteOffer);
      },
    });
    this.#calls.add(call);
    const forget = (): void => {
      this.#calls.delete(call);
    };
    call.ended.then(forget, forget);
    return call;
  }

  /** For leak checks; all 0 when every call is over, except `connections`, which stay until idle. */
  counts(): { calls: number; connections: number; transactions: number; dialogs: number; speaking: number } {
    const { connections, transactions, dialogs } = this.#agent.counts();
    return { calls: this.#calls.size, connections, transactions, dialogs, speaking: this.#pacer.listeners };
  }

  /** Hangs up all calls, waits up to 2 s for the responses, and closes all sockets. */
  async close(): Promise<void> {
    const calls = [...this.#calls];
    for (const call of calls) inBackground(call.hangUp());
    await this.#goodbyes.until<unknown>(goodbyeMs, (found) => {
      inBackground(Promise.all(calls.map((call) => call.ended)).then(found));
      return () => undefined;
    });
    await this.#agent.close();
    await Promise.all(calls.map((call) => call.ended));
  }

  /** Simulates a power loss: closes the sockets without BYE. */
  async vanish(): Promise<void> {
    const calls = [...this.#calls];
    await this.#agent.close();
    await Promise.all(calls.map((call) => call.ended));
  }
}

function rewritten(sdp: string, rewrite: ((sdp: string) => string) | undefined): string {
  return rewrite?.(sdp) ?? sdp;
}

function answerLate(media: MediaSession, options: DialOptions, offer: string): Result<string, NegotiationFailure> {
  const { srtp = "mandatory", codecs = defaultCodecs, suites } = options;
  const answer = media.answer(offer, { codecs, srtp, ...(suites === undefined ? {} : { suites }) });
  return answer.ok ? success(rewritten(answer.value, options.rewriteAnswer)) : answer;
}

/** The offer with another direction and a version in `o=` that increases with each renewal (RFC 3264 section 8). */
function withDirection(sdp: string, direction: string, renewals: number): string {
  return sdp
    .replace(/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m, `a=${direction}\r`)
    .replace(/^(o=\S+ \S+ )(\d+)/m, (_line, start: string, version: string) => `${start}${Number(version) + renewals}`);
}
