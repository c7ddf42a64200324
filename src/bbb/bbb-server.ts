import type { AudioBridge, Conference, ConferenceNode, PinLengths } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import type { BbbApi } from "./api-client.js";
import type { Meeting } from "./meeting.js";
import { MeetingList } from "./meeting-list.js";
import { type WebhookEvents, WebhookRecord, type WebhookState } from "./webhook-record.js";

/** What a status page and metrics tell of a server. */
export interface BbbServerState {
  /** What the last question came to; `undefined` when it was answered. */
  readonly fault: string | undefined;
  /** Milliseconds since the last good answer; `undefined` when there was none. */
  readonly ageMs: number | undefined;
  readonly meetings: number;
  /** The time from one poll to the next now, in milliseconds: longer than configured while the server fails. */
  readonly askedEveryMs: number;
  /** Questions so far, those that failed among them. */
  readonly polls: number;
  readonly failedPolls: number;
  /** How long the last good answer took and how large it was; `undefined` when there was none. */
  readonly lastAnswerMs: number | undefined;
  readonly bytes: number | undefined;
  /** PINs that another server has too. */
  readonly clashes: number;
  /** Whether its FreeSWITCH hands calls on to LiveKit, as the last such call has seen it; `undefined`: no call has. */
  readonly livekitWay: "works" | "missing" | undefined;
  readonly webhooks: WebhookState;
}

export interface BbbServerOptions {
  /** How the media servers reach the conferences in FreeSWITCH. */
  readonly node: ConferenceNode;
  /** livekit-sip itself; `undefined`: the node's FreeSWITCH hands calls on to it. */
  readonly livekit: ConferenceNode | undefined;
  /** What carries the audio of meetings of which nothing is known; `undefined`: LiveKit is asked. */
  readonly audioBridge: AudioBridge | undefined;
  readonly api: Pick<BbbApi, "getMeetings">;
  /** How often the server is asked without a reason, in milliseconds. */
  readonly pollEveryMs: number;
  readonly clock: Clock;
  /** A number from 0 up to, but not including, 1. */
  readonly random: () => number;
}

export interface BbbServerEvents {
  /** What is known of these PINs has changed. */
  readonly onChange: (pins: ReadonlySet<string>) => void;
  /** The answers have begun to fail, changed their fault, or are good again (`undefined`). */
  readonly onFault: (fault: string | undefined) => void;
  readonly onWebhooks: WebhookEvents;
  readonly onBug: (error: unknown) => void;
}

/** How long meetings of a server that does not answer any more are still believed, in milliseconds. */
const believedForMs = 60_000;
/** The longest time between polls of a server that fails, if it is not polled more rarely anyway. */
const maxPauseMs = 30_000;
/** An answer to a question this young is as good as a new one. */
const freshMs = 200;
/** A server that fails is not asked again for callers before this time. */
const failedFreshMs = 2_000;
/** Polls come up to this share of the interval earlier or later, so that servers are not asked in step. */
const jitter = 0.1;

/** One BBB server: the meetings that it had when it was last asked, and what its webhooks have told since. */
export class BbbServer {
  readonly name: string;
  readonly webhooks: WebhookRecord;
  readonly #options: BbbServerOptions;
  readonly #meetings = new MeetingList();
  #events: BbbServerEvents | undefined;
  #fault: string | undefined = "not asked yet";
  #failures = 0;
  #polls = 0;
  #failedPolls = 0;
  #answered: { readonly at: number; readonly tookMs: number; readonly bytes: number } | undefined;
  #asking: { readonly since: number; readonly done: Promise<void> } | undefined;
  /** The last question that has come to an end, well or not. */
  #asked: { readonly since: number; readonly until: number } | undefined;
  /** When the last webhook told of a meeting. */
  #heardAt: number | undefined;
  #callOffPoll: () => void = () => undefined;
  #callOffForgetting: () => void = () => undefined;
  #isClosed = false;
  #livekitWay: "works" | "missing" | undefined;
  /** Kept up to date by the directory. */
  clashes = 0;

  constructor(options: BbbServerOptions) {
    this.name = options.node.name;
    this.#options = options;
    this.webhooks = new WebhookRecord(options.clock);
  }

  get state(): BbbServerState {
    const now = this.#options.clock.now();
    return {
      fault: this.#fault,
      ageMs: this.#answered === undefined ? undefined : now - this.#answered.at,
      meetings: this.#meetings.size,
      askedEveryMs: this.#pauseMs,
      polls: this.#polls,
      failedPolls: this.#failedPolls,
      lastAnswerMs: this.#answered?.tookMs,
      bytes: this.#answered?.bytes,
      clashes: this.clashes,
      livekitWay: this.#livekitWay,
      webhooks: this.webhooks.state,
    };
  }

  /** Whether the last question was answered. */
  get answers(): boolean {
    return this.#fault === undefined;
  }

  get pins(): Iterable<string> {
    return this.#meetings.pins;
  }

  meeting(digits: string): Meeting | undefined {
    return this.#meetings.withPin(digits);
  }

  hasMeeting(meetingId: string): boolean {
    return this.#meetings.withId(meetingId) !== undefined;
  }

  /** Whether a PIN begins with these digits and has more of them. */
  goesOnAfter(digits: string): boolean {
    return this.#meetings.goesOnAfter(digits);
  }

  /** The same for the PINs of main rooms alone. */
  mainRoomGoesOnAfter(digits: string): boolean {
    return [...this.#meetings.meetings].some(
      ({ parentId, voiceBridge }) =>
        parentId === undefined && voiceBridge.reveal() !== digits && voiceBridge.reveal().startsWith(digits),
    );
  }

  /** The lengths of the PINs of its main rooms; `undefined`: there are none. */
  get pinLengths(): PinLengths | undefined {
    return this.#meetings.lengths;
  }

  /** What carries the audio of meetings of which nothing is known. */
  get usualAudio(): AudioBridge | undefined {
    return this.#options.audioBridge;
  }

  /** How a telephone gets into the meeting. */
  conference({ meetingId, createdAt, voiceBridge, parentId, audioBridge: told }: Meeting): Conference {
    const { node, livekit: livekitNode, audioBridge: usual } = this.#options;
    const parent = parentId === undefined ? undefined : this.#meetings.withId(parentId);
    return {
      node,
      audio: { told, usual, livekitNode },
      meetingId,
      createdAt,
      voiceBridge,
      mainRoom: parent?.voiceBridge,
    };
  }

  /** @returns whether that is news */
  noteLivekitWay(way: "works" | "missing"): boolean {
    const isNews = this.#livekitWay !== way;
    this.#livekitWay = way;
    return isNews;
  }

  /**
   * Asks once, then goes on polling until `close`.
   *
   * @param phase from 0 to 1: where in its interval the second question lies
   */
  async open(events: BbbServerEvents, phase: number): Promise<void> {
    this.#events = events;
    this.webhooks.events = events.onWebhooks;
    await this.#refresh();
    this.#pollAfter(this.#failures > 0 ? this.#pauseMs : this.#options.pollEveryMs * phase);
  }

  close(): void {
    this.#isClosed = true;
    this.#callOffPoll();
    this.#callOffForgetting();
  }

  /** Settles when a question has come to an end that was young enough to count as asked now. Never rejects. */
  async poll(): Promise<void> {
    const now = this.#options.clock.now();
    const isFresh =
      this.#asked !== undefined &&
      (this.answers ? now - this.#asked.since < freshMs : now - this.#asked.until < failedFreshMs);
    if (this.#asking !== undefined || !isFresh) await this.#refresh();
  }

  /** Settles when a question has come to an end that was asked from now on. Never rejects. */
  async pollFresh(): Promise<void> {
    const now = this.#options.clock.now();
    if (this.#asking !== undefined && this.#asking.since < now) await this.#asking.done;
    if (this.#asked === undefined || this.#asked.since < now) await this.#refresh();
  }

  /** A webhook of this server has told that there is a meeting now. */
  created(meeting: Meeting): void {
    this.#tell(this.#meetings.created(meeting, this.#heard()));
  }

  /** A webhook of this server has told that a meeting is over. */
  ended(meetingId: string): void {
    this.#tell(this.#meetings.ended(meetingId, this.#heard()));
  }

  #heard(): number {
    const now = this.#options.clock.now();
    this.#heardAt = now;
    if (!this.answers) this.#forgetInTime();
    return now;
  }

  get #pauseMs(): number {
    const { pollEveryMs } = this.#options;
    return Math.min(pollEveryMs * 2 ** this.#failures, Math.max(pollEveryMs, maxPauseMs));
  }

  #pollAfter(ms: number): void {
    if (this.#isClosed) return;
    this.#callOffPoll = this.#options.clock.after(ms, () => {
      this.#poll().catch((error: unknown) => this.#events?.onBug(error));
    });
  }

  async #poll(): Promise<void> {
    await this.#refresh();
    this.#pollAfter(this.#pauseMs * (1 - jitter + 2 * jitter * this.#options.random()));
  }

  /** Asks the server; whoever asks meanwhile gets the same answer. */
  async #refresh(): Promise<void> {
    if (this.#asking === undefined) {
      const since = this.#options.clock.now();
      const done = this.#fetchMeetings(since).finally(() => {
        this.#asking = undefined;
        this.#asked = { since, until: this.#options.clock.now() };
      });
      this.#asking = { since, done };
    }
    await this.#asking.done;
  }

  async #fetchMeetings(since: number): Promise<void> {
    const answer = await this.#options.api.getMeetings();
    if (this.#isClosed) return;
    const now = this.#options.clock.now();
    this.#polls += 1;
    if (answer.ok) {
      const { meetings, bytes } = answer.value;
      this.#failures = 0;
      this.#answered = { at: now, tookMs: now - since, bytes };
      this.#callOffForgetting();
      const changed = this.#meetings.answered(meetings, since);
      this.#note(undefined);
      this.#tell(changed);
      return;
    }
    this.#failures += 1;
    this.#failedPolls += 1;
    this.#note(answer.failure);
    this.#forgetInTime();
  }

  /** A server that does not answer is believed for so long after its last word. */
  #forgetInTime(): void {
    this.#callOffForgetting();
    const lastWordAt = Math.max(this.#answered?.at ?? -Infinity, this.#heardAt ?? -Infinity);
    this.#callOffForgetting = this.#options.clock.after(
      Math.max(0, lastWordAt + believedForMs - this.#options.clock.now()),
      () => {
        this.#tell(this.#meetings.forget());
      },
    );
  }

  #note(fault: string | undefined): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#events?.onFault(fault);
  }

  #tell(changed: ReadonlySet<string>): void {
    if (changed.size > 0) this.#events?.onChange(changed);
  }
}
