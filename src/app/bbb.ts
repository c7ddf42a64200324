import type { Logger } from "pino";

import { BbbApi } from "../bbb/api-client.js";
import { BbbServer } from "../bbb/bbb-server.js";
import { BbbDirectory } from "../bbb/directory.js";
import { SipNodeProbe } from "../bbb/node-probe.js";
import type { AudioBridges } from "../call/interfaces.js";
import type { BbbServerConfig } from "../config/config.js";
import type { RoomStore } from "../store/room-store.js";
import type { Clock } from "../util/clock.js";

const apiWithinMs = 5_000;

/** @param kept the PINs that front ends have reserved, which may come later, and what is known of meetings' audio */
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
        if (fault === undefined) logger.info({ server }, "BBB server answers");
        else logger.warn({ server, fault }, "BBB server gives no list of its meetings");
      },
      onClash: (clashing) => {
        logger.warn({ servers: clashing }, "the same PIN on several BBB servers: callers get the first of these");
      },
      onLivekitWay: (server, way) => {
        if (way === "works") logger.info({ server }, "the server's FreeSWITCH hands calls on to LiveKit");
        else
          logger.warn(
            { server },
            "callers can't get into LiveKit meetings: the server's FreeSWITCH lacks 02_einwahl_livekit.xml (freeswitch/bbb-node/README.md); for a server without LiveKit set audio_bridge: freeswitch",
          );
      },
      onWebhooksRefused: (server, refused) => {
        if (refused === 0) logger.info({ server }, "webhooks prove to come from the server again");
        else
          logger.warn(
            { server, refused },
            "webhooks refused: their proof is not the server's; compare url and sharedSecret of bbb-webhooks (docs/clusters.md)",
          );
      },
      onBug: (error) => {
        logger.error({ err: error }, "bug");
      },
    },
  });
}

export function makeNodeProbe(logger: Logger, clock: Clock): SipNodeProbe {
  return new SipNodeProbe(clock, (error) => {
    logger.error({ err: error }, "bug");
  });
}

export function makeBbbServer(server: BbbServerConfig, clock: Clock): BbbServer {
  const { name, sip, livekitSip, audioBridge, pollIntervalMs } = server;
  return new BbbServer({
    node: { name, ...sip },
    livekit: livekitSip === undefined ? undefined : { name, ...livekitSip },
    audioBridge: audioBridge === "auto" ? undefined : audioBridge,
    api: new BbbApi({
      url: server.apiUrl,
      secret: server.secret.reveal(),
      algorithm: server.checksum,
      answerWithinMs: apiWithinMs,
    }),
    pollEveryMs: pollIntervalMs,
    clock,
    random: Math.random,
  });
}
