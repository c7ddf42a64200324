import type { Logger } from "pino";

import type { Config } from "../config/config.js";
import { DrachtioConnection, type DrachtioConnectionOptions } from "../sip/drachtio-connection.js";
import type { Clock } from "../util/clock.js";

export interface SignallingEvents extends Pick<DrachtioConnectionOptions, "onCall" | "onHeard" | "onDialog"> {
  /** Connected, or connected again. */
  readonly onUp: () => void;
  readonly onLost: () => void;
}

export function openSignalling(
  { drachtio }: Pick<Config, "drachtio">,
  logger: Logger,
  clock: Clock,
  { onCall, onHeard, onDialog, onUp, onLost }: SignallingEvents,
): DrachtioConnection {
  return DrachtioConnection.open({
    host: drachtio.host,
    port: drachtio.port,
    secret: drachtio.secret.reveal(),
    clock,
    random: Math.random,
    onCall,
    onHeard,
    ...(onDialog !== undefined && { onDialog }),
    onConnected: (version) => {
      logger.info({ version }, "connected to drachtio");
      onUp();
    },
    onLost: (why) => {
      logger.warn({ why }, "drachtio is not connected");
      onLost();
    },
    onBug: (error) => {
      logger.error({ err: error }, "unexpected error");
    },
  });
}
