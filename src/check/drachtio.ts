import type { Config } from "../config/config.js";
import type { Check, CheckTools } from "./check.js";
import type { DrachtioLogin } from "./drachtio-greeting.js";
import { drachtioTlsFindings } from "./drachtio-tls.js";
import { error, fine } from "./finding.js";
import { placeOf } from "./names.js";
import { versionFinding } from "./tried-versions.js";
import { unreachable } from "./unreachable.js";

/** drachtio-server: whether it lets us in, its version, where it listens, and the certificate that trunks see there. */
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
          fine("drachtio", "drachtio lets einwahl in"),
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
              "start drachtio-server; host and port are those of its admin element in drachtio.conf.xml",
            ),
          ];
        case "not-drachtio":
          return [
            error(
              "drachtio.port",
              `${place}: what listens there does not answer as drachtio-server`,
              "name the port of drachtio's admin element, 9022 by default, not one for SIP",
            ),
          ];
        case "wrong-secret":
          return [
            error(
              "drachtio.secret",
              "drachtio refuses the secret",
              "it must be that of the admin element in drachtio.conf.xml (DRACHTIO_SECRET)",
            ),
          ];
      }
    },
  };
}
