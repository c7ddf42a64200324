import type { Logger } from "pino";

import type { TrunkConfig } from "../config/config.js";
import { certificateVerifier } from "../trunk/registrar-tls.js";
import type { Resolver } from "../trunk/resolver.js";
import type { SipRequests } from "../trunk/sip-requests.js";
import { systemResolver } from "../trunk/system-resolver.js";
import { Trunk } from "../trunk/trunk.js";
import type { Clock } from "../util/clock.js";
import type { Cluster } from "./cluster.js";
import { registrationRight } from "./registration-rights.js";

export interface TrunkParts {
  readonly requests: SipRequests;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default: the DNS resolver of this machine. */
  readonly resolver?: Resolver | undefined;
  readonly onState: () => void;
  /** Which instance registers a trunk. */
  readonly cluster: Cluster;
}

export function makeTrunk(config: TrunkConfig, parts: TrunkParts): Trunk {
  const logger = parts.logger.child({ trunk: config.name });
  const { registration } = config;
  const trunk: Trunk = new Trunk(config, {
    right: registration && registrationRight(registration, parts.cluster, parts.clock),
    requests: parts.requests,
    clock: parts.clock,
    resolver: parts.resolver ?? systemResolver(parts.clock),
    makeVerifier: (expected) => certificateVerifier(expected, parts.clock),
    onState: (state) => {
      if (state.kind === "registered")
        logger.info(
          { expiresInMs: state.expiresInMs, registrar: state.registrar.address, contactListed: state.listed },
          "trunk registered",
        );
      else if (trunk.registeredBy === undefined) logger.warn({ why: state.why }, "trunk not registered");
      parts.onState();
      parts.cluster.wake();
    },
    onRight: () => {
      const { registeredBy } = trunk;
      if (registeredBy !== undefined) logger.info({ instance: registeredBy }, "another instance registers the trunk");
      parts.onState();
    },
    onRenewal: (why) => {
      logger.warn({ why }, "trunk may not deliver calls: renewing the registration");
    },
    onNameFault: (host, why) => {
      logger.warn({ host, why }, "host name of the trunk does not resolve");
    },
  });
  for (const warning of trunk.warnings) logger.warn({ warning }, "trunk");
  return trunk;
}
