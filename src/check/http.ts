import { createServer } from "node:net";
import { isIP } from "node:net";

import type { Config } from "../config/config.js";
import { faultCode } from "../util/network-fault.js";
import { judgeCertificate } from "./certificate.js";
import { answerTimeoutMs, type Check, type CheckTools } from "./check.js";
import { error, type Finding, fine, warning } from "./finding.js";
import { addressesOf, placeOf } from "./names.js";
import type { RunningInstance } from "./running.js";
import { meetTlsPeer } from "./tls-peer.js";
import { unreachable } from "./unreachable.js";

type Listener = "einwahl" | "somebody" | "nobody";

/** einwahl's HTTP ports: free, or einwahl's already. */
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
        case "nobody":
          return await canListen(path, host, port);
        case "somebody":
          return [
            error(
              path,
              `${place} is taken by something that is not einwahl`,
              `name another port, or stop it; who it is: ss -ltnp 'sport = :${port}'`,
            ),
          ];
        case "einwahl":
          return (await instance.state()).kind === "not-running"
            ? [
                error(
                  path,
                  `${place} is taken by another einwahl, which does not run with this configuration`,
                  "name another port, or stop it",
                ),
              ]
            : [fine(path, `einwahl answers on ${place}`)];
      }
    },
  };
}

/** How people reach it: by a reverse proxy, whose name, certificate and way to here can be wrong. */
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
            "make a record in DNS for it, or write the name that there is",
          ),
        ];
      const certificate =
        protocol === "https:"
          ? await ofCertificate(path, addresses.value[0], name, Number(port === "" ? 443 : port), tools)
          : [];
      if (certificate.some(({ severity }) => severity !== "ok")) return certificate;
      if ((await instance.state()).kind !== "running") return certificate;
      if ((await listenerAt(publicUrl)) === "einwahl") return [fine(path, "einwahl answers there"), ...certificate];
      return [
        warning(
          path,
          "einwahl does not answer there",
          "look at the reverse proxy: it has to pass everything on to http.host and http.port",
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
        "start the reverse proxy with TLS that people reach einwahl by",
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
        cure: "let the reverse proxy send its whole chain, from an authority that browsers know",
      },
      renewal: "renew it at the reverse proxy: certbot renew",
    },
    tools.epochMs(),
  );
}

/** No connection came about, and not for want of an answer: the host refuses it, or has no way to the address. */
const unconnected: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"]);

/** Who answers HTTP there; a port that takes connections and says nothing is somebody's. */
async function listenerAt(base: string): Promise<Listener> {
  try {
    const response = await fetch(`${base}/healthz`, {
      signal: AbortSignal.timeout(answerTimeoutMs),
      redirect: "error",
    });
    const text = (await response.text()).slice(0, 100);
    return response.status === 200 && text === '{"status":"alive"}' ? "einwahl" : "somebody";
  } catch (fault) {
    return unconnected.has(faultCode(fault)) ? "nobody" : "somebody";
  }
}

/** Nothing is there for longer than it takes to see that it could be. */
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
          `${placeOf(host, port)} is taken`,
          `name another port, or stop what has it: ss -ltnp 'sport = :${port}'`,
        ),
      ];
    case "EACCES":
      return [
        error(
          path,
          `${placeOf(host, port)} is not for this user`,
          "name a port above 1023, with a reverse proxy before it",
        ),
      ];
    default:
      return [
        error(
          "http.host",
          `einwahl can't listen on ${placeOf(host, port)} (${code})`,
          "name an address of this machine",
        ),
      ];
  }
}

/** An address to which one can connect, of one on which one can listen. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return isIP(host) === 6 && /^[0:]+$/.test(host) ? "::1" : host;
}
