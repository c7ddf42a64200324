import type { Conference, ConferenceNode, Directory, Lookup } from "../../src/call/interfaces.js";
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
  return { node: fakeNode(server), meetingId, voiceBridge: fakePin(digits), mainRoom: undefined };
}

export interface DirectoryScript {
  /** The PINs that are known. */
  readonly conferences: readonly Conference[];
  readonly lookUpMs: Timing;
  /** What the first, second, ... look-up comes to; after the last one the known PINs count. */
  readonly lookups: readonly Lookup[];
}

/** BBB servers that are not there. */
export class FakeDirectory implements Directory {
  /** The digits of each look-up. */
  readonly found: string[] = [];
  readonly foundAgain: string[] = [];
  readonly #script: DirectoryScript;
  readonly #perform: Perform;

  constructor(script: DirectoryScript, perform: Perform) {
    this.#script = script;
    this.#perform = perform;
  }

  async find(pin: Pin): Promise<Lookup> {
    this.found.push(pin.reveal());
    return await this.#lookUp(pin);
  }

  async findAgain(pin: Pin): Promise<Lookup> {
    this.foundAgain.push(pin.reveal());
    return await this.#lookUp(pin);
  }

  match(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    const pins = this.#script.conferences.map((conference) => conference.voiceBridge.reveal());
    return { complete: pins.includes(digits), longer: pins.some((pin) => pin.startsWith(digits) && pin.length > digits.length) };
  }

  async goesOn(pin: Pin): Promise<boolean> {
    return await Promise.resolve(this.match(pin.reveal()).longer);
  }

  async isStillOpen(): Promise<"open" | "over" | "unknown"> {
    return await Promise.resolve("over");
  }

  onOpened(): () => void {
    return () => undefined;
  }

  async #lookUp(pin: Pin): Promise<Lookup> {
    const at = this.found.length + this.foundAgain.length - 1;
    const conference = this.#script.conferences.find((each) => each.voiceBridge.equals(pin));
    const known: Lookup = conference === undefined ? { kind: "unknown" } : { kind: "open", conference };
    return await this.#perform("looked-up", this.#script.lookUpMs, () => this.#script.lookups[at] ?? known);
  }
}
