import { commonOptions } from "../options.js";
import { instanceOptions } from "../running-instance.js";

/** What tells the commands on PINs where these are. */
export const pinOptions = { config: commonOptions.config, ...instanceOptions } as const;

/** The values of `pinOptions`. */
export interface PinPlace {
  readonly config: string | undefined;
  readonly socket: string | undefined;
}
