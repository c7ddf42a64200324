import type { Clock } from "../util/clock.js";
import type { Bridge, ConferenceNode, NodeLeg, NodeProbe } from "./interfaces.js";
import { Rounds } from "./rounds.js";

export interface NodeWatchParts {
  readonly clock: Clock;
  readonly bridge: Pick<Bridge, "receivedPackets" | "abandon">;
  readonly node: ConferenceNode;
  readonly nodes: NodeProbe;
  readonly onBug: (error: unknown) => void;
}

/** All times in milliseconds. Interval of the RTP check: with a probe of 1 s, a dead node is left within 3 s. */
const lookIntervalMs = 1_000;
/** The interval for legs that have a sentry. */
const restIntervalMs = 5_000;
/** Time between the two looks at an alarm. It fits into the sentry's probe; RTP comes every 20 ms. */
const alarmLookMs = 300;
/** Pause after an answered probe, doubled each time: BBB's uuid_hold sends no RTP for minutes. */
const firstPauseMs = 5_000;
const maxPauseMs = 30_000;

/**
 * Detects a lost node. BBB's conference sends RTP all the time (comfort-noise). When it stops, the node's SIP port is
 * probed first, because hold, jitter and short network faults are silent, too. Nodes that can't be probed from here rely on
 * FreeSWITCH's `rtp-timeout-sec` (15 s). Of several legs to a node one is looked at each second; its silence alarms the others.
 */
export class NodeWatch {
  readonly #parts: NodeWatchParts;
  readonly #rounds: Rounds;
  readonly #leg: NodeLeg;
  #packets: number | undefined;
  #lookAt = 0;
  #askAt = 0;
  #pause = firstPauseMs;
  #cancelLook: () => void = () => undefined;

  constructor(parts: NodeWatchParts) {
    this.#parts = parts;
    parts.nodes.learn(parts.node);
    this.#leg = parts.nodes.join(parts.node, () => {
      this.#alarmed().catch(parts.onBug);
    });
    this.#rounds = new Rounds(parts.clock, lookIntervalMs, () => this.#round(), parts.onBug);
  }

  stop(): void {
    this.#rounds.stop();
    this.#cancelLook();
    this.#leg.leave();
  }

  async #round(): Promise<void> {
    const { clock } = this.#parts;
    if (!this.#leg.isSentry && clock.now() < this.#lookAt) return;
    this.#lookAt = clock.now() + restIntervalMs;
    if ((await this.#hears()) || this.#rounds.areOver || clock.now() < this.#askAt) return;
    if (this.#leg.isSentry) this.#leg.alarm();
    await this.#probe();
  }

  /** The last look was up to `restIntervalMs` ago: if RTP has come since, only another look can tell whether it still does. */
  async #alarmed(): Promise<void> {
    const { clock, onBug } = this.#parts;
    if (!(await this.#hears())) {
      await this.#lookedSilent();
      return;
    }
    if (this.#rounds.areOver) return;
    this.#cancelLook();
    this.#cancelLook = clock.after(alarmLookMs, () => {
      this.#lookAgain().catch(onBug);
    });
  }

  async #lookAgain(): Promise<void> {
    if (!(await this.#hears())) await this.#lookedSilent();
  }

  async #lookedSilent(): Promise<void> {
    if (!this.#rounds.areOver && this.#parts.clock.now() >= this.#askAt) await this.#probe();
  }

  /** Whether RTP has come since the last look; true if that is not known. */
  async #hears(): Promise<boolean> {
    const { bridge, node, nodes } = this.#parts;
    const packets = await bridge.receivedPackets();
    if (this.#rounds.areOver || packets === undefined) return true;
    if (packets === this.#packets) return false;
    this.#packets = packets;
    this.#askAt = 0;
    this.#pause = firstPauseMs;
    nodes.learn(node);
    return true;
  }

  async #probe(): Promise<void> {
    const { clock, bridge, node, nodes } = this.#parts;
    const answer = await nodes.ask(node);
    if (this.#rounds.areOver) return;
    if (answer === "silent") {
      this.stop();
      bridge.abandon();
      return;
    }
    // A leg on hold would notice nothing for the others.
    this.#leg.stepBack();
    this.#askAt = clock.now() + this.#pause;
    this.#pause = Math.min(2 * this.#pause, maxPauseMs);
  }
}
