import {
  AudioFrame,
  AudioSource,
  AudioStream,
  dispose,
  LocalAudioTrack,
  type RemoteTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from "@livekit/rtc-node";

import { Ear } from "../../../src/softphone/ear.js";
import { ToneGenerator } from "../../../src/softphone/rtp/tone.js";
import { inBackground } from "../../../src/softphone/sip/background.js";
import type { Microphone } from "./livekit-side.js";
import { earHears } from "./sip-caller.js";

/** WebRTC takes 10 ms frames; the tests' tones and listeners use 8 kHz. */
const rate = 8_000;
const frameSamples = 80;
/** Maximum queued audio before a tone begins, ms. */
const queueMs = 40;
/** Longer than any test. */
const maxFrames = 60_000;

/** A participant in the browser, with LiveKit's own client library. */
export class RealMicrophone implements Microphone {
  readonly #room = new Room();
  /** Hears all tracks; in the tests one caller speaks at a time. */
  readonly #ear = new Ear();
  readonly #source = new AudioSource(rate, 1, queueMs);
  readonly #tones = new Map<number, ToneGenerator>();
  #isOpen = true;

  private constructor() {
    this.#room.on(RoomEvent.TrackSubscribed, (track) => {
      if (track.kind === TrackKind.KIND_AUDIO) inBackground(this.#listen(track));
    });
  }

  static async join(url: string, token: string): Promise<RealMicrophone> {
    const microphone = new RealMicrophone();
    await microphone.#room.connect(url, token, { autoSubscribe: true, dynacast: false });
    const options = new TrackPublishOptions();
    options.source = TrackSource.SOURCE_MICROPHONE;
    const track = LocalAudioTrack.createAudioTrack("microphone", microphone.#source);
    await microphone.#room.localParticipant?.publishTrack(track, options);
    inBackground(microphone.#speak());
    return microphone;
  }

  playTone(hz: number): void {
    this.#tones.set(hz, new ToneGenerator(hz, 0.2));
  }

  stopTone(): void {
    this.#tones.clear();
  }

  async hears(hz: number, ms: number): Promise<boolean> {
    return await earHears(this.#ear, hz, ms);
  }

  async leave(): Promise<void> {
    this.#isOpen = false;
    await this.#source.close();
    await this.#room.disconnect();
    // Its native threads would keep the process running.
    await dispose();
  }

  async #speak(): Promise<void> {
    for (let frame = 0; this.#isOpen && frame < maxFrames; frame++) {
      const pcm = new Int16Array(frameSamples);
      for (const tone of this.#tones.values())
        tone.next(frameSamples).forEach((sample, at) => {
          pcm[at] = (pcm[at] ?? 0) + sample;
        });
      // Paced by the library: it resolves when the queue has room.
      await this.#source.captureFrame(new AudioFrame(pcm, rate, 1, frameSamples));
    }
  }

  async #listen(track: RemoteTrack): Promise<void> {
    let half: Int16Array | undefined;
    for await (const { data } of new AudioStream(track, rate, 1)) {
      if (!this.#isOpen) return;
      if (half === undefined) half = data;
      else {
        this.#ear.hear(Int16Array.from([...half, ...data]));
        half = undefined;
      }
    }
  }
}
