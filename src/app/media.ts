import { availableParallelism } from "node:os";

import type { Logger } from "pino";

import type { Config, MediaServerConfig } from "../config/config.js";
import { versionSupport } from "../media/engine-versions.js";
import { MediaServer } from "../media/media-server.js";
import type { LoadState, ServerLoad } from "../media/server-load.js";
import type { DrachtioConnection } from "../sip/drachtio-connection.js";
import type { Clock } from "../util/clock.js";
import { isThisMachine } from "../util/own-address.js";

export interface MediaServerParts {
  readonly signalling: DrachtioConnection;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onState: () => void;
  readonly minIdlePercent: () => number;
}

/** The settings of a media server; a change of any of them creates a new instance. */
export interface MediaServerSettings {
  readonly server: MediaServerConfig;
  readonly soundsDirectory: string;
  readonly mediaTimeoutMs: number;
  readonly holdTimeoutMs: number;
}

export function mediaServerSettings({
  mediaServers,
  prompts,
  calls,
}: Pick<Config, "mediaServers" | "prompts" | "calls">): readonly MediaServerSettings[] {
  return mediaServers.map((server) => ({
    server,
    soundsDirectory: prompts.directory,
    mediaTimeoutMs: calls.mediaTimeoutMs,
    holdTimeoutMs: calls.holdTimeoutMs,
  }));
}

export function makeMediaServer(
  { server, soundsDirectory, mediaTimeoutMs, holdTimeoutMs }: MediaServerSettings,
  parts: MediaServerParts,
): MediaServer {
  const logger = parts.logger.child({ mediaServer: server.name });
  const { name, eventSocket, sipProfile, listenAddress, advertisedAddress, publicAddress, capacity } = server;
  return new MediaServer(
    {
      name,
      eventSocket: { host: eventSocket.host, port: eventSocket.port, password: eventSocket.password.reveal() },
      profile: sipProfile,
      listenAddress,
      advertisedAddress,
      publicAddress,
      capacity,
      soundsDirectory,
      mediaTimeoutMs,
      holdTimeoutMs,
      minIdlePercent: parts.minIdlePercent,
      cores: isThisMachine(eventSocket.host) ? availableParallelism() : undefined,
      onLoad: loadLog(logger),
    },
    parts.signalling.srf,
    parts.clock,
    (state, version) => {
      if (state.kind === "up") logUp(logger, version);
      else logger.warn({ why: state.why }, "media server is down");
      parts.onState();
    },
    (error) => {
      logger.error({ err: error }, "unexpected error");
    },
  );
}

/** Logs each change of a media server's load. */
function loadLog(logger: Logger): (load: ServerLoad) => void {
  let state: LoadState = "free";
  return ({ state: now, idlePercent, rate }) => {
    if (now === state) return;
    state = now;
    const facts = { load: now, idlePercent, callsPerSecond: Math.floor(rate) };
    if (now === "free") logger.info(facts, "media server is no longer busy");
    else logger.warn(facts, "media server is busy: fewer new calls are taken");
  };
}

/** An unsupported version is still used: calls that do not trigger its bug work. */
function logUp(logger: Logger, version = ""): void {
  const { kind, message, cure } = versionSupport("FreeSWITCH", version);
  logger.info({ version }, "media server is up");
  if (kind === "unusable") logger.warn({ why: message, cure }, "unsupported FreeSWITCH version");
}
