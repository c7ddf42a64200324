import type { Clock } from "../util/clock.js";
import type { Bridge, ConferenceNode, NodeProbe } from "./interfaces.js";
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
/** Pause after an answered probe, doubled each time: BBB's uuid_hold sends no RTP for minutes. */
const firstPauseMs = 5_000;
const maxPauseMs = 30_000;

/**
 * Detects a lost node. BBB's conference sends RTP all the time (comfort-noise). When it stops, the node's SIP port is
 * probed first, because hold, jitter and short network faults are silent, too. Nodes that can't be probed from here rely on
 * FreeSWITCH's `rtp-timeout-sec` (15 s).
 */
export class NodeWatch {
  readonly #parts: NodeWatchParts;
  readonly #rounds: Rounds;
  #packets: number | undefined;
  #askAt = 0;
  #pause = firstPauseMs;

  constructor(parts: NodeWatchParts) {
    this.#parts = parts;
    parts.nodes.learn(parts.node);
    this.#rounds = new Rounds(parts.clock, lookIntervalMs, () => this.#look(), parts.onBug);
  }

  stop(): void {
    this.#rounds.stop();
  }

  async #look(): Promise<void> {
    const { clock, bridge, node, nodes } = this.#parts;
    const packets = await bridge.receivedPackets();
    if (this.#rounds.areOver || packets === undefined) return;
    if (packets !== this.#packets) {
      this.#packets = packets;
      this.#askAt = 0;
      this.#pause = firstPauseMs;
      nodes.learn(node);
      return;
    }
    if (clock.now() < this.#askAt) return;
    this.#take(await nodes.ask(node));
  }

  #take(answer: Awaited<ReturnType<NodeProbe["ask"]>>): void {
    const { clock, bridge } = this.#parts;
    if (this.#rounds.areOver) return;
    if (answer === "silent") {
      this.stop();
      bridge.abandon();
      return;
    }
    this.#askAt = clock.now() + this.#pause;
    this.#pause = Math.min(2 * this.#pause, maxPauseMs);
  }
}
