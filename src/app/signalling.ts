import type { Logger } from "pino";

import type { Config } from "../config/config.js";
import { DrachtioConnection, type DrachtioConnectionOptions } from "../sip/drachtio-connection.js";
import type { DialogBook } from "../store/dialog-book.js";
import type { Clock } from "../util/clock.js";

export interface SignallingEvents extends Pick<DrachtioConnectionOptions, "onCall" | "onHeard"> {
  readonly dialogs: Pick<DialogBook, "add" | "remove">;
  /** Connected, or connected again. */
  readonly onUp: () => void;
  readonly onLost: () => void;
}

export function openSignalling(
  { drachtio }: Pick<Config, "drachtio">,
  logger: Logger,
  clock: Clock,
  { dialogs, onCall, onHeard, onUp, onLost }: SignallingEvents,
): DrachtioConnection {
  const onBug = (error: unknown): void => {
    logger.error({ err: error }, "unexpected error");
  };
  return DrachtioConnection.open({
    host: drachtio.host,
    port: drachtio.port,
    secret: drachtio.secret.reveal(),
    clock,
    random: Math.random,
    onCall,
    onHeard,
    onConnected: (version) => {
      logger.info({ version }, "connected to drachtio");
      onUp();
    },
    onAddresses: onUp,
    onLost: (why) => {
      logger.warn({ why }, "drachtio is not connected");
      onLost();
    },
    onDialog: (dialogId) => {
      dialogs.add(dialogId).catch(onBug);
    },
    onDialogEnded: (dialogId) => {
      dialogs.remove(dialogId).catch(onBug);
    },
    onBug,
  });
}
