import { randomBytes } from "node:crypto";

import { BbbApi } from "../bbb/api-client.js";
import type { BbbServerConfig, Config } from "../config/config.js";
import type { ControlClient } from "../control/control-client.js";
import { RemotePinBook } from "../control/remote-pin-book.js";
import { TestConference } from "../probe/synthetic/test-conference.js";
import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import { sleep } from "../util/wait.js";
import { conferenceEnds, conferenceOver, whileJoining, whileTalking } from "./calls/conference.js";
import { whileAsking, whileGreeting, whileRinging, whileWaiting, wrongPins } from "./calls/dialogue.js";
import type { Evidence } from "./calls/encryption.js";
import { malformed, plainRtp, plainSip, unknownNumber, unusableOffer } from "./calls/refused.js";
import type { CallRoute } from "./calls/route.js";
import type { Scenario, ScenarioTools } from "./calls/scenario.js";
import { conferencePinDigits, MarkSource } from "./draw-marks.js";
import { raiseLevels } from "./levels.js";
import { Mark, type MarkKind } from "./mark.js";
import { formNames } from "./needles.js";
import type { Permission, Place } from "./place.js";
import { plantVariable } from "./places/freeswitch.js";
import type { RandomBelow } from "./random.js";
import { type CallRecord, outOfReach, type ProveReport, verdictOf } from "./report.js";
import { Watch } from "./watch.js";

export interface ProveOptions {
  readonly config: Config;
  readonly client: ControlClient;
  readonly route: CallRoute;
  /** The server of the test conference. */
  readonly bbbServer: BbbServerConfig;
  readonly raiseEngines: boolean;
  /** @param permits permitted marks by place, once the PINs are known */
  readonly places: (permits: Permissions, newPin: () => string) => Promise<readonly Place[]>;
  /** Places that can't be searched, and places that the operator leaves out. */
  readonly faults: readonly string[];
  readonly leftOut: readonly string[];
  readonly clock: Clock;
  readonly randomBelow: RandomBelow;
  readonly stop: Latch<true>;
  /** The current step. */
  readonly onProgress: (text: string) => void;
}

/** The places in which the PINs of the calls are permitted. */
export interface Permissions {
  /** FreeSWITCH dials the conference's number. */
  readonly dialled: Permission;
  /** BBB lists the conference. */
  readonly hosted: Permission;
  /** einwahl stores the PINs of rooms. */
  readonly kept: Permission;
}

/** In the order of the calls: the conference ends during one of them. */
const scenarios: readonly Scenario[] = [
  whileTalking,
  whileJoining,
  conferenceEnds,
  conferenceOver,
  whileRinging,
  whileGreeting,
  whileAsking,
  wrongPins,
  whileWaiting,
  unknownNumber,
  plainRtp,
  unusableOffer,
  malformed,
  plainSip,
];

const apiTimeoutMs = 10_000;
/** The delay for late writes to logs, databases and the journal, in milliseconds. */
const settleMs = 3_000;

/** Places marked calls and searches all places for the marks. Always undoes all changes. */
export async function prove(options: ProveOptions): Promise<ProveReport> {
  return await new Proof(options).run();
}

class Proof {
  readonly #options: ProveOptions;
  readonly #marks: MarkSource;
  /** The marks of the calls. */
  readonly #sought: Mark[] = [];
  readonly #evidence: Evidence[] = [];
  readonly #calls: CallRecord[] = [];
  readonly #faults: string[];
  readonly #undo: (() => Promise<void>)[] = [];
  #watches: readonly Watch[] = [];

  constructor(options: ProveOptions) {
    this.#options = options;
    this.#faults = [...options.faults];
    const own = options.config.trunks.flatMap(({ numbers }) => numbers.map(({ number }) => number));
    this.#marks = new MarkSource(options.randomBelow, own);
  }

  async run(): Promise<ProveReport> {
    const { clock, stop, leftOut } = this.#options;
    const begun = clock.now();
    let levels: ProveReport["levels"] = [];
    try {
      const raised = await raiseLevels(this.#options);
      this.#undo.push(() => raised.restore());
      ({ levels } = raised);
      await this.#work();
    } finally {
      for (const undo of this.#undo.splice(0).reverse()) await undo();
    }
    if (stop.isSet) this.#faults.push("it was aborted");
    const places = this.#watches.map(({ record }) => record);
    const seen = { places, evidence: this.#evidence, calls: this.#calls, faults: this.#faults };
    const count = (kind: MarkKind): number => this.#sought.filter((mark) => mark.kind === kind).length;
    return {
      ...seen,
      verdict: verdictOf(seen),
      levels,
      leftOut,
      marks: { number: count("number"), pin: count("pin"), name: count("name") },
      forms: formNames,
      outOfReach,
      totalMs: Math.round(clock.now() - begun),
    };
  }

  async #work(): Promise<void> {
    const { stop, places, onProgress, clock } = this.#options;
    const conference = await this.#openConference();
    if (!conference.ok) {
      this.#faults.push(conference.failure);
      return;
    }
    const { rightPin, end } = conference.value;
    const reservedPin = await this.#reserveRoom();
    const permits = permissionsFor(rightPin, reservedPin);
    this.#watches = (
      await places(permits, () => this.#marks.pin("of a planted conference", conferencePinDigits).reveal())
    ).map((place) => new Watch(place, clock));
    for (const { place } of this.#watches) await place.begin();
    for (const watch of this.#watches) {
      if (stop.isSet) return;
      onProgress(`planting: ${watch.place.name}`);
      await watch.tryPlants(() => this.#marks.number("planted"));
    }
    const tools = this.#tools(rightPin, reservedPin, end);
    for (const scenario of scenarios) {
      if (stop.isSet) return;
      onProgress(`calling: ${scenario.title}`);
      await this.#place(scenario, tools);
    }
    onProgress("searching");
    await sleep(clock, settleMs);
    for (const watch of this.#watches) await watch.look(this.#sought, undefined);
  }

  async #place(scenario: Scenario, tools: ScenarioTools): Promise<void> {
    const { title } = scenario;
    const caller = {
      number: this.#seek(this.#marks.number(`the caller's number (${title})`)),
      name: this.#seek(this.#marks.name(`the caller's display name (${title})`)),
    };
    this.#calls.push({ title, ...(await scenario.run(tools, caller)) });
  }

  #seek(mark: Mark): Mark {
    this.#sought.push(mark);
    return mark;
  }

  #tools(rightPin: Mark, reservedPin: Mark | undefined, endConference: () => Promise<void>): ScenarioTools {
    const { route, clock, stop, config } = this.#options;
    const marks = this.#marks;
    return {
      route,
      clock,
      stop,
      config,
      // Typed digits are marks of the calls; the called number is not.
      newPin: (title, digits) => this.#seek(marks.pin(title, digits)),
      otherNumber: () => marks.number("a number that no trunk has").reveal(),
      rightPin,
      reservedPin,
      observe: async (stage) => {
        for (const watch of this.#watches) if (watch.place.when === "calls") await watch.look(this.#sought, stage);
      },
      noteEvidence: (evidence) => {
        this.#evidence.push(...evidence);
      },
      plantOnChannel: async (server, uuid) => {
        const watch = this.#watches.find(({ place }) => place.id === "freeswitch-channels");
        await watch?.tryPlant(plantVariable(server, uuid, clock), marks.number("planted"));
      },
      endConference,
    };
  }

  async #openConference(): Promise<Result<{ readonly rightPin: Mark; readonly end: () => Promise<void> }, string>> {
    const {
      bbbServer: { name, apiUrl, secret, checksum },
    } = this.#options;
    const rightPin = this.#seek(this.#marks.pin("the PIN of the conference", conferencePinDigits));
    const opened = await TestConference.open({
      api: new BbbApi({ url: apiUrl, secret: secret.reveal(), algorithm: checksum, answerTimeoutMs: apiTimeoutMs }),
      voiceBridge: rightPin.reveal(),
      meetingId: `einwahl-prove-${randomBytes(12).toString("hex")}`,
      password: randomBytes(18).toString("base64url"),
    });
    if (!opened.ok) return failure(`${name} can't create the conference: ${opened.failure}`);
    let isOpen = true;
    const end = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      const ended = await opened.value.end();
      if (!ended.ok)
        this.#faults.push(`${name} can't end the conference, which expires after three minutes: ${ended.failure}`);
    };
    this.#undo.push(end);
    return success({ rightPin, end });
  }

  /** `undefined`: this installation reserves no PINs. */
  async #reserveRoom(): Promise<Mark | undefined> {
    const pins = new RemotePinBook(this.#options.client);
    const room = `einwahl-prove-${randomBytes(12).toString("hex")}`;
    const reserved = await pins.reserve(room);
    if (!reserved.ok) return undefined;
    this.#undo.push(async () => {
      await pins.release(room);
    });
    return this.#seek(new Mark("pin", "the PIN of a room whose conference has not begun", reserved.value.pin));
  }
}

function permissionsFor(rightPin: Mark, reservedPin: Mark | undefined): Permissions {
  const only =
    (wanted: Mark | undefined, why: string): Permission =>
    (mark) =>
      mark === wanted ? why : undefined;
  return {
    dialled: (mark, isCallUp) => (mark === rightPin && isCallUp ? "FreeSWITCH dials it during the call" : undefined),
    hosted: only(rightPin, "it is BBB's own number of the conference"),
    kept: only(reservedPin, "einwahl stores the PINs of rooms"),
  };
}
