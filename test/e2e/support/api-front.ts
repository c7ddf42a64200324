import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

import type { Owner } from "./owner.js";

const host = "127.0.0.1";

export interface FrontOptions {
  /** With a certificate it uses TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Responds itself, or modifies the response's headers and returns false: then the API's response is sent. */
  readonly handle?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A web server before the API of a BBB server, like nginx on a real one; returns its port. */
export async function startApiFront(
  owner: Owner,
  apiUrl: string,
  { tls, handle = () => false }: FrontOptions,
): Promise<number> {
  const listener: RequestListener = (request, response) => {
    if (handle(request, response)) return;
    fetch(new URL(request.url ?? "/", apiUrl)).then(
      async (answer) => {
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
        response.end(await answer.text());
      },
      () => {
        response.destroy();
      },
    );
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  owner.teardown(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  });
  return (server.address() as AddressInfo).port;
}
