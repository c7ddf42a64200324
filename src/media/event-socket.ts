import { FreeSwitchClient, type FreeSwitchEventData } from "esl-lite";
import { pino } from "pino";

import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import { within } from "../util/wait.js";
import type { ChannelEvents } from "./resumed-channel.js";

export interface EventSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly clock: Clock;
}

/** Private members of esl-lite's client (esl-lite.mjs); it subscribes after it has authenticated. */
interface EslLiteInside {
  readonly registeredEventNames: Set<string>;
}

/**
 * The event socket of a media server, for commands about the server rather than a channel. esl-lite reconnects and then
 * resends the command in flight: use idempotent commands only.
 */
export class EventSocket {
  readonly #client: FreeSwitchClient;
  readonly #clock: Clock;

  constructor(options: EventSocketOptions) {
    const { host, port, password, clock } = options;
    this.#clock = clock;
    // Silent: below `info` esl-lite logs each command, and the first one contains the password.
    this.#client = new FreeSwitchClient({ host, port, password, logger: pino({ level: "silent" }) });
    // esl-lite subscribes to these of all channels: FreeSWITCH would write out all variables (10 kB) after each application.
    const { registeredEventNames } = this.#client as unknown as EslLiteInside;
    for (const unread of ["CHANNEL_EXECUTE_COMPLETE", "CUSTOM"]) registeredEventNames.delete(unread);
  }

  /**
   * Runs an API command.
   * @param ms timeout in milliseconds; esl-lite's own timeout only logs, and the promise never settles
   */
  async api(command: string, ms: number): Promise<Result<string, "no-answer">> {
    const answered = this.#client.bgapi(command, ms).then(
      (outcome) => (outcome instanceof Error ? undefined : outcome.body.response),
      () => undefined,
    );
    const response = await within(this.#clock, ms, answered);
    return typeof response === "string" ? success(response) : failure("no-answer");
  }

  /**
   * Listens to the events of one channel that another process has opened; returns the unsubscribe function. FreeSWITCH then
   * sends these events of all channels, which is why the usual channels have connections of their own.
   */
  watch(channelId: string, { onKey, onHangUp }: ChannelEvents): () => void {
    const text = (data: Readonly<Record<string, unknown>>, name: string): string => {
      const value = data[name];
      return typeof value === "string" ? value : "";
    };
    const pressed = ({ body: { uniqueID, data } }: FreeSwitchEventData): void => {
      if (uniqueID !== channelId) return;
      onKey({
        dtmf: text(data, "DTMF-Digit"),
        duration: text(data, "DTMF-Duration"),
        source: text(data, "DTMF-Source"),
      });
    };
    const hungUp = ({ body: { uniqueID, data } }: FreeSwitchEventData): void => {
      if (uniqueID === channelId) onHangUp(text(data, "Hangup-Cause"));
    };
    this.#client.on("DTMF", pressed);
    this.#client.on("CHANNEL_HANGUP", hungUp);
    return () => {
      this.#client.removeListener("DTMF", pressed);
      this.#client.removeListener("CHANNEL_HANGUP", hungUp);
    };
  }

  close(): void {
    this.#client.end();
  }
}
