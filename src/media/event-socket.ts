import { FreeSwitchClient } from "esl-lite";
import { pino } from "pino";

import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";

export interface EventSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly clock: Clock;
}

/**
 * The event socket of a media server, for what concerns the server and not a single channel. It connects
 * again by itself; a command that was under way then is sent again, so only commands that bear repetition
 * belong here.
 */
export class EventSocket {
  readonly #client: FreeSwitchClient;
  readonly #clock: Clock;

  constructor(options: EventSocketOptions) {
    const { host, port, password, clock } = options;
    this.#clock = clock;
    // Silent: below `info` esl-lite logs each command, and the first one holds the password.
    this.#client = new FreeSwitchClient({ host, port, password, logger: pino({ level: "silent" }) });
  }

  /**
   * Runs an API command.
   * @param ms how long it may take; esl-lite itself waits for ever when nobody is there
   */
  async api(command: string, ms: number): Promise<Result<string, "no-answer">> {
    return await new Promise((resolve) => {
      const cancelTimer = this.#clock.after(ms, () => {
        resolve(failure("no-answer"));
      });
      const answered = this.#client.bgapi(command, ms).then((outcome) => {
        cancelTimer();
        if (outcome instanceof Error) return failure("no-answer" as const);
        const { response } = outcome.body;
        return typeof response === "string" ? success(response) : failure("no-answer" as const);
      });
      answered.then(resolve, () => {
        resolve(failure("no-answer"));
      });
    });
  }

  close(): void {
    this.#client.end();
  }
}
