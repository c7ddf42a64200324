import { setTimeout } from "node:timers/promises";

import { Ear } from "../../../src/softphone/ear.js";
import { frameSamples } from "../../../src/softphone/rtp/g711.js";
import { MediaSession, type OfferOptions } from "../../../src/softphone/rtp/media-session.js";
import { Pacer } from "../../../src/softphone/rtp/pacer.js";
import { ToneGenerator } from "../../../src/softphone/rtp/tone.js";
import { type SipDialog, SipUserAgent } from "../../../src/softphone/sip/index.js";
import { systemClock } from "../../../src/util/clock.js";
import { within } from "../../../src/util/wait.js";
import type { Owner } from "../../e2e/support/owner.js";

const address = "127.0.0.1";

export interface Dialling extends Partial<OfferOptions> {
  readonly number: string;
  readonly fromUser: string;
  readonly displayName?: string;
  /** Replaces the default offer. */
  readonly sdp?: string;
  /** Milliseconds after which the call is cancelled; default 10,000. */
  readonly ms?: number;
}

export interface Dialled {
  /** 200, the status of a refusal, or 0 for a call cancelled without a final response. */
  readonly status: number;
  /** Provisional statuses above 100 before it. */
  readonly progress: readonly number[];
  readonly dialog: SipDialog | undefined;
  readonly media: MediaSession;
  /** The SDP of the 200. */
  readonly suite: string | undefined;
  /** Whether the answer matches the offer. */
  readonly isAccepted: boolean;
  playTone(hz: number): void;
  silence(): void;
  /** True once it has sent this many packets; false after a second. */
  hasSent(packets: number): Promise<boolean>;
  /** True once it has heard the tone for 300 ms; false after the timeout. */
  hears(hz: number, ms: number): Promise<boolean>;
}

/** Calls livekit-sip as a FreeSWITCH on the same machine does, over TCP. */
export class SipCaller {
  readonly #agent: SipUserAgent;
  readonly #owner: Owner;
  readonly #port: number;
  readonly #pacer = new Pacer(systemClock);

  private constructor(agent: SipUserAgent, owner: Owner, port: number) {
    this.#agent = agent;
    this.#owner = owner;
    this.#port = port;
  }

  /** @param port of livekit-sip */
  static async open(owner: Owner, port: number): Promise<SipCaller> {
    const agent = await SipUserAgent.listen({ listen: [], userAgent: "test" });
    owner.teardown(() => agent.close());
    return new SipCaller(agent, owner, port);
  }

  async dial({
    number,
    fromUser,
    displayName = "",
    sdp,
    ms = 10_000,
    codecs = ["PCMA", "PCMU"],
    srtp = "none",
    ...offer
  }: Dialling): Promise<Dialled> {
    const media = await MediaSession.open({ address });
    this.#owner.teardown(() => media.close());
    const own = media.offer({ codecs, srtp, ...offer });
    const out = this.#agent.invite({
      uri: `sip:${number}@${address}:${this.#port};transport=tcp`,
      from: { displayName, user: fromUser },
      sdp: sdp ?? own,
    });
    const progress: number[] = [];
    out.onProgress = ({ status }) => {
      if (status > 100) progress.push(status);
    };
    const result = await within(systemClock, ms, out.result);
    if (result === undefined) out.cancel();
    const dialog = result?.ok === true ? result.value : undefined;
    const isAccepted = dialog !== undefined && media.accept(dialog.answer.body).ok;
    let tone: ToneGenerator | undefined;
    const quiet = new Int16Array(frameSamples);
    const stop = this.#pacer.every(() => {
      media.send(tone?.next(frameSamples) ?? quiet);
    });
    this.#owner.teardown(stop);
    const ear = new Ear();
    media.onFrame = (pcm) => {
      ear.hear(pcm);
    };
    return {
      status: result === undefined ? 0 : result.ok ? 200 : result.failure.status,
      progress,
      dialog,
      media,
      suite: media.suite,
      isAccepted,
      playTone: (hz) => {
        tone = new ToneGenerator(hz, 0.2);
      },
      silence: stop,
      hasSent: async (packets) => {
        const deadline = performance.now() + 1_000;
        while (media.stats().packetsOut < packets && performance.now() < deadline) await setTimeout(20);
        return media.stats().packetsOut >= packets;
      },
      hears: async (hz, timeoutMs) => await earHears(ear, hz, timeoutMs),
    };
  }
}

/** True once the listener has heard the tone for 300 ms; false after the timeout. */
export async function earHears(ear: Ear, hz: number, ms: number): Promise<boolean> {
  let stop: () => void = () => undefined;
  const heard = new Promise<true>((resolve) => {
    stop = ear.watchTone(hz, () => {
      resolve(true);
    });
  });
  const isHeard = await within(systemClock, ms, heard);
  stop();
  return isHeard === true;
}
