import { randomInt } from "node:crypto";
import { stat } from "node:fs/promises";
import process from "node:process";

import type { Config } from "../../config/config.js";
import { openStores } from "../../store/open-stores.js";
import { OpenPinBook, type PinBook } from "../../store/pin-book.js";
import { failure, type Result, success } from "../../util/result.js";
import type { CommandContext } from "../command.js";

interface OpenBook {
  readonly book: PinBook;
  close(): Promise<void>;
}

/** Opens the store of the configuration in this process. */
export async function openBook(
  { rooms }: Config,
  { terminal, clock }: CommandContext,
  mayCreate: boolean,
): Promise<Result<OpenBook, string>> {
  const { store, pinLength, restMs } = rooms;
  if (store.kind === "embedded") {
    const usable = await checkDirectory(store.directory, mayCreate);
    if (!usable.ok) return usable;
  }
  // Without an instance, the PINs that BBB itself assigned to running meetings are unknown.
  const settings = {
    pinLength,
    restMs,
    now: Date.now,
    randomBelow: (limit: number) => randomInt(limit),
    isInUse: () => false,
  };
  const stores = await openStores(store, settings, clock, {
    onTrouble: (what) => {
      terminal.note(`einwahl pins: the store has a fault: ${what}`);
    },
    onRedis: (fault) => {
      if (fault !== undefined) terminal.note(`einwahl pins: Redis does not respond: ${fault}`);
    },
  });
  if (!stores.ok) return failure(`rooms.store: ${stores.failure}`);
  return success({ book: new OpenPinBook(stores.value.rooms), close: () => stores.value.close() });
}

/** Files created by root would be inaccessible to einwahl's user. */
async function checkDirectory(directory: string, mayCreate: boolean): Promise<Result<void, string>> {
  const facts = await stat(directory).catch(() => undefined);
  if (facts === undefined)
    return mayCreate
      ? success(undefined)
      : failure(`${directory} contains no store: einwahl has not run with this configuration`);
  if (process.getuid === undefined || facts.uid === process.getuid()) return success(undefined);
  return failure(
    `einwahl is not running, and the store in ${directory} belongs to another user: use that user's account (sudo -u), or start einwahl`,
  );
}
