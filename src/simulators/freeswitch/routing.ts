import type { Channel } from "./channel.js";

/** Further transfers of a channel that was never transferred (switch_ivr_session_transfer). */
const maxTransfers = 70;

/** `transfer` and `uuid_transfer` of one channel: they end everything that runs on it, then the dialplan routes it again. */
export class Routing {
  readonly #channel: Channel;
  #destination: string | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** A transfer has been requested and the dialplan has not routed the channel yet. */
  get isPending(): boolean {
    return this.#destination !== undefined;
  }

  /** False if the channel is down, or has used up its transfers and is hung up now. */
  transfer(destination: string): boolean {
    const channel = this.#channel;
    if (channel.isDown) return false;
    const counter = channel.variable("max_session_transfers") === undefined ? "max_forwards" : "max_session_transfers";
    const counted = channel.variable(counter);
    const left = counted === undefined ? maxTransfers : Number.parseInt(counted, 10) - 1;
    if (!(left > 0)) {
      channel.hangUp("EXCHANGE_ROUTING_ERROR");
      return false;
    }
    channel.setVariable(counter, String(left));
    channel.digits.clear();
    channel.setVariable("signal_bond", undefined);
    channel.engine.channels.get(channel.variable("bridge_uuid") ?? "")?.setVariable("signal_bond", undefined);
    channel.profile = { ...channel.profile, destination };
    this.#destination = destination;
    channel.enter("CS_ROUTING");
    channel.applications.interrupt();
    for (const listener of [...this.#listeners]) listener();
    return true;
  }

  /** The destination to route to; afterwards no transfer is pending. */
  take(): string | undefined {
    const destination = this.#destination;
    this.#destination = undefined;
    return destination;
  }

  /** Calls back at the transfer and at the hang-up. Returns an unsubscribe function. */
  onLeave(listener: () => void): () => void {
    const { down } = this.#channel;
    this.#listeners.add(listener);
    down.addEventListener("abort", listener);
    if (down.aborted || this.isPending) listener();
    return () => {
      this.#listeners.delete(listener);
      down.removeEventListener("abort", listener);
    };
  }
}
