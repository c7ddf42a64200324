import type { Components } from "../monitoring/status/components.js";
import { healthOf } from "../monitoring/status/health.js";
import type { InstanceReport } from "../store/instances.js";
import type { Trunk } from "../trunk/trunk.js";
import { packageVersion } from "../util/package-version.js";
import { registrationKey } from "./registration-rights.js";

export interface ReportParts {
  readonly components: Components;
  readonly trunks: readonly Trunk[];
  readonly calls: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What this instance tells the others that share its Redis. */
export function instanceReport({
  components,
  trunks,
  calls,
  startedAt,
}: ReportParts): Omit<InstanceReport, "id" | "name"> {
  return {
    version: packageVersion(),
    startedAt,
    state: healthOf(components).state,
    isDraining: components.isDraining,
    canServe: healthOf({ ...components, trunks: [] }).state !== "not-ready",
    calls,
    registrations: trunks.flatMap(({ config, contacts, registrationState }) =>
      config.registration === undefined
        ? []
        : [
            {
              key: registrationKey(config.registration),
              trunk: config.name,
              contacts: [...contacts],
              isRegistered: registrationState?.kind === "registered",
            },
          ],
    ),
  };
}
