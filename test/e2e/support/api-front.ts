import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

import type { Owner } from "./owner.js";

const host = "127.0.0.1";

export interface FrontOptions {
  /** With a certificate it speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers a request itself, or changes the headers of the answer and gives false: then the answer is the API's. */
  readonly handle?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A web server before the API of a BBB server, as nginx is on a real one; the port that it listens on. */
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
