import { runCall } from "../../src/call/call.js";
import type { EndCause } from "../../src/call/cause.js";
import type { CallServices } from "../../src/call/context.js";
import type {
  Admission,
  Bridge,
  CallerEndpoint,
  MediaFailure,
  OfferingEndpoint,
  SlotRefusal,
} from "../../src/call/interfaces.js";
import { JoinPacer } from "../../src/call/join-pacer.js";
import { NodeLegs } from "../../src/call/node-legs.js";
import { Occupancy } from "../../src/call/occupancy.js";
import type { CallReport, PinOutcome, Stage } from "../../src/call/progress.js";
import type { CallRecord } from "../../src/call/record.js";
import { resumeCall } from "../../src/call/resume.js";
import type { CallSettings } from "../../src/call/settings.js";
import { defaultLabels } from "../../src/caller/label.js";
import { CallerNumber } from "../../src/caller/secret.js";
import type { GuessThrottle } from "../../src/store/guess-throttle.js";
import { LivekitIdentities } from "../../src/store/livekit-identities.js";
import { MeetingAudio } from "../../src/store/meeting-audio.js";
import { Removals } from "../../src/store/removals.js";
import { Latch } from "../../src/util/latch.js";
import { failure, type Result, success } from "../../src/util/result.js";
import { CountedClock, FakeClock, settle } from "./fake-clock.js";
import { fakeHasher } from "./fake-day-keys.js";
import { type DirectoryScript, fakeConference, FakeDirectory } from "./fake-directory.js";
import { type EndpointScript, FakeEndpoint, type FakePlay, type Perform, type Timing } from "./fake-endpoint.js";
import { memoryThrottle, slowGuesses } from "./fake-guesses.js";
import { FakeIncomingCall, type IncomingCallScript } from "./fake-incoming-call.js";

/** Behaviour of the fakes around one call. All durations are milliseconds. */
export interface CallScript extends EndpointScript, IncomingCallScript, DirectoryScript {
  readonly admission: Result<Admission, "unknown-source" | "unknown-number">;
  readonly place: "free" | SlotRefusal | "draining";
  /** Whether the machines have the capacity for the call. */
  readonly turn: "free" | "overloaded";
  /** Whether a slot for a waiting caller is free. */
  readonly waitingPlace: "free" | "waiting-full";
  /** Response time of the store with the counts of wrong PINs. */
  readonly guessesMs: Timing;
  readonly openMs: Timing;
  readonly openFailure: MediaFailure | undefined;
  /** When the caller goes on hold, and is back, and so on, from the media server's answer on; 0: on hold from the start. */
  readonly holdsAtMs: readonly number[];
  /** The digits that the caller types at each prompt for a PIN, 500 ms after its beginning; one every 200 ms. */
  readonly typing: readonly string[];
  readonly settings: CallSettings;
}

export const someSettings: CallSettings = {
  pin: { tries: 3, firstKeyTimeoutMs: 8_000, nextKeyTimeoutMs: 4_000, dialogueTimeoutMs: 120_000 },
  waiting: { limitMs: 1_800_000, remindEveryMs: 45_000 },
  hints: false,
  leaveKey: "#",
  withheldAfterRemoval: "allow",
  channelTimeoutMs: 4_000,
  acceptTimeoutMs: 3_000,
  joinTimeoutMs: 15_000,
  lookUpTimeoutMs: 5_000,
  maxDurationMs: 3_600_000,
  maxHoldMs: 600_000,
  label: defaultLabels,
  pseudonymKey: undefined,
};

/** With the number +4915112345678. */
export function someAdmission(changes: Partial<Admission> = {}): Admission {
  const number = CallerNumber.parse("+4915112345678");
  if (!number.ok) throw new Error("no number");
  return {
    origin: "regular",
    trunk: "easybell",
    channels: undefined,
    calledNumberFrom: "to",
    languages: ["de", "en"],
    caller: { kind: "number", number: number.value },
    srtp: "mandatory",
    ...changes,
  };
}

/** A successful call: the caller types a PIN and stays for a minute. */
export const goodScript: CallScript = {
  admission: success(someAdmission()),
  place: "free",
  turn: "free",
  waitingPlace: "free",
  guessesMs: 0,
  offer: "sdes",
  openMs: 20,
  openFailure: undefined,
  acceptMs: 5,
  acceptOutcome: success(undefined),
  moveMs: 30,
  moveOutcome: success(undefined),
  hangUpMs: 10,
  acknowledgedMs: 20,
  promptMs: 2_000,
  stopMs: 10,
  releaseMs: 15,
  bridgeMs: 300,
  talkMs: 60_000,
  overs: ["ended"],
  bridgeOutcomes: [success({ codec: "PCMA", suite: "AEAD_AES_256_GCM" })],
  suite: "AES_CM_128_HMAC_SHA1_80",
  conferences: [fakeConference("54321")],
  reserved: [],
  lookUpMs: 5,
  lookups: [],
  goesOnMs: 0,
  newer: [],
  stillOpenMs: 5,
  stillOpen: ["over"],
  opensMs: [],
  holdsAtMs: [],
  typing: ["54321"],
  settings: someSettings,
};

/** 2026-01-01, milliseconds since 1970. */
export const todayAtStart = Date.UTC(2026, 0, 1);

/** Longer than any call with all its limits, in milliseconds of fake time. */
const maxCallMs = 2 * 3_600_000;
const maxTimers = 10_000;

/** State shared by calls. */
export type SharedCallState = Partial<Pick<CallHarness, "clock" | "hasher" | "throttle">> & LivekitMemory;

/** State about LiveKit shared by calls. */
export interface LivekitMemory {
  readonly audioBridges?: MeetingAudio;
  readonly identities?: LivekitIdentities;
}

/** One call with fakes for everything around it. */
export class CallHarness {
  readonly clock: FakeClock;
  /** The call's own clock: its pending timers were left behind by the call. */
  readonly callClock: CountedClock;
  readonly call: FakeIncomingCall;
  readonly directory: FakeDirectory;
  readonly shutdown = new Latch<EndCause>();
  readonly occupancy = new Occupancy(() => this.clock.now());
  readonly joinPacer: JoinPacer;
  readonly removals = new Removals(() => undefined);
  readonly audioBridges: MeetingAudio;
  readonly identities: LivekitIdentities;
  readonly hasher: CallServices["hasher"];
  /** Counts wrong PINs, optionally shared with other harnesses. */
  readonly throttle: GuessThrottle;
  readonly endpoints: FakeEndpoint[] = [];
  readonly stages: Stage[] = [];
  readonly pins: PinOutcome[] = [];
  readonly bugs: unknown[] = [];
  readonly script: CallScript;
  opens = 0;
  placesTaken = 0;
  placesGivenBack = 0;
  waitingPlaces = 0;
  report: CallReport | undefined;
  /** Leftovers that the test causes on purpose. */
  expectedLeftovers = /^$/;
  /** Called when the call begins to wait, and before and after an engine settles a promise. */
  onPoint: () => void = () => undefined;
  /** Called when the endpoint starts to play. */
  onPlay: (endpoint: FakeEndpoint, play: FakePlay) => void = () => undefined;
  readonly #perform: Perform;
  readonly #nodeLegs = new NodeLegs();
  #requests = 0;
  #isBegun = false;

  constructor(changes: Partial<CallScript> = {}, shared: SharedCallState = {}) {
    this.clock = shared.clock ?? new FakeClock();
    this.hasher = shared.hasher ?? fakeHasher();
    this.audioBridges = shared.audioBridges ?? new MeetingAudio(() => undefined);
    this.identities = shared.identities ?? new LivekitIdentities(() => undefined);
    this.throttle = shared.throttle ?? memoryThrottle(this.clock);
    this.script = { ...goodScript, ...changes };
    this.callClock = new CountedClock(this.clock, () => {
      this.onPoint();
    });
    this.joinPacer = new JoinPacer(this.clock, 25);
    this.#perform = async (_name, timing, outcome) =>
      await new Promise((resolve) => {
        if (timing === "never") return;
        this.clock.after(timing, () => {
          this.onPoint();
          resolve(outcome());
          this.onPoint();
        });
      });
    this.call = new FakeIncomingCall(this.script, this.#perform);
    this.directory = new FakeDirectory(this.script, this.#perform);
  }

  /** A call whose resources are checked at the end of the test; a call that is not over by then is ended first. */
  static checked(
    owner: { teardown(end: () => Promise<void>): void },
    changes: Partial<CallScript> = {},
    shared: SharedCallState = {},
  ): CallHarness {
    const harness = new CallHarness(changes, shared);
    owner.teardown(async () => {
      if (!harness.#isBegun) return;
      harness.shutdown.set("shutdown");
      await harness.finish();
      const left = (await harness.leftovers()).filter((each) => !harness.expectedLeftovers.test(each));
      if (left.length > 0) throw new Error(`not released: ${left.join(", ")}`);
    });
    return harness;
  }

  /** The first opened endpoint. */
  get endpoint(): FakeEndpoint {
    const [endpoint] = this.endpoints;
    if (endpoint === undefined) throw new Error("no endpoint was opened");
    return endpoint;
  }

  services(): CallServices {
    const { admission, place, waitingPlace } = this.script;
    return {
      clock: this.callClock,
      trunks: { admit: () => admission },
      hasher: this.hasher,
      guesses: (admitted) => slowGuesses(this.throttle.callerOf(admitted), this.#perform, this.script.guessesMs),
      media: { openEndpoint: async () => await this.#open(), openOffer: async () => await this.#openOffer() },
      directory: this.directory,
      nodes: {
        learn: () => undefined,
        ask: async () => await Promise.resolve("unknown"),
        join: (node, onAlarm) => this.#nodeLegs.join(node, onAlarm),
      },
      joinPacer: this.joinPacer,
      acquireSlot: () => {
        if (place !== "free") return failure(place);
        this.placesTaken += 1;
        return success(() => {
          this.placesGivenBack += 1;
        });
      },
      takeTurn: () => (this.script.turn === "free" ? success({ mediaServer: undefined }) : failure(this.script.turn)),
      resumeSlot: () => {
        this.placesTaken += 1;
        return () => {
          this.placesGivenBack += 1;
        };
      },
      owner: "this-process",
      callId: "call",
      today: () => todayAtStart + this.clock.now(),
      acquireWaitingSlot: () => {
        if (waitingPlace !== "free") return failure(waitingPlace);
        this.waitingPlaces += 1;
        return success(() => {
          this.waitingPlaces -= 1;
        });
      },
      removals: this.removals,
      audioBridges: this.audioBridges,
      identityClaims: this.identities,
      shutdown: this.shutdown,
      entered: (voiceBridge) => this.occupancy.enter(voiceBridge, "call"),
      onStage: (stage) => {
        this.stages.push(stage);
      },
      onPin: (outcome) => {
        this.pins.push(outcome);
      },
      onBug: (error) => {
        this.bugs.push(error);
      },
    };
  }

  /** Starts the call; it continues as the test advances the clock. */
  begin(changes: Partial<CallServices> = {}): void {
    this.#isBegun = true;
    runCall(this.call, { ...this.services(), ...changes }, this.script.settings).then(
      (report) => {
        this.report = report;
      },
      (error: unknown) => {
        this.bugs.push(error);
      },
    );
  }

  /** Continues a call that another process has begun, on a new endpoint of this harness. */
  resume(record: CallRecord, bridge?: (endpoint: FakeEndpoint) => Bridge, changes: Partial<CallServices> = {}): void {
    this.#isBegun = true;
    const endpoint = this.#makeEndpoint();
    this.call.answeredElsewhere();
    const resumed = { call: this.call, endpoint, record, bridge: bridge?.(endpoint) };
    resumeCall(resumed, { ...this.services(), ...changes }, this.script.settings).then(
      (report) => {
        this.report = report;
      },
      (error: unknown) => {
        this.bugs.push(error);
      },
    );
  }

  /** Advances the clock until the call has returned. */
  async finish(): Promise<CallReport> {
    const limit = this.clock.now() + maxCallMs;
    await settle();
    for (let timers = 0; this.report === undefined && timers < maxTimers; timers++) {
      if (!(await this.clock.step(limit))) break;
    }
    if (this.report === undefined) throw new Error(`the call did not end; bugs: ${String(this.bugs)}`);
    return this.report;
  }

  async run(changes: Partial<CallServices> = {}): Promise<CallReport> {
    this.begin(changes);
    return await this.finish();
  }

  /** The caller's phone sends these digits, all at once. */
  press(keys: string): void {
    for (const key of keys) this.endpoint.dtmf.press(key);
  }

  /** Resources that an ended call has not released; empty if all were released. */
  async leftovers(): Promise<string[]> {
    await settle();
    const left: string[] = [];
    const expect = (what: string, is: number, shouldBe = 0): void => {
      if (is !== shouldBe) left.push(`${what}: ${is} instead of ${shouldBe}`);
    };
    expect("pending timers", this.callClock.pending);
    expect("listeners for the caller's leaving", this.call.gone.listenerCount);
    expect("listeners for the shutdown", this.shutdown.listenerCount);
    for (const endpoint of this.endpoints) {
      expect("releases of the endpoint", endpoint.releases + endpoint.detached, 1);
      expect("listeners for the endpoint's end", endpoint.gone.listenerCount);
      expect("listeners for hold and resume", endpoint.hold.listenerCount);
    }
    expect("callers whom the directory would tell", this.directory.waiters.size);
    expect("conferences with callers", this.occupancy.conferences);
    expect("places given back", this.placesGivenBack, this.placesTaken);
    expect("places of those who wait", this.waitingPlaces);
    expect("bugs", this.bugs.length);
    left.push(...this.call.mistakes);
    const endings = this.call.refusals.length + this.call.hangUps.length;
    const isLeft = this.call.detached > 0;
    const byCaller = isLeft || this.call.gone.value === "cancelled" || this.call.gone.value === "caller-hung-up";
    if (endings > 1 || (endings === 0 && !byCaller)) left.push(`refused or hung up ${endings} times`);
    return left;
  }

  async #open(): Promise<Result<CallerEndpoint, MediaFailure>> {
    this.opens += 1;
    const { openMs, openFailure } = this.script;
    return await this.#perform<Result<CallerEndpoint, MediaFailure>>("opened", openMs, () => {
      if (openFailure !== undefined) return failure(openFailure);
      const endpoint = this.#makeEndpoint();
      for (const ms of this.script.holdsAtMs) {
        if (ms === 0) endpoint.hold.set(true);
        else
          this.clock.after(ms, () => {
            endpoint.hold.set(!endpoint.hold.isOn);
          });
      }
      return success(endpoint);
    });
  }

  #makeEndpoint(): FakeEndpoint {
    const endpoint = new FakeEndpoint(
      this.script,
      this.#perform,
      (at, play) => {
        this.#answer(at, play);
        this.onPlay(at, play);
      },
      this.clock,
    );
    this.endpoints.push(endpoint);
    return endpoint;
  }

  /** The endpoint exists from the offer on, and is returned only with the answer. */
  async #openOffer(): Promise<Result<OfferingEndpoint, MediaFailure>> {
    const opened = await this.#open();
    if (!opened.ok) return opened;
    const { value: endpoint } = opened;
    return success({
      offer: "v=0 the media server's offer",
      complete: async () => await this.#perform("completed", this.script.openMs, () => success(endpoint)),
      release: async () => await endpoint.release(),
      detach: () => {
        endpoint.detach();
      },
    });
  }

  /** Types the script's digits at the prompt for the PIN. */
  #answer(endpoint: FakeEndpoint, play: FakePlay): void {
    if (!play.text.includes("enter-pin")) return;
    const keys = this.script.typing[this.#requests++] ?? "";
    Array.from(keys).forEach((key, at) => {
      this.clock.after(500 + 200 * at, () => {
        endpoint.dtmf.press(key);
      });
    });
  }
}
