import { randomInt } from "node:crypto";
import { stat } from "node:fs/promises";
import process from "node:process";

import type { Config } from "../config/config.js";
import { ControlClient } from "../control/control-client.js";
import { keepsNone } from "../control/pin-routes.js";
import { RemotePinBook } from "../control/remote-pin-book.js";
import { openStores } from "../store/open-stores.js";
import { OpenPinBook, type PinBook } from "../store/pin-book.js";
import { failure, type Result, success } from "../util/result.js";
import { type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { loadedConfig } from "./loaded-config.js";
import { tellNoAnswer } from "./running-instance.js";

/** The options that locate the PINs. */
interface PinPlace {
  readonly config: string | undefined;
  readonly socket: string | undefined;
}

/** An operation on the PINs; the failure is a line for the user. */
type UsePins = (book: PinBook) => Promise<Result<ExitCode, string>>;

/**
 * Runs an operation through the running instance, or directly on the store if no instance has it open.
 *
 * @param mayCreate whether to create a missing store
 */
export async function withPinBook(
  place: PinPlace,
  context: CommandContext,
  mayCreate: boolean,
  use: UsePins,
): Promise<ExitCode> {
  const config = loadedConfig(place.config, context);
  if (config === undefined) return exitCodes.configuration;
  const socket = place.socket ?? config.control.socket;
  const client = new ControlClient(socket);
  const remote = new RemotePinBook(client);
  const fault = await remote.fault();
  const keepsNothing = fault?.kind === "refused" && fault.status === keepsNone;
  // The running instance opens its store for new PINs: callers' PINs are looked up only there.
  if (fault === undefined || (keepsNothing && mayCreate)) return told(await use(remote), context);
  if (!keepsNothing && fault.kind !== "not-running") return tellNoAnswer(fault, { client, socket }, context);
  const opened = await openBook(config, context, mayCreate);
  if (!opened.ok) return told(opened, context);
  try {
    return told(await use(opened.value.book), context);
  } finally {
    await opened.value.close();
  }
}

function told(outcome: Result<ExitCode, string>, { terminal }: CommandContext): ExitCode {
  if (outcome.ok) return outcome.value;
  terminal.note(`einwahl pins: ${outcome.failure}`);
  return exitCodes.unavailable;
}

interface OpenBook {
  readonly book: PinBook;
  close(): Promise<void>;
}

/** Opens the store of the configuration in this process. */
async function openBook(
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
