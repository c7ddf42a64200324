import { FreeSwitchClient } from "esl-lite";
import { pino } from "pino";

import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import { within } from "../util/wait.js";

export interface EventSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly clock: Clock;
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

  close(): void {
    this.#client.end();
  }
}
