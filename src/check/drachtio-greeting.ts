import type { Config } from "../config/config.js";
import { type DrachtioGreeting, type DrachtioLoginFailure, logInToDrachtio } from "../sip/drachtio-login.js";
import type { Result } from "../util/result.js";
import { answerTimeoutMs, type CheckTools } from "./check.js";

/** drachtio's response to the login; queried once for all checks. */
export class DrachtioLogin {
  readonly #config: Pick<Config, "drachtio">;
  readonly #tools: Pick<CheckTools, "clock">;
  #asking: Promise<Result<DrachtioGreeting, DrachtioLoginFailure>> | undefined;

  constructor(config: Pick<Config, "drachtio">, tools: Pick<CheckTools, "clock">) {
    this.#config = config;
    this.#tools = tools;
  }

  async greeting(): Promise<Result<DrachtioGreeting, DrachtioLoginFailure>> {
    const { host, port, secret } = this.#config.drachtio;
    this.#asking ??= logInToDrachtio({ host, port, secret: secret.reveal() }, this.#tools.clock, answerTimeoutMs);
    return await this.#asking;
  }
}
