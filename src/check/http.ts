import { createServer, isIP } from "node:net";

import type { Config } from "../config/config.js";
import { faultCode } from "../util/network-fault.js";
import { judgeCertificate } from "./certificate.js";
import {
  answerTimeoutMs,
  type Check,
  type CheckTools,
  error,
  type Finding,
  fine,
  unreachable,
  warning,
} from "./check.js";
import { addressesOf, placeOf } from "./names.js";
import type { RunningInstance } from "./running.js";
import { meetTlsPeer } from "./tls-peer.js";

type Listener = "einwahl" | "other" | "none";

/** Checks that einwahl's HTTP ports are free or in use by einwahl itself. */
export function httpPortChecks({ http }: Pick<Config, "http">, instance: RunningInstance): readonly Check[] {
  return [
    portCheck("http.port", http.host, http.port, instance),
    portCheck("http.operators_port", "127.0.0.1", http.operatorsPort, instance),
  ];
}

function portCheck(path: string, host: string, port: number, instance: RunningInstance): Check {
  return {
    path,
    run: async () => {
      const place = placeOf(host, port);
      const listener = await listenerAt(`http://${placeOf(reachable(host), port)}`);
      switch (listener) {
        case "none":
          return await canListen(path, host, port);
        case "other":
          return [
            error(
              path,
              `${place} is in use by a program other than einwahl`,
              `write another port, or stop the program that ss -ltnp 'sport = :${port}' shows`,
            ),
          ];
        case "einwahl":
          return (await instance.state()).kind === "not-running"
            ? [
                error(
                  path,
                  `${place} is in use by an einwahl that runs with another configuration`,
                  "write another port, or stop it",
                ),
              ]
            : [fine(path, `einwahl responds on ${place}`)];
      }
    },
  };
}

/** Checks the public URL: name, certificate and upstream of the reverse proxy. */
export function publicUrlCheck(publicUrl: string, instance: RunningInstance, tools: CheckTools): Check {
  const path = "http.public_url";
  return {
    path,
    run: async () => {
      const { hostname, protocol, port } = new URL(publicUrl);
      const name = hostname.replace(/^\[|\]$/g, "");
      const addresses = await addressesOf(name, tools);
      if (!addresses.ok)
        return [
          warning(
            path,
            unreachable(name, addresses.failure),
            "create a DNS record for the name, or write an existing name",
          ),
        ];
      const certificate =
        protocol === "https:"
          ? await ofCertificate(path, addresses.value[0], name, Number(port === "" ? 443 : port), tools)
          : [];
      if (certificate.some(({ severity }) => severity !== "ok")) return certificate;
      if ((await instance.state()).kind !== "running") return certificate;
      if ((await listenerAt(publicUrl)) === "einwahl") return [fine(path, "einwahl responds"), ...certificate];
      return [
        warning(
          path,
          "the response is not einwahl's",
          "configure the reverse proxy to forward all requests to http.host and http.port",
        ),
        ...certificate,
      ];
    },
  };
}

async function ofCertificate(
  path: string,
  address: string,
  name: string,
  port: number,
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const peer = await meetTlsPeer({ address, port, name, authorities: undefined }, tools.clock);
  if (!peer.ok)
    return [
      warning(
        path,
        unreachable(placeOf(name, port), peer.failure),
        "start the reverse proxy that serves this URL with TLS",
      ),
    ];
  peer.value.stream.close();
  return judgeCertificate(
    peer.value,
    {
      path,
      name,
      comparedBy: "web",
      distrusted: {
        severity: "warning",
        cure: "configure the complete chain, from a public CA, on the reverse proxy",
      },
      renewal: "renew it on the reverse proxy: certbot renew",
    },
    tools.epochMs(),
  );
}

/** The connection failed without a timeout: it was refused or the address is unreachable. */
const unconnected: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"]);

/** The HTTP server on a port; a port that accepts connections without responding counts as in use. */
async function listenerAt(base: string): Promise<Listener> {
  try {
    const response = await fetch(`${base}/healthz`, {
      signal: AbortSignal.timeout(answerTimeoutMs),
      redirect: "error",
    });
    const text = (await response.text()).slice(0, 100);
    return response.status === 200 && text === '{"status":"alive"}' ? "einwahl" : "other";
  } catch (fault) {
    return unconnected.has(faultCode(fault)) ? "none" : "other";
  }
}

/** Binds the port briefly to test that it is free. */
async function canListen(path: string, host: string, port: number): Promise<readonly Finding[]> {
  const code = await new Promise<string>((resolve) => {
    const server = createServer();
    server.once("error", (fault) => {
      resolve(faultCode(fault));
    });
    server.listen(port, host, () => {
      server.close(() => {
        resolve("");
      });
    });
  });
  switch (code) {
    case "":
      return [fine(path, `${placeOf(host, port)} is free`)];
    case "EADDRINUSE":
      return [
        error(
          path,
          `${placeOf(host, port)} is in use`,
          `write another port, or stop the program that ss -ltnp 'sport = :${port}' shows`,
        ),
      ];
    case "EACCES":
      return [
        error(
          path,
          `this user has no permission to listen on ${placeOf(host, port)}`,
          "write a port above 1023, behind a reverse proxy",
        ),
      ];
    default:
      return [
        error(
          "http.host",
          `einwahl can't listen on ${placeOf(host, port)} (${code})`,
          "write an address of this machine",
        ),
      ];
  }
}

/** A connectable address for a listen address: loopback instead of 0.0.0.0 and ::. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return isIP(host) === 6 && /^[0:]+$/.test(host) ? "::1" : host;
}
