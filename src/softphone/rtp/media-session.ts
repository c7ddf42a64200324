import { randomBytes } from "node:crypto";
import type { RemoteInfo } from "node:dgram";

import { type Clock, systemClock } from "../../util/clock.js";
import { failure, type Result, success } from "../../util/result.js";
import { DigitReceiver } from "./dtmf.js";
import { Frames } from "./frames.js";
import { type CodecName, decodeG711, encodeG711, payloadTypes } from "./g711.js";
import type { MediaStats } from "./media-stats.js";
import {
  answerDirection,
  type AnswerOptions,
  chooseFromOffer,
  type ChosenMedia,
  type OfferedMedia,
  type OfferOptions,
  readAnswer,
  remoteListens,
} from "./negotiation.js";
import { Pacer } from "./pacer.js";
import { RtpReceiver } from "./rtp-receiver.js";
import { RtpSender } from "./rtp-sender.js";
import { RtpSocket, type WireTap } from "./rtp-socket.js";
import { type CryptoLine, makeCryptoLine } from "./sdes.js";
import {
  type Direction,
  type LocalMedia,
  type NegotiationFailure,
  offeredTelephoneEvent,
  parseRemoteSdp,
  type RemoteMedia,
  writeSdp,
} from "./sdp.js";
import { allSuites, knownSuites, SrtpReceiver, SrtpSender, type SuiteName } from "./srtp.js";

export type { CodecName } from "./g711.js";
export type { AnswerOptions, OfferOptions, SrtpPolicy } from "./negotiation.js";
export type { MediaStats } from "./media-stats.js";
export type { MediaProfile, NegotiationFailure } from "./sdp.js";

export interface MediaSessionOptions {
  /** IPv4 address to bind. */
  readonly address: string;
  /** 0 or absent: the system chooses. */
  readonly port?: number;
  readonly portRange?: readonly [number, number];
  /** Written into the SDP instead of `address`. */
  readonly advertisedAddress?: string;
  readonly random?: (bytes: number) => Buffer;
  readonly clock?: Clock;
  /** Paces outgoing digits; share one among sessions. */
  readonly pacer?: Pacer;
  /** Called with each datagram as on the wire. Must not throw. */
  readonly onWire?: WireTap;
}

const digitMs = 160;

/** One audio stream of a call: RTP or SRTP over one UDP port, negotiated by offer and answer (RFC 3264). */
export class MediaSession {
  #socket: RtpSocket;
  readonly #bindAddress: string;
  readonly #address: string;
  readonly #random: (bytes: number) => Buffer;
  readonly #pacer: Pacer;
  readonly #sender: RtpSender;
  readonly #receiver: RtpReceiver;
  readonly #digits: DigitReceiver;
  readonly #sessionId: number;
  readonly #onWire: WireTap | undefined;
  #version: number;
  #localSdp = "";
  #remoteSdp = "";
  #pending: OfferedMedia | undefined;
  #chosen: ChosenMedia | undefined;
  #localCrypto: CryptoLine | undefined;
  #direction: Direction = "sendrecv";
  #flow: Direction = "sendrecv";
  #stopDigits: (() => void) | undefined;
  readonly #frames = new Frames();
  #closed = false;

  /** Called with each decoded frame of 160 samples (20 ms, 8 kHz mono). Must not throw. */
  onFrame: ((pcm: Int16Array) => void) | undefined;
  /** Called with each received audio payload, for a relay without decoding. Must not throw. */
  onPayload: ((payload: Uint8Array, codec: CodecName) => void) | undefined;
  /** Called once per digit, at its end (RFC 4733). Must not throw. */
  onDigit: (digit: string, durationMs: number) => void = () => undefined;

  private constructor(socket: RtpSocket, o: MediaSessionOptions) {
    const clock = o.clock ?? systemClock;
    this.#socket = socket;
    this.#bindAddress = o.address;
    this.#address = o.advertisedAddress ?? o.address;
    this.#random = o.random ?? randomBytes;
    this.#pacer = o.pacer ?? new Pacer(clock);
    this.#receiver = new RtpReceiver(clock);
    this.#sender = new RtpSender({
      clock,
      random: this.#random,
      transmit: (packet) => {
        this.#transmit(packet);
      },
    });
    this.#digits = new DigitReceiver((digit, durationMs) => {
      this.onDigit(digit, durationMs);
    });
    this.#onWire = o.onWire;
    this.#sessionId = this.#random(4).readUInt32BE(0);
    this.#version = this.#sessionId;
    this.#listen();
  }

  /** Rejects if no port is free or the address is not ours. */
  static async open(o: MediaSessionOptions): Promise<MediaSession> {
    const random = o.random ?? randomBytes;
    const socket = await RtpSocket.open({
      address: o.address,
      random,
      ...(o.port === undefined ? {} : { port: o.port }),
      ...(o.portRange === undefined ? {} : { portRange: o.portRange }),
    });
    return new MediaSession(socket, o);
  }

  /** Binds another port, announced by the next offer or answer. Packets to the old port are lost. */
  async move(): Promise<void> {
    const old = this.#socket;
    this.#socket = await RtpSocket.open({ address: this.#bindAddress, random: this.#random });
    this.#listen();
    await old.close();
  }

  get port(): number {
    return this.#socket.port;
  }
  get localAddress(): string {
    return this.#address;
  }
  /** Our last SDP, "" before the first. */
  get localSdp(): string {
    return this.#localSdp;
  }
  get remoteSdp(): string {
    return this.#remoteSdp;
  }
  /** The codec of sent audio; undefined before the negotiation. */
  get codec(): CodecName | undefined {
    return this.#chosen?.codec.name;
  }
  get payloadType(): number | undefined {
    return this.#chosen?.codec.payloadType;
  }
  get telephoneEvent(): number | undefined {
    return this.#chosen?.media.telephoneEvent;
  }
  /** Undefined: plain RTP, or not negotiated. */
  get suite(): SuiteName | undefined {
    return this.#chosen?.crypto?.suite;
  }
  get hasCrypto(): boolean {
    return this.#chosen?.crypto !== undefined;
  }
  /** From the peer's SDP, not from received packets. */
  get remoteAddress(): string | undefined {
    return this.#chosen?.media.address;
  }
  get remotePort(): number | undefined {
    return this.#chosen?.media.port;
  }
  get direction(): Direction {
    return this.#direction;
  }

  /** Creates an offer. The session state changes only with `accept`. */
  offer(o: OfferOptions): string {
    const suites = o.srtp === "none" ? [] : (o.suites ?? allSuites);
    const crypto = suites.map((suite, i) => makeCryptoLine(i + 1, suite, this.#random));
    this.#pending = { codecs: o.codecs, srtp: o.srtp, crypto };
    const profile = o.profile ?? (o.srtp === "mandatory" ? "RTP/SAVP" : "RTP/AVP");
    this.#localSdp = this.#write({
      profile: profile === "both" ? "RTP/SAVP" : profile,
      codecs: o.codecs.map((name) => ({ name, payloadType: payloadTypes[name] })),
      telephoneEvent: offeredTelephoneEvent,
      crypto,
      direction: o.direction ?? "sendrecv",
      plainToo: profile === "both",
    });
    return this.#localSdp;
  }

  /**
   * Offers the current state again with the same key and another direction: a hold, and its end.
   *
   * @param takes codecs that are acceptable in the answer, besides the current one
   */
  renew(direction: Direction, takes: readonly CodecName[] = []): string {
    const crypto = this.#localCrypto === undefined ? [] : [this.#localCrypto];
    const codecs = this.#chosen === undefined ? [] : [this.#chosen.codec];
    this.#pending = {
      codecs: [...codecs.map(({ name }) => name), ...takes],
      srtp: crypto.length > 0 ? "mandatory" : "none",
      crypto,
    };
    this.#localSdp = this.#write({
      profile: crypto.length > 0 ? "RTP/SAVP" : "RTP/AVP",
      codecs,
      telephoneEvent: this.telephoneEvent,
      crypto,
      direction,
      plainToo: false,
    });
    return this.#localSdp;
  }

  /** Completes our offer. A failure leaves the session unchanged. @param flow recvonly and inactive suppress sending, whatever the answer says */
  accept(answerSdp: string, flow: Direction = "sendrecv"): Result<void, NegotiationFailure> {
    const pending = this.#pending;
    if (pending === undefined) return failure({ kind: "badState", detail: "an answer without an offer" });
    const lines = parseRemoteSdp(answerSdp);
    if (!lines.ok) return lines;
    const read = readAnswer(lines.value, pending);
    if (!read.ok) return read;
    this.#pending = undefined;
    this.#direction = answerDirection(read.value.media.direction);
    this.#flow = flow;
    this.#apply(answerSdp, read.value, read.value.local);
    return success(undefined);
  }

  /** Answers an initial or renewed offer and starts. A failure (respond with 488) leaves the session unchanged. */
  answer(offerSdp: string, o: AnswerOptions): Result<string, NegotiationFailure> {
    const lines = parseRemoteSdp(offerSdp);
    if (!lines.ok) return lines;
    const chosen = chooseFromOffer(lines.value, o, o.suites ?? allSuites);
    if (!chosen.ok) return chosen;
    const { media, codec, crypto } = chosen.value;
    // A renewal with an unchanged peer key (session timer, hold) keeps our key and both rollover counters.
    const local =
      crypto === undefined
        ? undefined
        : this.#keepsKey(crypto) && o.newKey !== true
          ? this.#localCrypto
          : makeCryptoLine(crypto.tag, crypto.suite, this.#random);
    this.#pending = undefined;
    this.#direction = answerDirection(media.direction);
    this.#flow = "sendrecv";
    this.#apply(offerSdp, chosen.value, local);
    this.#localSdp = this.#write(
      {
        profile: local === undefined ? "RTP/AVP" : "RTP/SAVP",
        codecs: [codec],
        telephoneEvent: media.telephoneEvent,
        crypto: local === undefined ? [] : [local],
        direction: this.#direction,
        plainToo: false,
      },
      media.index,
      lines.value.filter((line) => line.index !== media.index),
    );
    return success(this.#localSdp);
  }

  /** Sends one frame of 20 ms; the caller paces. Dropped before the negotiation, on hold, or while a digit is sent. */
  send(pcm: Int16Array): void {
    const codec = this.#chosen?.codec;
    if (codec === undefined || !this.#mayTransmit()) return;
    this.#sender.audio(codec.payloadType, encodeG711(codec.name, pcm));
  }

  /** Sends an encoded frame; re-encodes it if the codecs differ. */
  sendPayload(payload: Uint8Array, codec: CodecName): void {
    const own = this.#chosen?.codec;
    if (own === undefined || !this.#mayTransmit()) return;
    this.#sender.audio(
      own.payloadType,
      own.name === codec ? payload : encodeG711(own.name, decodeG711(codec, payload)),
    );
  }

  /** @param durationMs 40 to 8000. Resolves when the digit is sent, false if the peer does not support RFC 4733 or the session ends before. */
  sendDigit(digit: string, durationMs = digitMs): Promise<boolean> {
    const payloadType = this.telephoneEvent;
    if (payloadType === undefined || this.#closed) return Promise.resolve(false);
    const sent = this.#sender.digit(digit.toUpperCase(), durationMs);
    this.#stopDigits ??= this.#pacer.every(() => {
      if (this.#sender.digitsPending) this.#sender.digitTick(payloadType);
      if (this.#sender.digitsPending) return;
      this.#stopDigits?.();
      this.#stopDigits = undefined;
    });
    return sent;
  }

  stats(): MediaStats {
    const { lost, jitterMs, longestGapMs } = this.#receiver.reception;
    return {
      packetsIn: this.#receiver.packets,
      packetsOut: this.#sender.packets,
      rejected: this.#receiver.rejected,
      lost,
      jitterMs,
      longestGapMs,
      lastPacketAt: this.#receiver.lastPacketAt,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#receiver.started = false;
    this.#stopDigits?.();
    this.#stopDigits = undefined;
    this.#sender.dropDigits();
    await this.#socket.close();
  }

  #listen(): void {
    this.#socket.onPacket((packet, from) => {
      this.#onPacket(packet, from);
    });
  }

  #keepsKey(remote: CryptoLine): boolean {
    const before = this.#chosen?.crypto;
    return before !== undefined && this.#localCrypto?.tag === remote.tag && sameKey(before, remote);
  }

  #apply(remoteSdp: string, chosen: ChosenMedia, local: CryptoLine | undefined): void {
    const before = this.#chosen;
    const remote = chosen.crypto;
    if (remote === undefined || local === undefined) {
      this.#sender.srtp = undefined;
      this.#receiver.srtp = undefined;
    } else {
      const suite = knownSuites[remote.suite];
      if (this.#localCrypto === undefined || !sameKey(this.#localCrypto, local))
        this.#sender.srtp = SrtpSender.fromMaster(suite, local.master);
      if (before?.crypto === undefined || !sameKey(before.crypto, remote))
        this.#receiver.srtp = SrtpReceiver.fromMaster(suite, remote.master, remote.mki);
    }
    if (before?.media.address !== chosen.media.address || before.media.port !== chosen.media.port)
      this.#receiver.forgetSource();
    this.#localCrypto = local;
    this.#chosen = chosen;
    this.#remoteSdp = remoteSdp;
    this.#receiver.started = !this.#closed;
  }

  /** The version in o= increases only if the SDP changed (RFC 3264 section 8). */
  #write(
    media: Omit<LocalMedia, "address" | "port" | "sessionId" | "sessionVersion">,
    at = 0,
    refused: readonly RemoteMedia[] = [],
  ): string {
    const compose = (): string =>
      writeSdp(
        {
          ...media,
          address: this.#address,
          port: this.port,
          sessionId: this.#sessionId,
          sessionVersion: this.#version,
        },
        at,
        refused,
      );
    const same = compose();
    if (this.#localSdp === "" || same === this.#localSdp) return same;
    this.#version += 1;
    return compose();
  }

  #mayTransmit(): boolean {
    return (
      !this.#closed &&
      this.#chosen !== undefined &&
      remoteListens(this.#chosen.media.direction) &&
      this.#flow !== "recvonly" &&
      this.#flow !== "inactive"
    );
  }

  #transmit(packet: Uint8Array): void {
    const to = this.#receiver.source ?? this.#chosen?.media;
    if (to === undefined || this.#closed) return;
    this.#onWire?.("out", packet);
    this.#socket.send(packet, to.port, to.address);
  }

  #onPacket(datagram: Buffer, from: RemoteInfo): void {
    this.#onWire?.("in", datagram);
    const packet = this.#receiver.receive(datagram, from);
    const chosen = this.#chosen;
    if (packet === undefined || chosen === undefined || this.#closed) return;
    if (packet.payloadType === chosen.media.telephoneEvent) {
      this.#digits.push(packet.sequence, packet.timestamp, packet.payload);
      return;
    }
    const codec = chosen.media.codecs.find((known) => known.payloadType === packet.payloadType)?.name;
    if (codec === undefined) return;
    this.#digits.audio(packet.timestamp);
    this.onPayload?.(packet.payload, codec);
    if (this.onFrame !== undefined) this.#frames.deliver(decodeG711(codec, packet.payload), this.onFrame);
  }
}

function sameKey(one: CryptoLine, other: CryptoLine): boolean {
  return (
    one.suite === other.suite && one.master.key.equals(other.master.key) && one.master.salt.equals(other.master.salt)
  );
}
