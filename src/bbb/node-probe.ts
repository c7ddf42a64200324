import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";

import type { ConferenceNode, NodeLeg, NodeProbe } from "../call/interfaces.js";
import { NodeLegs } from "../call/node-legs.js";
import { sendOptions } from "../sip/sip-options.js";
import { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";

/** Timeout for connection and response together, in milliseconds. */
const answerTimeoutMs = 1_000;
/** A missing response is significant only if the last one is younger than `trustedForMs`; renew it after `learnEveryMs`. */
const trustedForMs = 600_000;
const learnEveryMs = 300_000;

interface Answered {
  readonly at: number;
  /** Later probes use this address: a DNS failure says nothing about the server. */
  readonly address: string;
}

/** Probes BBB servers with OPTIONS, each time over a new connection. Callers of one server share a probe. */
export class SipNodeProbe implements NodeProbe {
  readonly #clock: Clock;
  readonly #onBug: (error: unknown) => void;
  readonly #answered = new Map<string, Answered>();
  readonly #asking = new Map<string, Promise<boolean>>();
  readonly #legs = new NodeLegs();

  constructor(clock: Clock, onBug: (error: unknown) => void) {
    this.#clock = clock;
    this.#onBug = onBug;
  }

  learn(node: ConferenceNode): void {
    const known = this.#answered.get(keyOf(node));
    if (known === undefined || this.#clock.now() - known.at >= learnEveryMs) this.#ask(node).catch(this.#onBug);
  }

  async ask(node: ConferenceNode): Promise<"answers" | "silent" | "unknown"> {
    const known = this.#answered.get(keyOf(node));
    if (known === undefined || this.#clock.now() - known.at >= trustedForMs) return "unknown";
    return (await this.#ask(node)) ? "answers" : "silent";
  }

  join(node: ConferenceNode, onAlarm: () => void): NodeLeg {
    return this.#legs.join(node, onAlarm);
  }

  async #ask(node: ConferenceNode): Promise<boolean> {
    const key = keyOf(node);
    const running = this.#asking.get(key);
    if (running !== undefined) return await running;
    const asking = this.#question(node).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return await asking;
  }

  async #question(node: ConferenceNode): Promise<boolean> {
    const { host, port, transport } = node;
    if (transport === "udp") return false;
    const key = keyOf(node);
    const startedAt = this.#clock.now();
    const at = { host: this.#answered.get(key)?.address ?? host, port };
    // Certificates are not verified: a response only keeps a call up.
    const stream =
      transport === "tls"
        ? await ByteStream.connect(
            connectTls({ ...at, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) }),
            "secureConnect",
            this.#clock,
            answerTimeoutMs,
          )
        : await ByteStream.connect(connectTcp(at), "connect", this.#clock, answerTimeoutMs);
    if (!stream.ok) return false;
    const { socket } = stream.value;
    const address = socket.remoteAddress;
    const status = await sendOptions(
      stream.value,
      { host, port, transport },
      Math.max(1, startedAt + answerTimeoutMs - this.#clock.now()),
    );
    stream.value.close();
    if (status.ok && address !== undefined) this.#answered.set(key, { at: this.#clock.now(), address });
    return status.ok;
  }
}

function keyOf({ host, port, transport }: ConferenceNode): string {
  return `${transport}:${host}:${port}`;
}
