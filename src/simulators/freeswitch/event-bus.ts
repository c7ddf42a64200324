import { hostname } from "node:os";

import { type EventHeaders, FsEvent } from "./event.js";

export type EventListener = (event: FsEvent) => void;

/** Distributes all events of one media server. */
export class EventBus {
  readonly coreUuid: string;
  readonly #address: string;
  readonly #host = hostname();
  readonly #listeners = new Set<EventListener>();
  #sequence = 0;

  /** @param address the media server's IPv4 address, for event headers */
  constructor(coreUuid: string, address: string) {
    this.coreUuid = coreUuid;
    this.#address = address;
  }

  get hostname(): string {
    return this.#host;
  }

  /** Returns an unsubscribe function. A listener must not throw. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  fire(name: string, headers: EventHeaders, body?: string): void {
    if (this.#listeners.size === 0) return;
    const event = new FsEvent(name, [...this.base(name), ...headers], body);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The first headers of every event. */
  base(name: string): EventHeaders {
    const now = new Date();
    this.#sequence += 1;
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000)
      .toISOString()
      .slice(0, 19)
      .replace("T", " ");
    return [
      ["Event-Name", name],
      ["Core-UUID", this.coreUuid],
      ["FreeSWITCH-Hostname", this.#host],
      ["FreeSWITCH-Switchname", this.#host],
      ["FreeSWITCH-IPv4", this.#address],
      ["FreeSWITCH-IPv6", "::1"],
      ["Event-Date-Local", local],
      ["Event-Date-GMT", now.toUTCString()],
      ["Event-Date-Timestamp", String(now.getTime() * 1000)],
      ["Event-Calling-File", "embedded"],
      ["Event-Calling-Function", "embedded"],
      ["Event-Calling-Line-Number", "1"],
      ["Event-Sequence", String(this.#sequence)],
    ];
  }
}
