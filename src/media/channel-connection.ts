/** An event of the event socket. Header values are decoded. */
export interface FsEvent {
  getHeader(name: string): string | null | undefined;
  getBody(): string;
}

/** The connection that FreeSWITCH opens for a channel. */
export interface ChannelConnection {
  /** The channel's variables at connection time. */
  getInfo(): FsEvent;
  /** `getInfo` then returns the channel's ids only. */
  forgetVariables(): void;
  on(event: string, listener: (event: FsEvent) => void): void;
  removeAllListeners(event?: string): void;
  /** Events are emitted no more. */
  ignoreEvents(): void;
  disconnect(): void;
}
