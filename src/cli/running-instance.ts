import { ControlClient, type ControlFailure } from "../control/control-client.js";
import { explainControlFailure } from "../control/explain-failure.js";
import type { CommandContext } from "./command.js";
import { type ExitCode, exitCodes } from "./exit-code.js";
import { loadedConfig } from "./loaded-config.js";

/** The running instance and where its socket is. */
export interface RunningInstance {
  readonly client: ControlClient;
  readonly socket: string;
}

/** @returns `undefined` after the configuration's faults have been told, which names the socket where no option does */
export function runningInstance(
  options: { readonly config: string | undefined; readonly socket: string | undefined },
  context: CommandContext,
): RunningInstance | undefined {
  const socket = options.socket ?? loadedConfig(options.config, context)?.control.socket;
  if (socket !== undefined) return { client: new ControlClient(socket), socket };
  context.terminal.note("The file would tell where the control socket is; without it, name the socket: --socket PATH");
  return undefined;
}

/** Tells why the instance gave no answer, and what to do. */
export function tellNoAnswer(
  fault: ControlFailure,
  { socket }: RunningInstance,
  { terminal }: CommandContext,
): ExitCode {
  terminal.note(`einwahl: ${explainControlFailure(fault)} (${socket})`);
  switch (fault.kind) {
    case "not-running":
      terminal.note(
        "  -> start it, or name the configuration that it runs with: --config FILE, or its socket: --socket PATH",
      );
      return exitCodes.unavailable;
    case "not-allowed":
      terminal.note("  -> sudo -u einwahl einwahl ..., or as root");
      return exitCodes.unavailable;
    case "refused":
    case "broken":
      return exitCodes.unavailable;
  }
}
