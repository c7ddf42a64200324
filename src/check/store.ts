import { randomBytes } from "node:crypto";
import { access, constants, open, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Config } from "../config/config.js";
import { DirectoryLock } from "../store/directory-lock.js";
import { RedisConnection } from "../store/redis-connection.js";
import type { Clock } from "../util/clock.js";
import { faultCode } from "../util/network-fault.js";
import type { Check, CheckTools } from "./check.js";
import { error, type Finding, fine, warning } from "./finding.js";
import type { RunningInstance } from "./running.js";

const path = "rooms.store";

/** The store of PINs: whether einwahl could write there, and no other one does. */
export function storeCheck(
  { rooms: { store } }: Pick<Config, "rooms">,
  instance: RunningInstance,
  tools: CheckTools,
): Check {
  return {
    path,
    run: async () =>
      store.kind === "redis"
        ? await ofRedis(store.url.reveal(), tools.clock)
        : await ofDirectory(store.directory, instance),
  };
}

async function ofRedis(url: string, clock: Clock): Promise<readonly Finding[]> {
  // The first that goes wrong is the cause; what follows says only that it has.
  const faults: string[] = [];
  const redis = await RedisConnection.open({
    url,
    clock,
    onState: (fault) => {
      if (fault !== undefined) faults.push(fault);
    },
  });
  try {
    const answer = await redis.command("PING");
    if (answer.ok) return [fine(path, "Redis answers")];
    return [
      error(
        path,
        `Redis does not let einwahl in (${faults[0] ?? "no answer"})`,
        "start Redis; address, user and password are in the URL of rooms.store",
      ),
    ];
  } finally {
    await redis.close();
  }
}

async function ofDirectory(directory: string, instance: RunningInstance): Promise<readonly Finding[]> {
  const facts = await stat(directory).catch((fault: unknown) => faultCode(fault));
  if (facts === "ENOENT") return await ofMissing(directory);
  if (typeof facts === "string" || !facts.isDirectory())
    return [
      error(
        path,
        `${directory} is no directory that can be read (${typeof facts === "string" ? facts : "it is a file"})`,
        "name a directory for einwahl alone",
      ),
    ];
  if (await DirectoryLock.isHeld(directory)) {
    return (await instance.state()).kind === "not-running"
      ? [
          error(
            path,
            `${directory} is in use by another instance of einwahl`,
            "stop it, or name another directory; several instances need Redis",
          ),
        ]
      : [fine(path, "the running einwahl has it")];
  }
  const code = await writeThere(directory);
  if (code !== "")
    return [
      error(
        path,
        `${directory} can't be written (${code})`,
        code === "ENOSPC"
          ? "make room on the disk"
          : "give it to the user that einwahl runs as: chown einwahl, mode 0700",
      ),
    ];
  return [fine(path, `${directory} can be written`)];
}

/** einwahl makes it at its start, where it may. */
async function ofMissing(directory: string): Promise<readonly Finding[]> {
  let above = dirname(directory);
  while (above !== dirname(above) && (await stat(above).catch(() => undefined)) === undefined) above = dirname(above);
  try {
    await access(above, constants.W_OK);
    return [fine(path, `${directory} is made at the start`)];
  } catch (fault) {
    return [
      error(
        path,
        `${directory} does not exist and can't be made (${faultCode(fault)})`,
        "make it, for the user that einwahl runs as: install -d -o einwahl -m 0700",
      ),
    ];
  }
}

/** Only a disk that is written to tells whether it is full. The code of what went wrong, or "". */
async function writeThere(directory: string): Promise<string> {
  const file = join(directory, `check-${randomBytes(6).toString("hex")}`);
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.write("check\n");
      await handle.sync();
    } finally {
      await handle.close();
      await unlink(file);
    }
    return "";
  } catch (fault) {
    return faultCode(fault);
  }
}

/** Where the log's files go. A log that can't be written stops no call. */
export function logFileCheck(file: string): Check {
  return {
    path: "logging.file",
    run: async () => {
      const directory = dirname(file);
      const facts = await stat(directory).catch(() => undefined);
      const code = facts === undefined ? "" : await writeThere(directory);
      return code === ""
        ? []
        : [
            warning(
              "logging.file",
              `${directory} can't be written (${code})`,
              "give it to the user that einwahl runs as, or make room on the disk; calls go on without a log",
            ),
          ];
    },
  };
}
