import type { Logger } from "pino";

import { BbbApi } from "../bbb/api-client.js";
import { BbbServer } from "../bbb/bbb-server.js";
import { BbbDirectory } from "../bbb/directory.js";
import { SipNodeProbe } from "../bbb/node-probe.js";
import type { AudioBridges } from "../call/interfaces.js";
import type { BbbServerConfig } from "../config/config.js";
import type { RoomStore } from "../store/room-store.js";
import type { Clock } from "../util/clock.js";
import { LoopTurns } from "../util/loop-turns.js";

const apiTimeoutMs = 5_000;

/** @param kept the PINs reserved by front ends (available later) and the audio bridges of meetings */
export function makeDirectory(
  servers: readonly BbbServer[],
  kept: { readonly rooms: () => RoomStore | undefined; readonly audioBridges: AudioBridges },
  logger: Logger,
  clock: Clock,
): BbbDirectory {
  return new BbbDirectory({
    servers,
    clock,
    random: Math.random,
    rooms: kept.rooms,
    audioBridges: kept.audioBridges,
    events: {
      onServer: (server, fault) => {
        if (fault === undefined) logger.info({ server }, "BBB server is up");
        else logger.warn({ server, fault }, "BBB API poll failed");
      },
      onClash: (clashing) => {
        logger.warn({ servers: clashing }, "duplicate PIN on several BBB servers: callers reach the first one listed");
      },
      onLivekitWay: (server, way) => {
        if (way === "works") logger.info({ server }, "the BBB server's FreeSWITCH routes calls to LiveKit");
        else
          logger.warn(
            { server },
            "LiveKit meetings cannot be joined: 02_einwahl_livekit.xml is missing in the BBB server's FreeSWITCH (freeswitch/bbb-node/README.md); for a server without LiveKit set audio_bridge: freeswitch",
          );
      },
      onWebhooksRefused: (server, refused) => {
        if (refused === 0) logger.info({ server }, "webhook checksums are valid again");
        else
          logger.warn(
            { server, refused },
            "webhooks refused: invalid checksum; compare url and sharedSecret of bbb-webhooks (docs/clusters.md)",
          );
      },
      onBug: (error) => {
        logger.error({ err: error }, "unexpected error");
      },
    },
  });
}

export function makeNodeProbe(logger: Logger, clock: Clock): SipNodeProbe {
  return new SipNodeProbe(clock, (error) => {
    logger.error({ err: error }, "unexpected error");
  });
}

/** @returns makes servers, which take turns when they read responses */
export function bbbServerMaker(clock: Clock): (server: BbbServerConfig) => BbbServer {
  const turns = new LoopTurns();
  return (server) => makeBbbServer(server, clock, turns);
}

function makeBbbServer(server: BbbServerConfig, clock: Clock, turns: LoopTurns): BbbServer {
  const { name, sip, livekitSip, audioBridge, pollIntervalMs } = server;
  return new BbbServer({
    node: { name, ...sip },
    livekit: livekitSip === undefined ? undefined : { name, ...livekitSip },
    audioBridge: audioBridge === "auto" ? undefined : audioBridge,
    api: new BbbApi({
      url: server.apiUrl,
      secret: server.secret.reveal(),
      algorithm: server.checksum,
      answerTimeoutMs: apiTimeoutMs,
      turns,
    }),
    pollEveryMs: pollIntervalMs,
    clock,
    random: Math.random,
  });
}
