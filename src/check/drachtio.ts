import type { Config } from "../config/config.js";
import { type DrachtioGreeting, logInToDrachtio } from "../sip/drachtio-login.js";
import { judgeCertificate } from "./certificate.js";
import { type Check, type CheckTools, answerWithinMs } from "./check.js";
import { type Finding, error, fine, warning } from "./finding.js";
import { placeOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";
import { unreachable } from "./unreachable.js";

/** Older ones lack what drachtio-srf asks for, or were never seen with einwahl. */
const oldest = "0.9.0";

/** drachtio-server: whether it lets us in, how old it is, where it listens, and the certificate that trunks see there. */
export function drachtioCheck(config: Pick<Config, "drachtio" | "trunks">, tools: CheckTools): Check {
  const { host, port, secret } = config.drachtio;
  return {
    path: "drachtio",
    run: async () => {
      const greeting = await logInToDrachtio({ host, port, secret: secret.reveal() }, tools.clock, answerWithinMs);
      if (greeting.ok) return [ofVersion(greeting.value), ...(await ofTls(config, greeting.value, tools))];
      const place = placeOf(host, port);
      switch (greeting.failure.kind) {
        case "no-connection":
          return [error("drachtio", unreachable(place, greeting.failure.code), "start drachtio-server; host and port are those of its admin element in drachtio.conf.xml")];
        case "not-drachtio":
          return [error("drachtio.port", `${place}: what listens there does not answer as drachtio-server`, "name the port of drachtio's admin element, 9022 by default, not one for SIP")];
        case "wrong-secret":
          return [error("drachtio.secret", "drachtio refuses the secret", "it must be that of the admin element in drachtio.conf.xml (DRACHTIO_SECRET)")];
      }
    },
  };
}

function ofVersion({ version }: DrachtioGreeting): Finding {
  const shown = version.replace(/[^\w.-]/g, "?").slice(0, 40);
  const [number, least] = [rankOf(version), rankOf(oldest)];
  if (number === undefined || least === undefined) return warning("drachtio", `drachtio tells a version that says nothing: ${shown}`, "use drachtio-server 0.9.10, with which einwahl was tried");
  if (number < least) return warning("drachtio", `drachtio-server ${shown} is older than ${oldest}`, "update it: einwahl was tried with 0.9.10");
  return fine("drachtio", `drachtio-server ${shown} lets einwahl in`);
}

/** A number that grows with the version. */
function rankOf(version: string): number | undefined {
  const [, major, minor, patch] = /^v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})/.exec(version) ?? [];
  return major === undefined ? undefined : (Number(major) * 1_000 + Number(minor)) * 1_000 + Number(patch);
}

/** Only a trunk that connects to us sees our certificate: over one that registers calls come in by our own connection. */
async function ofTls({ trunks }: Pick<Config, "trunks">, { addresses }: DrachtioGreeting, tools: CheckTools): Promise<readonly Finding[]> {
  const callers = trunks.filter(({ registration, signalling }) => registration === undefined && signalling === "tls");
  const encrypted = addresses.filter(({ transport }) => transport === "tls");
  if (callers.length === 0) return [];
  const names = callers.map(({ name }) => name).join(", ");
  if (encrypted.length === 0) {
    return [error("drachtio", `drachtio listens nowhere with TLS, and calls of ${names} come in over nothing else`, "add a contact sips:...:5061;transport=tls and a tls element to drachtio.conf.xml")];
  }
  const found = await Promise.all(encrypted.map(({ host, port }) => ofAddress(host.replace(/^\[|\]$/g, ""), port, tools)));
  return found.flat();
}

async function ofAddress(host: string, port: number, tools: CheckTools): Promise<readonly Finding[]> {
  const peer = await meetTlsPeer({ address: host, port, name: host, authorities: tools.authorities }, tools.clock);
  if (!peer.ok) return [error("drachtio", unreachable(`SIP over TLS on ${placeOf(host, port)}`, peer.failure), "look at the tls element in drachtio.conf.xml and at drachtio's log: can it read key and certificate?")];
  peer.value.stream.close();
  return judgeCertificate(peer.value, {
    path: "drachtio",
    // The provider's name for this host is not ours to know.
    name: undefined,
    comparedBy: "web",
    distrusted: { severity: "warning", cure: "a provider that verifies it won't send calls: get one from a known authority, or name yours with --ca FILE if the provider knows it" },
    renewal: "put a new one where the tls element of drachtio.conf.xml looks, and restart drachtio",
  }, tools.epochMs());
}
