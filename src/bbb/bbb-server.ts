import type { Conference, ConferenceNode } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import type { Clock } from "../clock.js";
import type { BbbApi } from "./api-client.js";

export interface BbbServerState {
  /** What the last question came to; `undefined` before the first. */
  readonly fault: string | undefined;
  /** Milliseconds since the last good answer; `undefined` when there was none. */
  readonly ageMs: number | undefined;
  readonly meetings: number;
}

/** How long meetings of a server that does not answer any more are still believed, in milliseconds. */
const believedFor = 60_000;

/** One BBB server: the meetings that it had when it was last asked. */
export class BbbServer {
  readonly node: ConferenceNode;
  /** How often it is asked without a reason, in milliseconds. */
  readonly pollEveryMs: number;
  readonly #api: Pick<BbbApi, "getMeetings">;
  readonly #clock: Clock;
  #conferences: ReadonlyMap<string, Conference> = new Map();
  #answeredAt: number | undefined;
  #fault: string | undefined = "not asked yet";
  #asking: Promise<void> | undefined;
  #questions = 0;

  constructor(node: ConferenceNode, api: Pick<BbbApi, "getMeetings">, pollEveryMs: number, clock: Clock) {
    this.node = node;
    this.pollEveryMs = pollEveryMs;
    this.#api = api;
    this.#clock = clock;
  }

  get state(): BbbServerState {
    const ageMs = this.#answeredAt === undefined ? undefined : this.#clock.now() - this.#answeredAt;
    return { fault: this.#fault, ageMs, meetings: this.#conferences.size };
  }

  /** How many questions have come to an end, well or not. */
  get questions(): number {
    return this.#questions;
  }

  /** Whether the last question was answered. */
  get answers(): boolean {
    return this.#fault === undefined;
  }

  /** The PINs known here, as the digits that a caller types. */
  pins(): Iterable<string> {
    return this.#conferences.keys();
  }

  has(digits: string): boolean {
    return this.#conferences.has(digits);
  }

  conference(pin: Pin): Conference | undefined {
    return this.#conferences.get(pin.reveal());
  }

  /** Asks the server; whoever asks meanwhile gets the same answer. Never rejects. */
  async refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const answer = await this.#api.getMeetings();
    this.#questions += 1;
    if (answer.ok) {
      this.#conferences = new Map(
        answer.value.map(({ meetingId, voiceBridge }) => [voiceBridge.reveal(), { node: this.node, meetingId, voiceBridge, mainRoom: undefined }]),
      );
      this.#answeredAt = this.#clock.now();
      this.#fault = undefined;
      return;
    }
    this.#fault = answer.failure;
    const isStale = this.#answeredAt === undefined || this.#clock.now() - this.#answeredAt > believedFor;
    if (isStale) this.#conferences = new Map();
  }
}
