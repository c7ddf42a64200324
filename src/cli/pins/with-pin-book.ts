import { ControlClient } from "../../control/control-client.js";
import { keepsNone } from "../../control/pin-routes.js";
import { RemotePinBook } from "../../control/remote-pin-book.js";
import type { PinBook } from "../../store/pin-book.js";
import type { Result } from "../../util/result.js";
import { type CommandContext, type ExitCode, exitCodes } from "../command.js";
import { loadedConfig } from "../loaded-config.js";
import { tellNoAnswer } from "../running-instance.js";
import { openBook } from "./open-book.js";

/** The options that locate the PINs. */
interface PinPlace {
  readonly config: string | undefined;
  readonly socket: string | undefined;
}

/** An operation on the PINs; the failure is a line for the user. */
export type UsePins = (book: PinBook) => Promise<Result<ExitCode, string>>;

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
