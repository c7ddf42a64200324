import type { Config } from "../config/config.js";
import { type Check, type CheckTools, error, fine, unreachable } from "./check.js";
import type { DrachtioLogin } from "./drachtio-greeting.js";
import { drachtioTlsFindings } from "./drachtio-tls.js";
import { placeOf } from "./names.js";
import { versionFinding } from "./tested-versions.js";

/** Checks drachtio-server: login, version, listeners, and the certificate that trunks see. */
export function drachtioCheck(
  config: Pick<Config, "drachtio" | "trunks" | "syntheticCall">,
  login: DrachtioLogin,
  tools: CheckTools,
): Check {
  const { host, port } = config.drachtio;
  return {
    path: "drachtio",
    run: async () => {
      const greeting = await login.greeting();
      if (greeting.ok)
        return [
          fine("drachtio", "drachtio accepts einwahl's login"),
          versionFinding("drachtio", "drachtio", greeting.value.version),
          ...(await drachtioTlsFindings(config, greeting.value, tools)),
        ];
      const place = placeOf(host, port);
      switch (greeting.failure.kind) {
        case "no-connection":
          return [
            error(
              "drachtio",
              unreachable(place, greeting.failure.code),
              "start drachtio-server, or correct host and port: they are in the admin element of drachtio.conf.xml",
            ),
          ];
        case "not-drachtio":
          return [
            error(
              "drachtio.port",
              `${place}: the program listening there does not respond like drachtio-server`,
              "write the port of drachtio's admin element (default 9022), not a SIP port",
            ),
          ];
        case "wrong-secret":
          return [
            error(
              "drachtio.secret",
              "drachtio rejects the secret",
              "write the secret of the admin element in drachtio.conf.xml (DRACHTIO_SECRET)",
            ),
          ];
      }
    },
  };
}
