import { ControlClient, type ControlFailure } from "../control/control-client.js";
import { explainControlFailure } from "../control/explain-failure.js";
import { type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { loadedConfig } from "./loaded-config.js";

/** The running instance and its socket path. */
export interface RunningInstance {
  readonly client: ControlClient;
  readonly socket: string;
}

/** @returns `undefined` after printing the configuration's faults; it contains the socket path unless an option does */
export function runningInstance(
  options: { readonly config: string | undefined; readonly socket: string | undefined },
  context: CommandContext,
): RunningInstance | undefined {
  const socket = options.socket ?? loadedConfig(options.config, context)?.control.socket;
  if (socket !== undefined) return { client: new ControlClient(socket), socket };
  context.terminal.note("Fix the file, which contains the path of the control socket, or give the path: --socket PATH");
  return undefined;
}

/** Prints why the instance did not respond, and the suggested fix. */
export function tellNoAnswer(
  fault: ControlFailure,
  { socket }: RunningInstance,
  { terminal }: CommandContext,
): ExitCode {
  terminal.note(`einwahl: ${explainControlFailure(fault)} (${socket})`);
  switch (fault.kind) {
    case "not-running":
      terminal.note(
        "  -> start it, or give the configuration that it runs with (--config FILE) or its socket (--socket PATH)",
      );
      return exitCodes.unavailable;
    case "not-allowed":
      terminal.note("  -> run the command as einwahl's user (sudo -u einwahl einwahl ...) or as root");
      return exitCodes.unavailable;
    case "refused":
    case "broken":
      return exitCodes.unavailable;
  }
}
