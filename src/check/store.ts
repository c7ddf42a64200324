import { randomBytes } from "node:crypto";
import { access, constants, open, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Config } from "../config/config.js";
import { DirectoryLock } from "../store/directory-lock.js";
import { RedisConnection } from "../store/redis-connection.js";
import type { Clock } from "../util/clock.js";
import { faultCode } from "../util/network-fault.js";
import { type Check, type CheckTools, error, type Finding, fine, warning } from "./check.js";
import type { RunningInstance } from "./running.js";

const path = "rooms.store";

/** Checks that einwahl can write to the store of PINs and no other instance uses it. */
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
  // Report the first fault: later ones are consequences.
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
    if (answer.ok) return [fine(path, "Redis responds")];
    return [
      error(
        path,
        `Redis rejects einwahl's connection (${faults[0] ?? "no response"})`,
        "start Redis, or correct address, user and password in the URL of rooms.store",
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
        `${directory} is not a readable directory (${typeof facts === "string" ? facts : "it is a file"})`,
        "write a directory that only einwahl uses",
      ),
    ];
  if (await DirectoryLock.isHeld(directory)) {
    return (await instance.state()).kind === "not-running"
      ? [
          error(
            path,
            `${directory} is in use by another instance of einwahl`,
            "stop it, or write another directory; several instances require Redis",
          ),
        ]
      : [fine(path, "the store is in use by the running einwahl")];
  }
  const code = await writeThere(directory);
  if (code !== "")
    return [
      error(
        path,
        `${directory} is not writable (${code})`,
        code === "ENOSPC"
          ? "free space on the disk"
          : "change the owner to einwahl's user and the mode to 0700: chown einwahl",
      ),
    ];
  return [fine(path, `${directory} is writable`)];
}

/** einwahl creates a missing directory at its start, if permissions allow it. */
async function ofMissing(directory: string): Promise<readonly Finding[]> {
  let above = dirname(directory);
  while (above !== dirname(above) && (await stat(above).catch(() => undefined)) === undefined) above = dirname(above);
  try {
    await access(above, constants.W_OK);
    return [fine(path, `${directory} will be created at the start`)];
  } catch (fault) {
    return [
      error(
        path,
        `${directory} does not exist and can't be created (${faultCode(fault)})`,
        "create it for einwahl's user: install -d -o einwahl -m 0700",
      ),
    ];
  }
}

/** Writes a file, because only a write detects a full disk. Returns the error code, or "". */
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

/** Checks the directory of the log files. Calls continue without a log. */
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
              `${directory} is not writable (${code})`,
              "change the owner to einwahl's user, or free space on the disk; calls continue without a log",
            ),
          ];
    },
  };
}
