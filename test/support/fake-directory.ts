import { joinLengths } from "../../src/bbb/pin-lengths.js";
import type {
  AudioBridge,
  Conference,
  ConferenceNode,
  Directory,
  Lookup,
  PinLengths,
} from "../../src/call/interfaces.js";
import { Pin } from "../../src/caller/secret.js";
import type { Perform, Timing } from "./fake-endpoint.js";

export function fakeNode(name: string): ConferenceNode {
  return { name, host: `${name}.example.org`, port: 5061, transport: "tls", srtp: "mandatory" };
}

export function fakePin(digits: string): Pin {
  const pin = Pin.parse(digits);
  if (!pin.ok) throw new Error(`no PIN: ${digits}`);
  return pin.value;
}

export function fakeConference(digits: string, server = "bbb1", meetingId = `meeting-${digits}`): Conference {
  return {
    node: fakeNode(server),
    audio: { told: undefined, usual: "freeswitch", livekitNode: undefined },
    meetingId,
    createdAt: undefined,
    voiceBridge: fakePin(digits),
    mainRoom: undefined,
  };
}

export interface DirectoryScript {
  /** The known PINs. */
  readonly conferences: readonly Conference[];
  /** PINs of front ends whose conferences have not begun. */
  readonly reserved: readonly string[];
  readonly lookUpMs: Timing;
  /** Results of the first, second, ... look-up; after the last one the known PINs apply. */
  readonly lookups: readonly Lookup[];
  readonly goesOnMs: Timing;
  /** PINs that the servers know but the directory does not. */
  readonly newer: readonly string[];
  readonly stillOpenMs: Timing;
  /** Results of the first, second, ... poll for a conference; the last one repeats. */
  readonly stillOpen: readonly ["open" | "over" | "unknown", ...("open" | "over" | "unknown")[]];
  /** Milliseconds after the first wait at which the awaited conferences start. */
  readonly opensMs: readonly Timing[];
}

/** Fake BBB servers. */
export class FakeDirectory implements Directory {
  /** The digits of each look-up. */
  readonly found: string[] = [];
  readonly foundAgain: string[] = [];
  /** The digits for which longer PINs were looked up. */
  readonly asked: string[] = [];
  /** The meetings that were polled. */
  readonly stillOpenOf: string[] = [];
  readonly usualAudio: AudioBridge | undefined;
  /** Results of calls about servers' routes to LiveKit. */
  readonly livekitWays: string[] = [];
  readonly waiters = new Set<{ readonly digits: string; readonly listener: () => void }>();
  readonly #script: DirectoryScript;
  readonly #perform: Perform;

  constructor(script: DirectoryScript, perform: Perform) {
    this.#script = script;
    this.usualAudio = script.conferences.every(({ audio }) => audio.usual === "freeswitch") ? "freeswitch" : undefined;
    this.#perform = perform;
  }

  async lookUp(pin: Pin): Promise<Lookup> {
    this.found.push(pin.reveal());
    return await this.#lookUp(pin);
  }

  async lookUpFresh(pin: Pin): Promise<Lookup> {
    this.foundAgain.push(pin.reveal());
    return await this.#lookUp(pin);
  }

  noteLivekitWay({ node }: Conference, works: boolean): void {
    this.livekitWays.push(`${node.name} ${works ? "works" : "missing"}`);
  }

  matchPrefix(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    const pins = this.#pins;
    return {
      complete: pins.includes(digits),
      longer: pins.some((pin) => pin.startsWith(digits) && pin.length > digits.length),
    };
  }

  get pinLengths(): PinLengths | undefined {
    return joinLengths(this.#pins.map(({ length }) => ({ shortest: length, longest: length })));
  }

  async hasLongerPin(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    this.asked.push(digits);
    return await this.#perform(
      "goes-on",
      this.#script.goesOnMs,
      () =>
        this.matchPrefix(digits).longer ||
        this.#script.newer.some((each) => each.startsWith(digits) && each !== digits),
    );
  }

  async beginsAnother(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    const breakouts = this.#script.conferences
      .filter(({ mainRoom }) => mainRoom !== undefined)
      .map(({ voiceBridge }) => voiceBridge.reveal());
    return await this.#perform("begins-another", this.#script.goesOnMs, () =>
      this.#pins.some((each) => each.startsWith(digits) && each !== digits && !breakouts.includes(each)),
    );
  }

  async isStillOpen({ meetingId }: Conference): Promise<"open" | "over" | "unknown"> {
    const { stillOpen, stillOpenMs } = this.#script;
    this.stillOpenOf.push(meetingId);
    const state = stillOpen[Math.min(this.stillOpenOf.length, stillOpen.length) - 1] ?? stillOpen[0];
    return await this.#perform("still-open", stillOpenMs, () => state);
  }

  onOpened(pin: Pin, listener: () => void): () => void {
    const waiter = { digits: pin.reveal(), listener };
    this.waiters.add(waiter);
    for (const opensMs of this.#script.opensMs) {
      this.#perform("opened", opensMs, () => {
        this.open(waiter.digits);
      }).catch(() => undefined);
    }
    return () => {
      this.waiters.delete(waiter);
    };
  }

  /** Signals that the conference with this PIN may have started. */
  open(digits: string): void {
    for (const waiter of [...this.waiters]) if (waiter.digits === digits) waiter.listener();
  }

  get #pins(): readonly string[] {
    return [...this.#script.conferences.map(({ voiceBridge }) => voiceBridge.reveal()), ...this.#script.reserved];
  }

  async #lookUp(pin: Pin): Promise<Lookup> {
    const at = this.found.length + this.foundAgain.length - 1;
    const conference = this.#script.conferences.find((each) => each.voiceBridge.equals(pin));
    const notRunning: Lookup = { kind: this.#script.reserved.includes(pin.reveal()) ? "not-started" : "unknown" };
    const known: Lookup = conference === undefined ? notRunning : { kind: "open", conference };
    return await this.#perform("looked-up", this.#script.lookUpMs, () => this.#script.lookups[at] ?? known);
  }
}
