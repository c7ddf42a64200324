import { connect } from "node:net";

import type { HttpHarness } from "./http-harness.js";

/** Sends bytes and returns the whole response; the server has to close the connection. */
export async function raw(world: HttpHarness, bytes: string | Buffer, end = false): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(world.server.port, "127.0.0.1");
    let text = "";
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end: ${text}`));
    }, 10_000);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(limit);
      resolve(text);
    });
    socket.write(bytes);
    if (end) socket.end();
  });
}
