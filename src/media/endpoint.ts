import { randomBytes } from "node:crypto";

import type { EndCause } from "../call/cause.js";
import type { DtmfBuffer } from "../call/dtmf-buffer.js";
import { Hold } from "../call/hold.js";
import type {
  AnswerFailure,
  Bridge,
  BridgeTarget,
  CallerEndpoint,
  Playback,
  ReceivedAudio,
  RecordedChannel,
  RenegotiationFailure,
  Sound,
} from "../call/interfaces.js";
import type { SrfDialog, SrfLike } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import { cryptoOfSuite, hasSeveralCryptoLines, withOneCryptoLine } from "./answer.js";
import { ApplicationQueue } from "./application-queue.js";
import { ConferenceLegs } from "./conference-legs.js";
import { forCaller, forFreeswitch } from "./direction.js";
import type { FsmrfEndpoint } from "./fsmrf.js";
import { endOfCause, endOfReason } from "./hang-up-cause.js";
import { byeAfterEndMs, endLostDialog, hangUpChannel } from "./hang-up-channel.js";
import { KeptRecord, type KeptRecordParts } from "./kept-record.js";
import { valueOf } from "./left-channels.js";
import { answerAndCrypto } from "./local-crypto.js";
import { MediaServerOffers } from "./media-server-offers.js";
import { agreedOffer, newOffer } from "./new-offer.js";
import { PressedKeys } from "./pressed-keys.js";
import { receivedAudio, receivedPackets } from "./received-audio.js";
import {
  directionOf,
  hasAudio,
  hasTelephoneEvent,
  isKeyInUse,
  isSameTransport,
  suiteIn,
  withDirection,
  withPublicAddress,
} from "./sdp.js";
import { isOnHold, rtpTimeoutFor, type RtpTimeouts } from "./silence.js";
import { playbackArgument } from "./sounds.js";

type Language = Parameters<CallerEndpoint["keep"]>[1];

export interface EndpointSettings extends RtpTimeouts {
  /** The media server's name in the configuration. */
  readonly mediaServer: string;
  /** The sofia profile that takes drachtio's INVITEs. */
  readonly profile: string;
  /** Directory of the prompts on the media server. */
  readonly soundsDirectory: string;
  /** Replaces the media server's address in SDP to callers, behind NAT. */
  readonly publicAddress: string | undefined;
  readonly seal: KeptRecordParts["seal"];
  readonly clock: Clock;
  readonly srf: SrfLike;
}

/** The caller's channel on FreeSWITCH, through drachtio-fsmrf. */
export class MediaEndpoint implements CallerEndpoint {
  readonly codec: string;
  readonly suite: string | undefined;
  readonly mediaServer: string;
  readonly gone = new Latch<EndCause>();
  readonly hold: Hold;
  readonly dtmf: DtmfBuffer;
  readonly #keys: PressedKeys;
  readonly #raw: FsmrfEndpoint;
  readonly #dialog: SrfDialog;
  readonly #settings: EndpointSettings;
  readonly #onReleased: () => void;
  readonly #applications: ApplicationQueue;
  readonly #legs: ConferenceLegs;
  readonly #offers: MediaServerOffers;
  /** The caller's last SDP that the media server has accepted. */
  #callerSdp: string;
  #sdp: string;
  /** The key that FreeSWITCH generated after its own offer. */
  #localCrypto: string | undefined;
  #fit: "current" | "outdated" = "current";
  #cancelTimer: () => void = () => undefined;
  readonly #kept: KeptRecord;
  #releasing: Promise<ReceivedAudio | undefined> | undefined;

  /** @param callerSdp the caller's offer, or answer to FreeSWITCH's */
  constructor(
    raw: FsmrfEndpoint,
    settings: EndpointSettings,
    onReleased: () => void,
    callerSdp: string,
    suite: string | undefined = suiteIn(raw.local.sdp),
    codec: string | null | undefined = raw.conn?.getInfo().getHeader("variable_rtp_use_codec_name"),
  ) {
    this.#raw = raw;
    this.hold = new Hold(isOnHold(callerSdp));
    this.#dialog = raw.dialog;
    this.#settings = settings;
    this.#keys = new PressedKeys(raw, settings.clock);
    this.dtmf = this.#keys.buffer;
    this.#onReleased = onReleased;
    this.#offers = new MediaServerOffers(raw.dialog, settings.clock);
    this.mediaServer = settings.mediaServer;
    this.#sdp = withPublicAddress(forCaller(callerSdp, raw.local.sdp), settings.publicAddress);
    this.suite = suite;
    this.#callerSdp = callerSdp;
    this.codec = codec ?? "unknown";
    raw.on("destroy", (event) => {
      if (event?.reason !== undefined) this.#ended(endOfCause(event.reason));
      // In a bridge only FreeSWITCH's BYE has the reason, and it arrives shortly after the connection has ended.
      else
        this.#cancelTimer = settings.clock.after(byeAfterEndMs, () => {
          this.#ended("media-server-lost");
        });
    });
    raw.dialog.on("destroy", (bye) => {
      this.#ended(endOfReason(bye.get("Reason")));
    });
    this.#kept = new KeptRecord({
      channelId: raw.uuid,
      seal: settings.seal,
      api: (command, argument) => {
        this.#api(command, argument);
      },
    });
    this.#applications = new ApplicationQueue(
      (application, argument, done) => {
        const carries = application === "playback" || application === "bridge";
        raw.execute(application, carries ? this.#kept.carriedBy(argument) : argument, (_error, event) => {
          done(event);
        });
      },
      () => {
        this.#api("uuid_break", raw.uuid);
      },
      raw.whenConnected === undefined ? "open" : "held",
    );
    this.#legs = new ConferenceLegs({
      channel: raw,
      applications: this.#applications,
      endpoint: this,
      api: (command, argument) => {
        this.#api(command, argument);
      },
      variable: (channel, name) => this.#variable(channel, name),
      profile: settings.profile,
      clock: settings.clock,
    });
    if (raw.whenConnected === undefined) this.#connected(raw);
    else
      raw.whenConnected((endpoint) => {
        this.#connected(endpoint);
      });
  }

  #connected({ conn, uuid }: FsmrfEndpoint): void {
    conn?.on(`esl::event::CHANNEL_BRIDGE::${uuid}`, () => {
      this.#keys.bridged();
      this.#legs.bridged();
    });
    this.#applications.open();
  }

  /** Whether an RFC 4733 event is a press that does not count yet. */
  /** The end of a channel that is being released is no loss. */
  #ended(cause: EndCause): void {
    if (this.#releasing === undefined) this.gone.set(cause);
  }

  /** `outdated`: the channel works no more with what the caller has answered, and the call moves to a new one. */
  get fit(): "current" | "outdated" {
    return this.#fit;
  }

  /** Our SDP of the last completed offer/answer exchange. */
  get sdp(): string {
    return this.#sdp;
  }

  /** The channel's UUID, valid on its media server only. */
  get channelId(): string {
    return this.#raw.uuid;
  }

  pressed(key: string): void {
    this.#keys.inInfo(key);
  }

  async renegotiate(offer: string): Promise<Result<string, RenegotiationFailure>> {
    try {
      await this.#setRtpTimeout(rtpTimeoutFor(offer, this.#settings));
      const answer = forCaller(offer, await this.#negotiate(forFreeswitch(offer)));
      // An encrypted call stays encrypted: check FreeSWITCH's answer, not only the caller's offer.
      if (this.suite !== undefined && suiteIn(answer) === undefined)
        return failure(hasAudio(answer) ? "plain-rtp" : "unusable-offer");
      if (hasAudio(answer) && !hasTelephoneEvent(answer)) this.#keys.withoutEvents();
      this.#callerSdp = offer;
      this.#sdp = withPublicAddress(answer, this.#settings.publicAddress);
      this.hold.set(isOnHold(offer));
      return success(this.#sdp);
    } catch {
      // drachtio-srf 5.0.29 (lib/dialog.js) never decrements this after a refused re-INVITE, and would send no later one.
      this.#dialog._reinvitesInProgress.count -= 1;
      return failure("unusable-offer");
    }
  }

  newOffer(): string {
    return newOffer(this.#sdp, randomBytes);
  }

  async takeAnswer(offer: string, answer: string): Promise<Result<void, AnswerFailure>> {
    const suite = suiteIn(answer);
    if (!hasAudio(answer)) return failure("unusable-offer");
    if (this.suite !== undefined && suite === undefined) return failure("plain-rtp");
    if (suite !== this.suite) return failure("other-suite");
    const direction = directionOf(answer);
    if (direction !== directionOf(this.#callerSdp)) {
      // FreeSWITCH holds and resumes on an offer only (hold_laps, switch_core_media_negotiate_sdp): repeat the last one, with its key.
      const turned = await this.renegotiate(withDirection(this.#callerSdp, direction));
      if (!turned.ok) return turned;
    }
    await this.#setRtpTimeout(rtpTimeoutFor(answer, this.#settings));
    // The usual case after a move: FreeSWITCH has the caller's side from the offer with which the channel was opened.
    const isKnown = offer === this.#sdp && isSameTransport(this.#callerSdp, answer);
    if (!isKnown && this.#raw.whenConnected !== undefined) {
      // Only an offer of FreeSWITCH's would take it (`media-server-offers.ts`), and drachtio does not forward that one.
      this.#fit = "outdated";
      this.gone.set("media-server-lost");
      return success(undefined);
    }
    const isTaken =
      isKnown ||
      (await this.#offers.take(
        forFreeswitch(answer),
        () => {
          this.#api("uuid_media_reneg", this.#raw.uuid);
        },
        async () => isKeyInUse(await this.#variable(this.#raw.uuid, "srtp_remote_audio_crypto_key"), answer),
      ));
    if (!isTaken) return failure("unusable-offer");
    this.#callerSdp = answer;
    this.hold.set(isOnHold(answer));
    if (!hasTelephoneEvent(answer)) this.#keys.withoutEvents();
    this.#sdp = agreedOffer(offer, answer);
    return success(undefined);
  }

  /**
   * FreeSWITCH 1.10.12 reads `media_timeout` at each re-INVITE and overrides `media_hold_timeout` with it
   * (check_media_timeout_params in switch_core_media.c): set the variable before each hold and each resume.
   */
  async #setRtpTimeout(timeout: number): Promise<void> {
    await this.#ask("uuid_setvar", `${this.#raw.uuid} media_timeout ${timeout}`);
  }

  /** FreeSWITCH's answer to a new offer, reduced to the key in use. */
  async #negotiate(offer: string): Promise<string> {
    const { answer, crypto } = await answerAndCrypto(offer, {
      modify: (asked) => this.#dialog.modify(asked),
      lastLocalCrypto: () => this.#variable(this.#raw.uuid, "rtp_last_audio_local_crypto_key"),
      clock: this.#settings.clock,
    });
    if (!hasSeveralCryptoLines(answer)) return answer;
    if (crypto !== undefined) {
      this.#localCrypto = crypto;
      return withOneCryptoLine(offer, answer, crypto);
    }
    // The offer repeats the caller's key: FreeSWITCH then keeps its own key.
    const kept = this.#localCrypto ?? (this.suite === undefined ? undefined : cryptoOfSuite(offer, answer, this.suite));
    return kept === undefined ? answer : withOneCryptoLine(offer, answer, kept);
  }

  async receivedPackets(channel: string = this.#raw.uuid): Promise<number | undefined> {
    return this.#releasing === undefined ? await receivedPackets(this.#raw, this.#settings.clock, channel) : undefined;
  }

  play(sounds: readonly Sound[]): Playback {
    let stop: () => void = () => undefined;
    const finished = new Promise<"played" | "stopped" | "failed">((resolve) => {
      const run = this.#applications.run(
        "playback",
        playbackArgument(sounds, this.#settings.soundsDirectory),
        (event) => {
          resolve(event?.getHeader("Application-Response") === "FILE PLAYED" ? "played" : "failed");
        },
      );
      stop = () => {
        resolve("stopped");
        run.stop();
      };
    });
    return {
      finished,
      stop: () => {
        stop();
      },
    };
  }

  bridge(target: BridgeTarget): Bridge {
    return this.#legs.open(target);
  }

  /** The leg to a conference that another process has opened. */
  resumeBridge(legId: string): Bridge {
    return this.#legs.resume(legId);
  }

  get record(): RecordedChannel {
    const { id, local } = this.#dialog;
    return { dialogId: id, contact: local.contact, ...(this.suite !== undefined && { suite: this.suite }) };
  }

  keep(record: string, language: Language): void {
    if (this.#releasing !== undefined) return;
    this.#kept.keep(record, language);
  }

  detach(): void {
    const { conn } = this.#raw;
    this.#kept.flush();
    this.#cancelTimer();
    this.#raw.removeAllListeners();
    conn?.removeAllListeners("error");
    conn?.on("error", () => undefined);
    conn?.disconnect();
    this.#dialog.removeAllListeners();
    this.#settings.srf.removeDialog(this.#dialog);
    this.#onReleased();
  }

  async release(): Promise<ReceivedAudio | undefined> {
    this.#releasing ??= this.#release();
    return await this.#releasing;
  }

  async #release(): Promise<ReceivedAudio | undefined> {
    await this.#legs.left();
    this.#raw.conn?.ignoreEvents();
    const received = this.gone.isSet ? undefined : await receivedAudio(this.#raw, this.#settings.clock);
    this.#cancelTimer();
    await hangUpChannel(this.#raw, this.#settings.clock);
    // A crashed FreeSWITCH sends no BYE: without this drachtio-srf and drachtio keep the dialog forever.
    this.#settings.srf.removeDialog(this.#dialog);
    if (this.gone.value === "media-server-lost") endLostDialog(this.#dialog.id, this.#settings);
    this.#onReleased();
    return received;
  }

  async #variable(channel: string, name: string): Promise<string | undefined> {
    return valueOf(await this.#ask("uuid_getvar", `${channel} ${name}`));
  }

  async #ask(command: string, argument: string): Promise<string | undefined> {
    return await new Promise((resolve) => {
      this.#raw.api(command, argument, (_error, event) => {
        resolve(event?.getBody());
      });
    });
  }

  #api(command: string, argument: string): void {
    this.#raw.api(command, argument, () => undefined);
  }
}
