import type { Config } from "../config/config.js";
import { openWays } from "../config/encryption.js";
import type { ConfigFault } from "../config/fault.js";
import { warningsOf } from "../monitoring/status/build-status.js";
import { error, type Finding, fine, warning } from "./check.js";

/** The loader's faults, which prevent the start. */
export function faultFindings(faults: readonly ConfigFault[]): readonly Finding[] {
  return faults.map(({ path, message, hint }) => error(path, message, hint));
}

/** Warnings about valid settings. */
export function settingFindings(config: Config): readonly Finding[] {
  return [
    ...ofEncryption(config),
    ...config.trunks.flatMap(({ name, assumed }, index) => ofAssumptions(index, name, assumed)),
    ...ofCapacity(config),
    ...ofRetention(config),
    ...config.bbbServers.flatMap(ofLobby),
  ];
}

const tunnel =
  "run it on this machine, or use a tunnel (WireGuard, stunnel): it has no TLS, and this check can't detect a tunnel";

function ofEncryption(config: Config): readonly Finding[] {
  const trunks = config.trunks.map(({ name }) => name);
  const servers = config.bbbServers.map(({ name }) => name);
  const mediaServers = config.mediaServers.map(({ name }) => name);
  return warningsOf({ config }).flatMap(({ code, subject }): readonly Finding[] => {
    const index = servers.indexOf(subject);
    switch (code) {
      case "trunk-unencrypted":
        return [
          warning(
            `trunks[${trunks.indexOf(subject)}].allow_unencrypted`,
            "calls of this trunk may arrive without TLS and SRTP, and can be intercepted",
            "enable encryption in the provider's portal, and remove allow_unencrypted",
          ),
        ];
      case "bbb-unencrypted":
        return waysOf(config, index).map((way) =>
          warning(
            `bbb_servers[${index}].${way}.allow_unencrypted`,
            "calls to this server may be without TLS and SRTP",
            "set up TLS on the BBB server (freeswitch/bbb-node/README.md), and remove allow_unencrypted",
          ),
        );
      case "drachtio-plain":
        return [
          warning(
            "drachtio.host",
            "the connection to drachtio leaves this machine without TLS: numbers, PINs and drachtio's secret can be intercepted",
            tunnel,
          ),
        ];
      case "event-socket-plain":
        return [
          warning(
            `media_servers[${mediaServers.indexOf(subject)}].event_socket.host`,
            "the event socket leaves this machine without TLS: PINs and its password can be intercepted",
            tunnel,
          ),
        ];
      case "redis-plain":
        return [
          warning(
            "rooms.store",
            "the connection to Redis leaves this machine without TLS: PINs and its password can be intercepted",
            "use rediss://, or a tunnel (WireGuard, stunnel)",
          ),
        ];
      case "api-unencrypted":
        return [
          warning(
            `bbb_servers[${index}].api_url`,
            "API requests are sent without TLS, and the responses contain participants' names",
            "use https, and remove allow_http",
          ),
        ];
    }
  });
}

function ofLobby({ audioBridge }: Config["bbbServers"][number], index: number): readonly Finding[] {
  if (audioBridge !== "livekit") return [];
  return [
    warning(
      `bbb_servers[${index}].audio_bridge`,
      "in LiveKit meetings callers bypass BBB's lobby (BBB #23535): the PIN is enough to join",
      "create meetings that need a lobby with audioBridge=bbb-webrtc-sfu",
    ),
  ];
}

function waysOf({ bbbServers }: Config, index: number): ReturnType<typeof openWays> {
  const server = bbbServers[index];
  return server === undefined ? [] : openWays(server);
}

/** Preset values that the provider does not document: reported, but not as a fault. */
function ofAssumptions(index: number, name: string, assumed: readonly string[]): readonly Finding[] {
  if (assumed.length === 0) return [];
  return [
    fine(
      `trunks[${index}]`,
      `${name}: the provider does not document ${assumed.join(", ")}; common defaults apply until you set them in the file`,
    ),
  ];
}

function ofCapacity({ calls, mediaServers }: Config): readonly Finding[] {
  const capacity = mediaServers.reduce((sum, server) => sum + server.capacity, 0);
  if (capacity >= calls.maxConcurrent) return [];
  return [
    warning(
      "calls.max_concurrent",
      `is ${calls.maxConcurrent}, but the media servers have capacity for ${capacity} calls`,
      "set both to the same number: calls.max_concurrent and the sum of media_servers[].capacity",
    ),
  ];
}

/** The engines' start scripts delete their daily log files after seven days if EINWAHL_LOG_DIR is set. */
const ofEngines =
  "the logs of drachtio and FreeSWITCH are deleted after seven days if their start scripts have EINWAHL_LOG_DIR, as in docker-compose.yml; otherwise limit them yourself";

function ofRetention({ logging: { file, retentionDays } }: Config): readonly Finding[] {
  if (file === undefined) {
    return [
      warning(
        "logging.file",
        "is not set: the log goes to standard output, where retention is usually limited by size, not by time",
        "write a file name, so that logging.retention_days applies; or limit journald (MaxRetentionSec=7day, MaxFileSec=1day)",
      ),
      fine("logging", ofEngines),
    ];
  }
  return [
    fine(
      "logging",
      `log files are deleted after ${retentionDays === 1 ? "1 day" : `${retentionDays} days`}; ${ofEngines}`,
    ),
  ];
}
