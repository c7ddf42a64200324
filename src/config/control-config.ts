import { join, resolve } from "node:path";

import type { RoomsConfig } from "./web-config.js";

/** The control socket between the command line and the running instance. */
export interface ControlConfig {
  /** The path of the Unix socket. */
  readonly socket: string;
}

/** The directory of the socket when the store is not a local directory. */
const systemSocket = "/run/einwahl/control.sock";

/** @param directory of the configuration file */
export function completeControl(
  settings: { readonly socket?: string | undefined },
  { store }: RoomsConfig,
  directory: string,
): ControlConfig {
  if (settings.socket !== undefined) return { socket: resolve(directory, settings.socket) };
  return { socket: store.kind === "embedded" ? join(store.directory, "control.sock") : systemSocket };
}
