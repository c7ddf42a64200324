import type { Logger } from "pino";
import { BbbApi } from "../bbb/api-client.js";
import { BbbServer } from "../bbb/bbb-server.js";
import { BbbDirectory } from "../bbb/directory.js";
import type { Clock } from "../clock.js";
import type { BbbServerConfig } from "../config/config.js";

const apiWithinMs = 5_000;

export function makeDirectory(servers: readonly BbbServerConfig[], logger: Logger, clock: Clock): BbbDirectory {
  return new BbbDirectory(servers.map((server) => makeBbbServer(server, clock)), clock, {
    onServer: (server, fault) => {
      if (fault === undefined) logger.info({ server }, "BBB server answers");
      else logger.warn({ server, fault }, "BBB server does not answer");
    },
    onClash: (clashing) => {
      logger.warn({ servers: clashing }, "the same PIN on several BBB servers: the first one is taken");
    },
  });
}

export function makeBbbServer(server: BbbServerConfig, clock: Clock): BbbServer {
  const api = new BbbApi({ url: server.apiUrl, secret: server.secret.reveal(), algorithm: server.checksum, answerWithinMs: apiWithinMs });
  return new BbbServer({ name: server.name, ...server.sip }, api, server.pollIntervalMs, clock);
}
