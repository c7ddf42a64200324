import type { EndCause } from "../../src/call/cause.js";
import { DtmfBuffer } from "../../src/call/dtmf-buffer.js";
import { Hold } from "../../src/call/hold.js";
import type {
  AnswerFailure,
  Bridge,
  BridgeFacts,
  BridgeFailure,
  BridgeTarget,
  CallerEndpoint,
  Playback,
  ReceivedAudio,
  RecordedChannel,
  RenegotiationFailure,
  Sound,
} from "../../src/call/interfaces.js";
import type { Language } from "../../src/caller/language.js";
import { type Clock, systemClock } from "../../src/util/clock.js";
import { Latch } from "../../src/util/latch.js";
import { type Result, success } from "../../src/util/result.js";

/** When an engine's operation completes: after this many milliseconds, or never. */
export type Timing = number | "never";

/** Simulates an engine's operation: settles after the timing and notifies the test. */
export type Perform = <Value>(name: string, timing: Timing, outcome: () => Value) => Promise<Value>;

export interface EndpointScript {
  readonly promptMs: Timing;
  readonly stopMs: Timing;
  readonly releaseMs: Timing;
  readonly bridgeMs: Timing;
  readonly talkMs: Timing;
  /** How the first, second, ... joined leg ends; the last one repeats. */
  readonly overs: readonly ["ended" | "lost", ...("ended" | "lost")[]];
  /** The BBB server's response to the first, second, ... leg; the last one repeats. */
  readonly bridgeOutcomes: readonly Result<BridgeFacts, BridgeFailure>[];
  readonly suite: string | undefined;
}

export interface FakePlay {
  readonly sounds: readonly Sound[];
  /** The sounds as one line, for example `de:welcome de:enter-pin en:language-switch`. */
  readonly text: string;
  outcome: "played" | "stopped" | "failed" | undefined;
}

/** A caller's channel on a fake media server. */
export class FakeEndpoint implements CallerEndpoint {
  readonly sdp: string = "v=0 the media server's answer";
  readonly codec = "PCMA";
  readonly mediaServer = "fs1";
  readonly suite: string | undefined;
  readonly gone = new Latch<EndCause>();
  readonly hold = new Hold();
  readonly dtmf: DtmfBuffer;
  readonly plays: FakePlay[] = [];
  readonly targets: BridgeTarget[] = [];
  /** RTP packets from the BBB server; the count grows with each read. */
  bridgePackets = 0;
  /** The bridges that einwahl left. */
  left = 0;
  /** The digits sent to the conferences. */
  sent = "";
  releases = 0;
  /** Times that the channel was left to another process. */
  detached = 0;
  /** The records of the call that were kept with the channel. */
  readonly records: string[] = [];
  keptLanguage: Language | undefined;
  #joined = 0;
  #packets = 0;
  readonly #perform: Perform;
  readonly #script: EndpointScript;
  readonly #onPlay: (endpoint: FakeEndpoint, play: FakePlay) => void;

  constructor(
    script: EndpointScript,
    perform: Perform,
    onPlay: (endpoint: FakeEndpoint, play: FakePlay) => void,
    clock: Pick<Clock, "now"> = systemClock,
  ) {
    this.dtmf = new DtmfBuffer(clock);
    this.#script = script;
    this.#perform = perform;
    this.#onPlay = onPlay;
    this.suite = script.suite;
  }

  /** All played prompts, one line per sequence. */
  get heard(): string[] {
    return this.plays.map((play) => play.text);
  }

  pressed(key: string): void {
    this.dtmf.press(key);
  }

  async renegotiate(offer: string): Promise<Result<string, RenegotiationFailure>> {
    return await Promise.resolve(success(offer));
  }

  newOffer(): string {
    return "v=0 the media server's offer";
  }

  async takeAnswer(): Promise<Result<void, AnswerFailure>> {
    return await Promise.resolve(success(undefined));
  }

  /** RTP keeps arriving. */
  async receivedPackets(): Promise<number> {
    this.#packets += 1;
    return await Promise.resolve(this.#packets);
  }

  play(sounds: readonly Sound[]): Playback {
    const play: FakePlay = { sounds, text: sounds.map((sound) => textOf(sound)).join(" "), outcome: undefined };
    this.plays.push(play);
    const { promptMs, stopMs } = this.#script;
    const isEndless = sounds.some((sound) => "music" in sound);
    const played = this.#perform(
      "played",
      isEndless || promptMs === "never" ? "never" : promptMs * sounds.length,
      () => "played" as const,
    );
    let stop: () => void = () => undefined;
    const stopped = new Promise<"stopped">((resolve) => {
      stop = () => {
        resolve(this.#perform("stopped", stopMs, () => "stopped" as const));
      };
    });
    const finished = Promise.race([played, stopped]).then((outcome) => {
      play.outcome = outcome;
      return outcome;
    });
    this.#onPlay(this, play);
    return { finished, stop };
  }

  bridge(target: BridgeTarget): Bridge {
    this.targets.push(target);
    const { bridgeMs, talkMs, bridgeOutcomes, overs } = this.#script;
    const outcome =
      bridgeOutcomes[Math.min(this.targets.length, bridgeOutcomes.length) - 1] ??
      success({ codec: "PCMA", suite: undefined });
    const answered = this.#perform("bridge-answered", bridgeMs, () => outcome);
    const over = new Latch<"ended" | "lost">();
    answered
      .then(async (result) => {
        if (!result.ok) return;
        this.#joined += 1;
        this.dtmf.wantDigits();
        const how = overs[Math.min(this.#joined, overs.length) - 1] ?? overs[0];
        over.set(await this.#perform("bridge-over", talkMs, () => how));
      })
      .catch(() => undefined);
    return {
      legId: `00000000-0000-4000-8000-${String(this.targets.length).padStart(12, "0")}`,
      answered,
      over,
      send: (key) => {
        this.sent += key;
      },
      leave: () => {
        this.left += 1;
      },
      receivedPackets: async () => {
        this.bridgePackets += 1;
        return await Promise.resolve(this.bridgePackets);
      },
      abandon: () => {
        this.left += 1;
        over.set("lost");
      },
    };
  }

  get record(): RecordedChannel {
    return {
      dialogId: "dialog-2",
      contact: "<sip:einwahl.example>",
      ...(this.suite !== undefined && { suite: this.suite }),
    };
  }

  keep(record: string, language: Language): void {
    this.records.push(record);
    this.keptLanguage = language;
  }

  detach(): void {
    this.detached += 1;
  }

  async release(): Promise<ReceivedAudio | undefined> {
    this.releases += 1;
    return await this.#perform("released", this.#script.releaseMs, () => receivedAudio);
  }
}

/** The RTP that is received from every caller. */
export const receivedAudio: ReceivedAudio = { packets: 1_500, lossRate: 0.01 };

function textOf(sound: Sound): string {
  if ("prompt" in sound) return `${sound.language}:${sound.prompt}`;
  return "music" in sound ? `music:${sound.music}` : `silence:${sound.silenceMs}`;
}
