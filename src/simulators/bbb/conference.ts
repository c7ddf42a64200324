import type { SteadyTone } from "../../softphone/ear.js";
import { frameSamples } from "../../softphone/rtp/g711.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import { ToneGenerator } from "../../softphone/rtp/tone.js";
import type { Member } from "./member.js";
import { mixWithoutSelf } from "./mixer.js";

interface ToneWatch {
  readonly hz: number;
  readonly onHeard: (tone: SteadyTone, member: Member) => void;
  readonly stops: Map<Member, () => void>;
}

/** One audio conference: mixes its members' audio and the tones of simulated web users. */
export class Conference {
  readonly voiceBridge: string;
  /** Numbers of callers that a moderator removed (BBB's ban key): they are removed again on return. */
  readonly banned = new Set<string>();
  readonly #pacer: Pacer;
  readonly #members = new Set<Member>();
  readonly #tones = new Map<number, ToneGenerator>();
  readonly #watches = new Set<ToneWatch>();
  #stopPacing: (() => void) | undefined;

  constructor(voiceBridge: string, pacer: Pacer) {
    this.voiceBridge = voiceBridge;
    this.#pacer = pacer;
  }

  get members(): readonly Member[] {
    return [...this.#members];
  }

  /** No members, tones, tone watches or bans: the conference can be deleted. */
  get idle(): boolean {
    return this.#members.size === 0 && this.#tones.size === 0 && this.#watches.size === 0 && this.banned.size === 0;
  }

  add(member: Member): void {
    this.#members.add(member);
    for (const watch of this.#watches) this.#listen(watch, member);
    this.#stopPacing ??= this.#pacer.every(() => {
      this.#mix();
    });
  }

  remove(member: Member): void {
    this.#members.delete(member);
    for (const watch of this.#watches) {
      watch.stops.get(member)?.();
      watch.stops.delete(member);
    }
    if (this.#members.size === 0) this.#rest();
  }

  /** @param level amplitude, 0 to 1 of full scale */
  playTone(hz: number, level: number): void {
    this.#tones.set(hz, new ToneGenerator(hz, level));
  }

  /** Without a frequency: stops all tones. */
  stopTone(hz?: number): void {
    if (hz === undefined) this.#tones.clear();
    else this.#tones.delete(hz);
  }

  /** Calls back when any present or future member has sent the tone for 300 ms. Returns an unsubscribe function. */
  watchTone(hz: number, onHeard: (tone: SteadyTone, member: Member) => void): () => void {
    const watch: ToneWatch = { hz, onHeard, stops: new Map() };
    this.#watches.add(watch);
    for (const member of this.#members) this.#listen(watch, member);
    return () => {
      this.#watches.delete(watch);
      for (const stop of watch.stops.values()) stop();
      watch.stops.clear();
    };
  }

  #listen(watch: ToneWatch, member: Member): void {
    watch.stops.set(
      member,
      member.ear.watchTone(watch.hz, (tone) => {
        watch.onHeard(tone, member);
      }),
    );
  }

  #mix(): void {
    const members = [...this.#members];
    const web = [...this.#tones.values()].map((tone) => tone.next(frameSamples));
    const heard = mixWithoutSelf(
      members.map((member) => member.spoken()),
      web,
      frameSamples,
    );
    members.forEach((member, index) => {
      const frame = heard[index];
      if (frame !== undefined) member.hear(frame);
    });
  }

  #rest(): void {
    this.#stopPacing?.();
    this.#stopPacing = undefined;
  }
}
