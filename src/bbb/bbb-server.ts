import type { AudioBridge, Conference, ConferenceNode, PinLengths } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import type { BbbApi } from "./api-client.js";
import type { Meeting } from "./meeting.js";
import { MeetingList } from "./meeting-list.js";
import { type WebhookEvents, WebhookRecord, type WebhookState } from "./webhook-record.js";

/** State of a server for the status page and metrics. */
export interface BbbServerState {
  /** The fault of the last poll; `undefined`: it succeeded. */
  readonly fault: string | undefined;
  /** Milliseconds since the last successful poll; `undefined`: none yet. */
  readonly ageMs: number | undefined;
  readonly meetings: number;
  /** The current poll interval in milliseconds: longer than configured while polls fail. */
  readonly askedEveryMs: number;
  /** Polls so far, including failed ones. */
  readonly polls: number;
  readonly failedPolls: number;
  /** Duration and size of the last successful poll; `undefined`: none yet. */
  readonly lastAnswerMs: number | undefined;
  readonly bytes: number | undefined;
  /** PINs that another server uses, too. */
  readonly clashes: number;
  /** Whether its FreeSWITCH routes calls to LiveKit, as seen by the last such call; `undefined`: no such call yet. */
  readonly livekitWay: "works" | "missing" | undefined;
  readonly webhooks: WebhookState;
}

export interface BbbServerOptions {
  /** The SIP target of the conferences in FreeSWITCH. */
  readonly node: ConferenceNode;
  /** The SIP target of livekit-sip; `undefined`: the FreeSWITCH of the BBB server routes calls to it. */
  readonly livekit: ConferenceNode | undefined;
  /** The audio bridge of meetings for which it is unknown; `undefined`: try LiveKit first. */
  readonly audioBridge: AudioBridge | undefined;
  readonly api: Pick<BbbApi, "getMeetings">;
  /** The regular poll interval in milliseconds. */
  readonly pollEveryMs: number;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
}

export interface BbbServerEvents {
  /** The meetings with these PINs have changed. */
  readonly onChange: (pins: ReadonlySet<string>) => void;
  /** Polls began to fail, fail for another reason, or succeed again (`undefined`). */
  readonly onFault: (fault: string | undefined) => void;
  readonly onWebhooks: WebhookEvents;
  readonly onBug: (error: unknown) => void;
}

/** How long the meetings of an unreachable server are kept, in milliseconds. */
const believedForMs = 60_000;
/** Limit of the poll interval of a failing server in milliseconds, unless the configured interval is longer. */
const maxPauseMs = 30_000;
/** The response to a poll sent within this time counts as fresh, in milliseconds. */
const freshMs = 200;
/** The time before callers trigger another poll of a failing server, in milliseconds. */
const failedFreshMs = 2_000;
/** Jitter of the poll interval, as a share of it: prevents polling all servers at the same moment. */
const jitter = 0.1;

/** One BBB server: its meetings as of the last poll, plus later webhook events. */
export class BbbServer {
  readonly name: string;
  readonly webhooks: WebhookRecord;
  readonly #options: BbbServerOptions;
  readonly #meetings = new MeetingList();
  #events: BbbServerEvents | undefined;
  #fault: string | undefined = "not polled yet";
  #failures = 0;
  #polls = 0;
  #failedPolls = 0;
  #answered: { readonly at: number; readonly tookMs: number; readonly bytes: number } | undefined;
  #asking: { readonly since: number; readonly done: Promise<void> } | undefined;
  /** The last completed poll, successful or not. */
  #asked: { readonly since: number; readonly until: number } | undefined;
  /** The time of the last webhook about a meeting. */
  #heardAt: number | undefined;
  #cancelPoll: () => void = () => undefined;
  #cancelForgetting: () => void = () => undefined;
  #isClosed = false;
  #livekitWay: "works" | "missing" | undefined;
  /** Updated by the directory. */
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

  /** Whether the last poll succeeded. */
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

  /** Whether these digits are a proper prefix of a PIN. */
  goesOnAfter(digits: string): boolean {
    return this.#meetings.goesOnAfter(digits);
  }

  /** The same for the PINs of main rooms only. */
  mainRoomGoesOnAfter(digits: string): boolean {
    return this.#meetings.mainRoomGoesOnAfter(digits);
  }

  /** The PIN lengths of its main rooms; `undefined`: it has none. */
  get pinLengths(): PinLengths | undefined {
    return this.#meetings.lengths;
  }

  /** The audio bridge of meetings for which it is unknown. */
  get usualAudio(): AudioBridge | undefined {
    return this.#options.audioBridge;
  }

  /** The SIP target for callers of the meeting. */
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

  /** @returns whether the value changed */
  noteLivekitWay(way: "works" | "missing"): boolean {
    const isNews = this.#livekitWay !== way;
    this.#livekitWay = way;
    return isNews;
  }

  /**
   * Polls once, then regularly until `close`.
   *
   * @param phase from 0 to 1: the position of the second poll in the interval
   */
  async open(events: BbbServerEvents, phase: number): Promise<void> {
    this.#events = events;
    this.webhooks.events = events.onWebhooks;
    await this.#refresh();
    this.#pollAfter(this.#failures > 0 ? this.#pauseMs : this.#options.pollEveryMs * phase);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelPoll();
    this.#cancelForgetting();
  }

  /** Whether `poll` would resolve at once. */
  get isFresh(): boolean {
    if (this.#asked === undefined || this.#asking !== undefined) return false;
    const now = this.#options.clock.now();
    return this.answers ? now - this.#asked.since < freshMs : now - this.#asked.until < failedFreshMs;
  }

  /** Whether the last poll succeeded and was sent less than `ms` milliseconds ago. */
  hasAnsweredWithin(ms: number): boolean {
    return this.answers && this.#asked !== undefined && this.#options.clock.now() - this.#asked.since < ms;
  }

  /** The size of the last response; 0: none yet. */
  get responseBytes(): number {
    return this.#answered?.bytes ?? 0;
  }

  /** Resolves once a poll no older than `freshMs` has completed. Never rejects. */
  async poll(): Promise<void> {
    if (!this.isFresh) await this.#refresh();
  }

  /** Resolves once a poll sent from now on has completed. Never rejects. */
  async pollFresh(): Promise<void> {
    const now = this.#options.clock.now();
    if (this.#asking !== undefined && this.#asking.since < now) await this.#asking.done;
    if (this.#asked === undefined || this.#asked.since < now) await this.#refresh();
  }

  /** Webhook event: a meeting was created. */
  created(meeting: Meeting): void {
    this.#tell(this.#meetings.created(meeting, this.#heard()));
  }

  /** Webhook event: a meeting has ended. */
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
    const plannedAt = this.#options.clock.now();
    this.#cancelPoll = this.#options.clock.after(ms, () => {
      this.#poll(plannedAt).catch((error: unknown) => this.#events?.onBug(error));
    });
  }

  async #poll(plannedAt: number): Promise<void> {
    const askedAt = this.#asked?.since ?? Number.NEGATIVE_INFINITY;
    const ageMs = this.#options.clock.now() - askedAt;
    // A lookup has polled instead.
    const isDone = this.answers && askedAt > plannedAt && ageMs < this.#options.pollEveryMs / 2;
    if (!isDone) await this.#refresh();
    const pauseMs = this.#pauseMs * (1 - jitter + 2 * jitter * this.#options.random());
    this.#pollAfter(isDone ? pauseMs - ageMs : pauseMs);
  }

  /** Polls the server; concurrent callers share the poll. */
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
      this.#cancelForgetting();
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

  /** Drops the meetings of an unreachable server `believedForMs` after its last poll or webhook. */
  #forgetInTime(): void {
    this.#cancelForgetting();
    const lastWordAt = Math.max(this.#answered?.at ?? -Infinity, this.#heardAt ?? -Infinity);
    this.#cancelForgetting = this.#options.clock.after(
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
