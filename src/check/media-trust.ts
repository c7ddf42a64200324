import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { MediaServerConfig } from "../config/config.js";
import { EventSocketSession } from "../media/event-socket-session.js";
import { answerTimeoutMs, type CheckTools } from "./check.js";
import { isLocal } from "./media-server.js";

/** The media servers' trust settings for calls to BBB servers. */
export class MediaTrust {
  /** Whether all of them run on this machine, and so have the same reachability. */
  readonly isLocal: boolean;
  readonly #servers: readonly MediaServerConfig[];
  readonly #tools: CheckTools;
  #asking: Promise<string | undefined> | undefined;

  constructor(servers: readonly MediaServerConfig[], tools: CheckTools) {
    this.#servers = servers;
    this.#tools = tools;
    this.isLocal = servers.every(isLocal);
  }

  /** Their trusted CAs, PEM: from `--ca`, or from FreeSWITCH on this machine; `undefined`: Node's CAs. */
  async authorities(): Promise<string | undefined> {
    this.#asking ??= this.#ask();
    return await this.#asking;
  }

  async #ask(): Promise<string | undefined> {
    const server = this.#servers.find(isLocal);
    if (this.#tools.authorities !== undefined || server === undefined) return this.#tools.authorities;
    const { host, port, password } = server.eventSocket;
    const session = await EventSocketSession.open(
      { host, port, password: password.reveal() },
      this.#tools.clock,
      answerTimeoutMs,
    );
    if (!session.ok) return undefined;
    try {
      const directory = await session.value.api("global_getvar tls_dir");
      if (!directory.ok || !directory.value.startsWith("/")) return undefined;
      return await readFile(join(directory.value.trim(), "cafile.pem"), "utf8");
    } catch {
      // In a container, or not readable for this user.
      return undefined;
    } finally {
      session.value.close();
    }
  }
}
