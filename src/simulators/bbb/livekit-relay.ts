import { type CodecName, MediaSession, type SrtpPolicy } from "../../softphone/rtp/media-session.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { SuiteName } from "../../softphone/rtp/srtp.js";
import type { InviteFailure } from "../../softphone/sip/core.js";
import {
  type HeaderList,
  type IncomingInvite,
  type OutgoingInvite,
  parseUri,
  type SipDialog,
  SipUserAgent,
} from "../../softphone/sip/index.js";
import type { Clock } from "../../util/clock.js";
import { failure, type Result } from "../../util/result.js";

/** The destination that einwahl calls on a BBB server for a meeting in LiveKit. */
export const livekitDestination = /^livekit-(\d{5,11})$/;

export interface LiveKitRelayOptions {
  readonly address: string;
  /** TCP port of livekit-sip. */
  readonly livekitPort: number;
  readonly clock: Clock;
  readonly pacer: Pacer;
}

export interface RelayTerms {
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpPolicy;
  readonly suites?: readonly SuiteName[];
}

/** The two legs of a relayed call. */
interface Legs {
  readonly caller: MediaSession;
  readonly room: MediaSession;
}

/** `leg_timeout` of the lookup call: a number without a rule gets only a 180, because livekit-sip drops the INVITE. */
const askMs = 4_000;
const askAfterMs = 1_000;
/** `leg_progress_timeout`: livekit-sip always sends 180 first. */
const progressMs = 2_000;
const answerTimeoutMs = 8_000;
/** `media_timeout` of the leg to LiveKit, which sends continuously. */
const roomSilentMs = 3_000;
const lookEveryMs = 500;
const clearing: HeaderList = [["Reason", 'Q.850;cause=16;text="NORMAL_CLEARING"']];
const livekitGone: HeaderList = [["Reason", 'Q.850;cause=41;text="NORMAL_TEMPORARY_FAILURE"']];
/** An offer unacceptable to livekit-sip: it responds 400 if the number has a trunk and a rule, and creates no participant. */
const unacceptable =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 126\r\na=rtpmap:126 none/8000\r\n";

/**
 * The dialplan file of a BBB server that relays a call to livekit-sip on the same machine, over loopback and unencrypted, with
 * the From user of the caller's leg.
 */
export class LiveKitRelay {
  readonly #options: LiveKitRelayOptions;
  #agent: SipUserAgent | undefined;
  #calls = 0;

  constructor(options: LiveKitRelayOptions) {
    this.#options = options;
  }

  /** The number of relayed calls. */
  get calls(): number {
    return this.#calls;
  }

  /** FreeSWITCH is killed: both legs of each call end without a BYE. */
  async down(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await agent?.close();
  }

  /** Relays an INVITE; resolves when the call is over. */
  async take(invite: IncomingInvite, terms: RelayTerms, voiceBridge: string): Promise<void> {
    const { address, clock, pacer } = this.#options;
    this.#calls += 1;
    const opened: MediaSession[] = [];
    try {
      const caller = await MediaSession.open({ address, clock, pacer });
      opened.push(caller);
      const room = await MediaSession.open({ address, clock, pacer });
      opened.push(room);
      await this.#handOn(invite, { caller, room }, terms, voiceBridge);
    } finally {
      await Promise.all(opened.map((media) => media.close()));
      this.#calls -= 1;
    }
  }

  async #handOn(invite: IncomingInvite, media: Legs, terms: RelayTerms, voiceBridge: string): Promise<void> {
    const answer = media.caller.answer(invite.request.body, terms);
    if (!answer.ok) {
      invite.reject(488);
      return;
    }
    const room = await this.#ask(invite, voiceBridge, askMs);
    if (room === "cancelled") return;
    if (room !== "there") {
      const [status, reason] = room === "none" ? noRoom : unavailable;
      invite.reject(status, reason);
      return;
    }
    await this.#join(invite, media, terms, { voiceBridge, answer: answer.value });
  }

  async #join(
    invite: IncomingInvite,
    media: Legs,
    terms: RelayTerms,
    { voiceBridge, answer }: { readonly voiceBridge: string; readonly answer: string },
  ): Promise<void> {
    const { given, result } = await this.#call(
      invite,
      voiceBridge,
      media.room.offer({ codecs: ["PCMA", "PCMU"], srtp: "optional" }),
      answerTimeoutMs,
    );
    if (!result.ok) {
      if (given !== "cancelled") invite.reject(...refusalFor(result.failure));
      return;
    }
    const room = result.value;
    if (given === "cancelled" || !media.room.accept(room.answer.body).ok) {
      await room.bye(clearing);
      if (given !== "cancelled") invite.reject(...unavailable);
      return;
    }
    const caller = answeredCaller(invite, media.caller, terms, answer);
    const how = await this.#bridge(caller, room, media);
    const isOver = how === "ended" && (await this.#ask(invite, voiceBridge, askAfterMs)) !== "unavailable";
    await Promise.all([caller.bye(isOver ? clearing : livekitGone), room.bye(clearing)]);
  }

  /** Whether LiveKit has a room for the number; creates no participant. */
  async #ask(
    invite: IncomingInvite,
    voiceBridge: string,
    ms: number,
  ): Promise<"there" | "none" | "unavailable" | "cancelled"> {
    const { given, hasRung, result } = await this.#call(invite, voiceBridge, unacceptable, ms);
    if (given === "cancelled") return "cancelled";
    if (result.ok) {
      await result.value.bye(clearing);
      return "unavailable";
    }
    if (result.failure.status === 400) return "there";
    return result.failure.status === 404 || (result.failure.status === 487 && hasRung) ? "none" : "unavailable";
  }

  /** @param ms timeout, after which the INVITE is cancelled */
  async #call(
    invite: IncomingInvite,
    voiceBridge: string,
    sdp: string,
    ms: number,
  ): Promise<{
    readonly given: "cancelled" | "taken";
    readonly hasRung: boolean;
    readonly result: Result<SipDialog, InviteFailure>;
  }> {
    const { address, livekitPort, clock } = this.#options;
    this.#agent ??= await SipUserAgent.listen({
      listen: [],
      userAgent: "FreeSWITCH-mod_sofia (einwahl sample BBB)",
      clock,
    });
    const { displayName, uri } = invite.request.from;
    const out: OutgoingInvite = this.#agent.invite({
      uri: `sip:${voiceBridge}@${address}:${livekitPort};transport=tcp`,
      from: { displayName, user: parseUri(uri)?.user ?? "" },
      sdp,
    });
    const state: { given: "cancelled" | "taken"; hasRung: boolean } = { given: "taken", hasRung: false };
    out.onProgress = ({ status }) => {
      if (status > 100) state.hasRung = true;
    };
    let stop = (): void => undefined;
    // Like FreeSWITCH's originate, do not wait for the response to the CANCEL: livekit-sip sends none for a number without a rule.
    const late = new Promise<Result<SipDialog, InviteFailure>>((resolve) => {
      const giveUp = (): void => {
        out.cancel();
        resolve(failure({ status: 487, reason: "Request Terminated" }));
      };
      const stops = [
        clock.after(progressMs, () => {
          if (!state.hasRung) giveUp();
        }),
        clock.after(ms, giveUp),
      ];
      stop = (): void => {
        for (const each of stops) each();
      };
      invite.onCancel = (): void => {
        state.given = "cancelled";
        giveUp();
      };
    });
    const result = await Promise.race([out.result, late]);
    stop();
    return { ...state, result };
  }

  /** Relays until either side hangs up or the room's RTP times out. */
  async #bridge(caller: SipDialog, room: SipDialog, media: Legs): Promise<"ended" | "silent"> {
    const { clock } = this.#options;
    passOn(media.caller, media.room);
    passOn(media.room, media.caller);
    const answeredAt = clock.now();
    let stop = (): void => undefined;
    const silent = new Promise<"silent">((resolve) => {
      const look = (): void => {
        if (clock.now() - (media.room.stats().lastPacketAt ?? answeredAt) > roomSilentMs) resolve("silent");
        else stop = clock.after(lookEveryMs, look);
      };
      look();
    });
    const how = await Promise.race([caller.ended, room.ended, silent]);
    stop();
    return how === "silent" ? how : "ended";
  }
}

function answeredCaller(invite: IncomingInvite, media: MediaSession, terms: RelayTerms, sdp: string): SipDialog {
  const caller = invite.accept(sdp);
  caller.onReinvite = (request) => {
    if (request.body === "") return { sdp: media.localSdp };
    const renewed = media.answer(request.body, terms);
    return renewed.ok ? { sdp: renewed.value } : { reject: 488 };
  };
  return caller;
}

function passOn(from: MediaSession, to: MediaSession): void {
  from.onPayload = (payload, codec) => {
    to.sendPayload(payload, codec);
  };
}

const noRoom = [404, "No LiveKit Room"] as const;
const unavailable = [503, "LiveKit Unavailable"] as const;

/** 487 is our own CANCEL after the ringing timeout. */
function refusalFor({ status }: InviteFailure): readonly [number, string] {
  return status >= 400 && status < 500 ? [480, "LiveKit Not Answering"] : unavailable;
}
