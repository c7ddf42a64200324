import { commonOptions } from "../options.js";

/** Options that locate the PINs. */
export const pinOptions = { config: commonOptions.config, socket: commonOptions.socket } as const;

/** The values of `pinOptions`. */
export interface PinPlace {
  readonly config: string | undefined;
  readonly socket: string | undefined;
}
