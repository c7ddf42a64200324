import type { Channel } from "./channel.js";

/** The state of a channel that an application controls over an event socket (switch_ivr_park, CF_CONTROLLED). */
export class Park {
  readonly #channel: Channel;
  #leave: () => void = () => undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Resolves at `release`, the transfer and the hang-up. */
  async enter(): Promise<void> {
    const channel = this.#channel;
    channel.fire("CHANNEL_PARK");
    let stop: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      this.#leave = resolve;
      stop = channel.routing.onLeave(resolve);
    });
    stop();
    if (!channel.isDown) channel.fire("CHANNEL_UNPARK");
  }

  /**
   * A connection that controls this channel has ended. As in FreeSWITCH this ends the current park even if the connection is an
   * older one, from before a transfer (listener_run in mod_event_socket.c clears CF_CONTROLLED).
   */
  release(): void {
    this.#leave();
  }
}
