import { createConnection } from "node:net";

import type { ApiCommands } from "./api.js";
import type { Channel } from "./channel.js";
import { EventSocket } from "./event-socket.js";

/** FreeSWITCH sets no timeout: Linux gives up after 6 repeated SYNs (net.ipv4.tcp_syn_retries). */
const connectTimeoutMs = 127_000;

/**
 * The dialplan application `socket host:port async full`: connects the channel to the application at that address.
 * Resolves when the connection is closed or the channel is transferred; at once if it cannot be opened. After a transfer the
 * connection stays open.
 */
export async function controlBySocket(
  channel: Channel,
  api: ApiCommands,
  target: string,
  open: Set<EventSocket>,
): Promise<void> {
  const address = /^([\w.-]+|\[[0-9a-f:.]+\]):(\d{1,5})$/i.exec(target.trim());
  const port = Number(address?.[2]);
  if (address === null || port < 1 || port > 65535) return;
  const socket = createConnection({ host: (address[1] ?? "").replace(/^\[|\]$/g, ""), port });
  const connected = await new Promise<boolean>((resolve) => {
    const stop = channel.engine.clock.after(connectTimeoutMs, () => {
      resolve(false);
    });
    const settle = (ok: boolean): void => {
      stop();
      channel.down.removeEventListener("abort", onDown);
      resolve(ok);
    };
    const onDown = (): void => {
      settle(false);
    };
    channel.down.addEventListener("abort", onDown);
    if (channel.isDown) onDown();
    socket.once("error", () => {
      settle(false);
    });
    socket.once("connect", () => {
      settle(true);
    });
  });
  if (!connected) {
    socket.on("error", () => undefined);
    socket.destroy();
    return;
  }
  const connection = new EventSocket(socket, { engine: channel.engine, api, channel });
  open.add(connection);
  const release = (): Promise<void> => {
    connection.channelGone();
    return Promise.resolve();
  };
  channel.releases.push(release);
  channel.engine.inBackground(
    connection.closed.then(() => {
      open.delete(connection);
      const at = channel.releases.indexOf(release);
      if (at >= 0) channel.releases.splice(at, 1);
      channel.park.release();
    }),
  );
  if (channel.isDown) connection.channelGone();
  else await channel.park.enter();
}
