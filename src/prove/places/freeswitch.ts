import { Buffer } from "node:buffer";
import { access, constants } from "node:fs/promises";

import type { MediaServerConfig } from "../../config/config.js";
import { type EventSocketFailure, EventSocketSession } from "../../media/event-socket-session.js";
import type { Clock } from "../../util/clock.js";
import { isThisMachine } from "../../util/own-address.js";
import { failure, type Result, success } from "../../util/result.js";
import { answerTimeoutMs, type Look, type Permission, type Place, type Plant } from "../place.js";
import { directoryPlace, plantFile } from "./directories.js";

/** Tables of FreeSWITCH's core database, and its global variables. */
const tables = [
  "show channels as json",
  "show calls as json",
  "show registrations as json",
  "show tasks as json",
  "global_getvar",
  "status",
] as const;
const maxChannels = 4_000;

/** The variables for the directories that FreeSWITCH writes to. */
const folderVariables = [
  "db_dir",
  "log_dir",
  "run_dir",
  "temp_dir",
  "cache_dir",
  "storage_dir",
  "recordings_dir",
] as const;

/** All variables of a channel by name, from `uuid_dump`. */
export type ChannelDump = ReadonlyMap<string, string>;

/** Opens an event socket, runs the queries, and closes it. The failure is one sentence. */
export async function askFreeSwitch<Answer>(
  server: MediaServerConfig,
  clock: Clock,
  ask: (session: EventSocketSession) => Promise<Result<Answer, string>>,
): Promise<Result<Answer, string>> {
  const {
    name,
    eventSocket: { host, port, password },
  } = server;
  const session = await EventSocketSession.open({ host, port, password: password.reveal() }, clock, answerTimeoutMs);
  if (!session.ok) return failure(`${name}: ${why(session.failure)}`);
  try {
    return await ask(session.value);
  } finally {
    session.value.close();
  }
}

function why(fault: EventSocketFailure): string {
  return fault.kind === "no-connection"
    ? `its event socket can't be reached (${fault.code})`
    : `its event socket can't be used (${fault.kind})`;
}

/** The variables of all channels, and FreeSWITCH's tables. */
export function channelsPlace(servers: readonly MediaServerConfig[], clock: Clock, permits: Permission): Place {
  return {
    id: "freeswitch-channels",
    name: "FreeSWITCH: variables of all channels, and the tables of its database that it shows",
    when: "calls",
    permits,
    // A channel variable needs a channel: planted during a call, see `plantVariable`.
    plants: [],
    begin: () => Promise.resolve(),
    look: async () => {
      const looks = await Promise.all(
        servers.map(
          async (server) =>
            await askFreeSwitch(server, clock, async (session) => success(await lookAt(server.name, session))),
        ),
      );
      return {
        pieces: looks.flatMap((look) => (look.ok ? look.value.pieces : [])),
        unseen: looks.flatMap((look) => (look.ok ? look.value.unseen : [look.failure])),
      };
    },
  };
}

async function lookAt(server: string, session: EventSocketSession): Promise<Look> {
  const pieces: Look["pieces"][number][] = [];
  const unseen: string[] = [];
  const read = async (command: string): Promise<string> => {
    const answer = await session.api(command);
    if (answer.ok) pieces.push({ source: `${server} ${command}`, bytes: Buffer.from(answer.value) });
    else unseen.push(`${server} ${command}: ${answer.failure}`);
    return answer.ok ? answer.value : "";
  };
  const channels = uuidsOf(await read(tables[0]));
  for (const table of tables.slice(1)) await read(table);
  if (channels.length > maxChannels) unseen.push(`${server}: more than ${maxChannels} channels`);
  for (const uuid of channels.slice(0, maxChannels)) await read(`uuid_dump ${uuid} json`);
  return { pieces, unseen };
}

function uuidsOf(shown: string): readonly string[] {
  const answer = parsed(shown);
  const rows = answer?.["rows"];
  return Array.isArray(rows)
    ? rows.flatMap((row: unknown) =>
        typeof row === "object" && row !== null && "uuid" in row && typeof row.uuid === "string" ? [row.uuid] : [],
      )
    : [];
}

/** Every channel of one media server. */
export async function dumpChannels(
  server: MediaServerConfig,
  clock: Clock,
): Promise<Result<readonly ChannelDump[], string>> {
  return await askFreeSwitch(server, clock, async (session) => {
    const shown = await session.api("show channels as json");
    if (!shown.ok) return shown;
    const dumps: ChannelDump[] = [];
    for (const uuid of uuidsOf(shown.value).slice(0, maxChannels)) {
      const dump = await session.api(`uuid_dump ${uuid} json`);
      const fields = dump.ok ? parsed(dump.value) : undefined;
      if (fields !== undefined)
        dumps.push(new Map(Object.entries(fields).map(([name, value]) => [name, String(value)])));
    }
    return success(dumps);
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

const plantedVariable = "einwahl_prove";

/** A variable of an active channel. */
export function plantVariable(server: MediaServerConfig, uuid: string, clock: Clock): Plant {
  const set = async (value: string): Promise<Result<string, string>> =>
    await askFreeSwitch(
      server,
      clock,
      async (session) => await session.api(`uuid_setvar ${uuid} ${plantedVariable}${value}`),
    );
  return {
    how: "as a variable of the test call's channel",
    put: async (mark) => {
      const answer = await set(` ${mark.reveal()}`);
      if (!answer.ok) return answer;
      return success({
        isGone: "at-once",
        remove: async () => {
          await set("");
        },
      });
    },
  };
}

/** FreeSWITCH's files, including databases, on this machine or in the operator's directory. */
export async function freeSwitchFilesPlace(
  servers: readonly MediaServerConfig[],
  named: readonly string[],
  permits: Permission,
  clock: Clock,
): Promise<Place> {
  const directories = new Set(named);
  const unseen: string[] = [];
  for (const server of named.length > 0 ? [] : servers) {
    const found = await foldersOf(server, clock);
    if (found.ok) for (const folder of found.value) directories.add(folder);
    else unseen.push(found.failure);
  }
  const [first] = directories;
  const place = directoryPlace({
    id: "freeswitch-files",
    name: "FreeSWITCH's files: databases, logs, recordings",
    directories: [...directories],
    permits,
    plants: first === undefined ? [] : [plantFile(first)],
  });
  return {
    ...place,
    when: "calls",
    look: async () => {
      const look = await place.look();
      return { pieces: look.pieces, unseen: [...unseen, ...look.unseen] };
    },
  };
}

async function foldersOf(server: MediaServerConfig, clock: Clock): Promise<Result<readonly string[], string>> {
  const hint = "give the local path of its state directory: --freeswitch-files DIR";
  if (!isThisMachine(server.eventSocket.host)) return failure(`${server.name} is on another machine: ${hint}`);
  return await askFreeSwitch(server, clock, async (session) => {
    const folders = new Set<string>();
    for (const variable of folderVariables) {
      const answer = await session.api(`global_getvar ${variable}`);
      if (!answer.ok) return answer;
      if (answer.value.trim() !== "") folders.add(answer.value.trim());
    }
    if (folders.size === 0) return failure(`${server.name} names no folder of its own: ${hint}`);
    for (const folder of folders) {
      if (!(await isReadable(folder))) return failure(`${folder} of ${server.name} can't be read here: ${hint}`);
    }
    return success([...folders]);
  });
}

async function isReadable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
