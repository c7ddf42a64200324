import { createServer } from "node:net";

import type { Config, MediaServerConfig } from "../config/config.js";
import { freeSwitchVersion } from "../media/engine-versions.js";
import { type EventSocketFailure, EventSocketSession } from "../media/event-socket-session.js";
import { inviteFault } from "../media/invite-key.js";
import { bbbProfile, isRunning } from "../media/sofia-status.js";
import { faultCode } from "../util/network-fault.js";
import { isThisMachine } from "../util/own-address.js";
import {
  answerTimeoutMs,
  type Check,
  type CheckTools,
  error,
  type Finding,
  fine,
  unreachable,
  warning,
} from "./check.js";
import { placeOf } from "./names.js";
import { promptFindings } from "./prompts.js";
import { versionFinding } from "./tested-versions.js";

/** Modules that calls need, from freeswitch/conf/autoload_configs/modules.conf.xml. Without the others FreeSWITCH could not respond at all. */
const modules = [
  { name: "mod_sndfile", need: "prompts are WAV files" },
  { name: "mod_tone_stream", need: "waiting callers hear tones if there is no music" },
  { name: "mod_dptools", need: "it provides the applications that calls use" },
] as const;

/** A call uses two channels: the caller's and the one to the BBB server. */
const channelsOfCall = 2;

/** Checks one FreeSWITCH: login, profiles, modules and capacity. */
export function mediaServerCheck(config: Config, index: number, server: MediaServerConfig, tools: CheckTools): Check {
  const path = `media_servers[${index}]`;
  const { host, port, password } = server.eventSocket;
  return {
    path,
    run: async () => {
      const address = await ofListenAddress(server, path);
      const session = await EventSocketSession.open(
        { host, port, password: password.reveal() },
        tools.clock,
        answerTimeoutMs,
      );
      if (!session.ok) return [...address, ofLogin(session.failure, `${path}.event_socket`, placeOf(host, port))];
      try {
        const answers = await ask(config, server, path, session.value);
        // Report a foreign listen_address only once.
        return [
          ...address,
          ...answers.filter((finding) => address.length === 0 || finding.path !== `${path}.advertised_address`),
        ];
      } finally {
        session.value.close();
      }
    },
  };
}

function ofLogin(fault: EventSocketFailure, path: string, place: string): Finding {
  switch (fault.kind) {
    case "no-connection":
      return error(
        path,
        unreachable(place, fault.code),
        "start FreeSWITCH, or correct host and port: they are in event_socket.conf.xml (EINWAHL_FS_EVENT_SOCKET_PORT)",
      );
    case "not-freeswitch":
      return error(
        `${path}.port`,
        `${place}: the program listening there does not respond like FreeSWITCH's event socket`,
        "write the port of mod_event_socket (default 8021)",
      );
    case "turned-away":
      return error(
        path,
        `${place}: FreeSWITCH accepts no event socket connection from this machine`,
        "add the address of this machine to EINWAHL_FS_PEERS_CIDR, or to apply-inbound-acl in event_socket.conf.xml",
      );
    case "wrong-password":
      return error(
        `${path}.password`,
        "FreeSWITCH rejects the password",
        "write the password of event_socket.conf.xml (EINWAHL_FS_EVENT_SOCKET_PASSWORD)",
      );
  }
}

async function ask(
  config: Config,
  server: MediaServerConfig,
  path: string,
  session: EventSocketSession,
): Promise<readonly Finding[]> {
  const status = await session.api("sofia status");
  if (!status.ok)
    return [
      error(
        path,
        `FreeSWITCH does not respond on its event socket (${status.failure})`,
        "check in its log whether it is overloaded, or restart it",
      ),
    ];
  return [
    ...ofProfiles(server, path, status.value),
    ...(await ofInvites(server, path, session)),
    ...(await ofModules(path, session)),
    ...(await ofStatus(server, path, session)),
    ...(await promptFindings(config, server.name, session)),
  ];
}

function ofProfiles({ sipProfile }: MediaServerConfig, path: string, status: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (!isRunning(status, sipProfile))
    findings.push(
      error(
        `${path}.sip_profile`,
        `FreeSWITCH has no running sofia profile ${sipProfile}: it accepts no calls from drachtio`,
        "install freeswitch/conf/sip_profiles, or check FreeSWITCH's log for why the profile does not start (such as a port in use)",
      ),
    );
  if (!isRunning(status, bbbProfile))
    findings.push(
      error(
        path,
        `FreeSWITCH has no running sofia profile ${bbbProfile}: it can't call BBB servers`,
        "install freeswitch/conf/sip_profiles; the profile needs the certificates that freeswitch/start.sh creates",
      ),
    );
  return findings.length > 0
    ? findings
    : [fine(path, `FreeSWITCH accepts einwahl's login, and ${sipProfile} and ${bbbProfile} are running`)];
}

/** Checks that it accepts only drachtio's INVITEs: each gives its sender an event socket. */
async function ofInvites(
  { eventSocket, advertisedAddress }: MediaServerConfig,
  path: string,
  session: EventSocketSession,
): Promise<readonly Finding[]> {
  const fault = await inviteFault(
    async (name) => {
      const value = await session.api(`global_getvar ${name}`);
      return value.ok ? value.value.trim() : undefined;
    },
    { password: eventSocket.password.reveal(), advertisedAddress },
  );
  switch (fault) {
    case undefined:
      return [];
    case "no-key":
      return [
        warning(
          path,
          "its dialplan is from an older einwahl: any INVITE to its SIP port gets an event socket without a password",
          "install freeswitch/conf of this version and restart FreeSWITCH with freeswitch/start.sh",
        ),
      ];
    case "other-key":
      return [
        error(
          path,
          "the key that FreeSWITCH expects in drachtio's INVITEs does not match the password: it refuses every call",
          "start it with freeswitch/start.sh, which derives the key from EINWAHL_FS_EVENT_SOCKET_PASSWORD(_FILE)",
        ),
      ];
    case "address-not-allowed":
      return [
        error(
          `${path}.advertised_address`,
          `FreeSWITCH does not connect to applications at ${advertisedAddress}: it refuses every call`,
          `start it with EINWAHL_FS_CONTROL_HOSTS="${advertisedAddress}"`,
        ),
      ];
  }
}

async function ofModules(path: string, session: EventSocketSession): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, need } of modules) {
    const answer = await session.api(`module_exists ${name}`);
    if (answer.ok && answer.value.trim() === "false")
      findings.push(
        error(
          path,
          `FreeSWITCH has not loaded ${name}: ${need}`,
          "load it in modules.conf.xml, as freeswitch/conf/autoload_configs does, and restart FreeSWITCH",
        ),
      );
  }
  return findings;
}

/** Version and session limit, from the `status` command of mod_commands. */
async function ofStatus(
  { capacity }: MediaServerConfig,
  path: string,
  session: EventSocketSession,
): Promise<readonly Finding[]> {
  const answer = await session.api("status");
  const status = answer.ok ? answer.value : "";
  const version = versionFinding(path, "FreeSWITCH", freeSwitchVersion(status));
  const most = Number(/^(\d+) session\(s\) max/m.exec(status)?.[1] ?? Number.NaN);
  if (Number.isNaN(most) || most >= capacity * channelsOfCall) return [version];
  return [
    version,
    warning(
      `${path}.capacity`,
      `FreeSWITCH allows ${most} channels, fewer than two for each of ${capacity} calls`,
      `set it to ${Math.floor(most / channelsOfCall)}, or raise FreeSWITCH's max-sessions (EINWAHL_MAX_CALLS)`,
    ),
  ];
}

async function ofListenAddress({ listenAddress }: MediaServerConfig, path: string): Promise<readonly Finding[]> {
  const code = await new Promise<string>((resolve) => {
    const server = createServer();
    server.once("error", (fault) => {
      resolve(faultCode(fault));
    });
    server.listen(0, listenAddress, () => {
      server.close(() => {
        resolve("");
      });
    });
  });
  if (code === "") return [];
  return [
    error(
      `${path}.listen_address`,
      `einwahl can't listen there (${code})`,
      "write an address of this machine that the media server can reach",
    ),
  ];
}

/** Whether a media server runs on this machine, and so has the same network. */
export function isLocal({ eventSocket }: MediaServerConfig): boolean {
  return isThisMachine(eventSocket.host);
}
