import { randomUUID } from "node:crypto";

import { isKey } from "../call/dtmf-buffer.js";
import type { Bridge, BridgeFacts, BridgeRoute, BridgeTarget, CallerEndpoint } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { Latch, type Settable } from "../util/latch.js";
import type { ApplicationQueue } from "./application-queue.js";
import { bridgeVariables, dialString, profileFor, watchBridge } from "./bridge.js";
import type { FsmrfEndpoint } from "./fsmrf.js";
import { legDecided } from "./leg-decided.js";

export interface ConferenceLegsParts {
  readonly channel: FsmrfEndpoint;
  readonly applications: ApplicationQueue;
  readonly endpoint: Pick<CallerEndpoint, "gone" | "codec"> & {
    receivedPackets(channel: string): Promise<number | undefined>;
  };
  /** Runs an API command, without its response. */
  readonly api: (command: string, argument: string) => void;
  readonly variable: (channel: string, name: string) => Promise<string | undefined>;
  /** The sofia profile that takes drachtio's INVITEs; it calls BBB servers without TLS. */
  readonly profile: string;
  readonly clock: Clock;
}

/** The legs from the caller's channel to conferences, one at a time. */
export class ConferenceLegs {
  readonly #parts: ConferenceLegsParts;
  /** The running `bridge` has connected its legs. */
  #onBridged: () => void = () => undefined;
  #leaving: Promise<void> | undefined;
  /** Number of bridges that were begun on the channel. */
  #bridges = 0;

  constructor(parts: ConferenceLegsParts) {
    this.#parts = parts;
    // Another process may have bridged it.
    if (parts.channel.whenConnected !== undefined) this.#bridges = 1;
  }

  /** FreeSWITCH reports that it has connected the legs. */
  bridged(): void {
    this.#onBridged();
  }

  /** Resolves when the last leg that was left is hung up. */
  async left(): Promise<void> {
    await this.#leaving;
  }

  open(target: BridgeTarget): Bridge {
    const { applications, endpoint, profile } = this.#parts;
    const legId = randomUUID();
    const decided = new Latch<"answered" | "over">();
    let leave: () => void = () => undefined;
    const { bridge, signals } = this.#watch(legId, target.route, () => {
      leave();
    });
    this.#onBridged = () => {
      decided.set("answered");
      signals.connected(this.#factsOf(legId));
    };
    // The channel has none before its first bridge, and each application costs FreeSWITCH two events with all variables.
    if (this.#bridges > 0) applications.run("multiunset", bridgeVariables.join(" "), () => undefined);
    this.#bridges += 1;
    const run = applications.run(
      "bridge",
      dialString(target, profileFor(target, profile), legId, endpoint.codec),
      (event) => {
        decided.set("over");
        signals.completed(event);
      },
    );
    leave = () => {
      if (decided.value !== "answered") run.stop();
      this.#leaving = this.#hangUp(legId, decided);
    };
    return bridge;
  }

  /** The leg that another process has opened. It is over when the dialplan connects the channel to this process. */
  resume(legId: string): Bridge {
    const { bridge, signals } = this.#watch(legId, "freeswitch", () => {
      this.#parts.api("uuid_kill", legId);
    });
    this.#parts.channel.whenConnected?.(({ conn }) => {
      signals.completed(conn?.getInfo());
    });
    return bridge;
  }

  #watch(legId: string, route: BridgeRoute, leave: () => void): ReturnType<typeof watchBridge> {
    const { api, endpoint } = this.#parts;
    return watchBridge(
      {
        legId,
        leave,
        send: (key) => {
          if (isKey(key)) api("uuid_send_dtmf", `${legId} ${key}`);
        },
        receivedPackets: async () => await endpoint.receivedPackets(legId),
      },
      route,
    );
  }

  /** `uuid_break` ends the search for a leg, not a bridge; killing its other leg does. */
  async #hangUp(legId: string, decided: Settable): Promise<void> {
    await legDecided(decided, this.#parts.endpoint.gone, this.#parts.clock);
    this.#parts.api("uuid_kill", legId);
  }

  async #factsOf(legId: string): Promise<BridgeFacts> {
    const [suite, codec] = await Promise.all([
      this.#parts.variable(legId, "rtp_has_crypto"),
      this.#parts.variable(legId, "rtp_use_codec_name"),
    ]);
    return { suite, codec: codec ?? "unknown" };
  }
}
