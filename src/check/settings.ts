import type { Config } from "../config/config.js";
import type { ConfigFault } from "../config/fault.js";
import { openWays } from "../config/open-calls.js";
import { warningsOf } from "../monitoring/status/build-status.js";
import { error, type Finding, fine, warning } from "./finding.js";

/** What keeps einwahl from starting, as the loader has found it. */
export function faultFindings(faults: readonly ConfigFault[]): readonly Finding[] {
  return faults.map(({ path, message, hint }) => error(path, message, hint));
}

/** What is in the file, is valid, and should be looked at nevertheless. */
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
  "it has no TLS: run it on this machine, or let it through a tunnel (WireGuard, stunnel), which can't be seen from here";

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
            "calls of this trunk may come in without TLS and SRTP, for everybody on the way to hear",
            "turn encryption on in the provider's portal, and remove allow_unencrypted",
          ),
        ];
      case "bbb-unencrypted":
        return waysOf(config, index).map((way) =>
          warning(
            `bbb_servers[${index}].${way}.allow_unencrypted`,
            "calls may go to this server without TLS and SRTP",
            "set up TLS on the BBB server (freeswitch/bbb-node/README.md), and remove allow_unencrypted",
          ),
        );
      case "drachtio-plain":
        return [
          warning(
            "drachtio.host",
            "the connection to drachtio leaves this machine without TLS: numbers, PINs and drachtio's secret can be read on the way",
            tunnel,
          ),
        ];
      case "event-socket-plain":
        return [
          warning(
            `media_servers[${mediaServers.indexOf(subject)}].event_socket.host`,
            "the event socket leaves this machine without TLS: PINs and its password can be read on the way",
            tunnel,
          ),
        ];
      case "redis-plain":
        return [
          warning(
            "rooms.store",
            "the connection to Redis leaves this machine without TLS: PINs and its password can be read on the way",
            "use rediss://, or a tunnel (WireGuard, stunnel)",
          ),
        ];
      case "api-unencrypted":
        return [
          warning(
            `bbb_servers[${index}].api_url`,
            "the API is asked without TLS, and names of participants travel in it",
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
      "in LiveKit meetings callers bypass BBB's lobby (BBB #23535): a PIN is enough to be in",
      "where a lobby matters, create the meeting with audioBridge=bbb-webrtc-sfu",
    ),
  ];
}

function waysOf({ bbbServers }: Config, index: number): ReturnType<typeof openWays> {
  const server = bbbServers[index];
  return server === undefined ? [] : openWays(server);
}

/** Presets of which nobody has said that they are so: worth a look, and no fault. */
function ofAssumptions(index: number, name: string, assumed: readonly string[]): readonly Finding[] {
  if (assumed.length === 0) return [];
  return [
    fine(
      `trunks[${index}]`,
      `${name}: no source tells ${assumed.join(", ")} of this provider; the usual stands for them until you write them into the file`,
    ),
  ];
}

function ofCapacity({ calls, mediaServers }: Config): readonly Finding[] {
  const capacity = mediaServers.reduce((sum, server) => sum + server.capacity, 0);
  if (capacity >= calls.maxConcurrent) return [];
  return [
    warning(
      "calls.max_concurrent",
      `is ${calls.maxConcurrent}, and the media servers have places for ${capacity}`,
      "make both the same: media_servers[].capacity",
    ),
  ];
}

/** What is not ours: files of a day are deleted after seven by the start scripts of the engines, with EINWAHL_LOG_DIR. */
const ofEngines =
  "the logs of drachtio and FreeSWITCH end after seven days where their start scripts have EINWAHL_LOG_DIR, as in compose; otherwise see to that yourself";

function ofRetention({ logging: { file, retentionDays } }: Config): readonly Finding[] {
  if (file === undefined) {
    return [
      warning(
        "logging.file",
        "is not set: the log goes to standard output, and whatever keeps it bounds it by size at most, not in time",
        "name a file, which ends after logging.retention_days; or let journald drop lines (MaxRetentionSec=7day, MaxFileSec=1day)",
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
