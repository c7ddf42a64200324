import { lookup } from "node:dns/promises";
import type { Logger } from "pino";
import type { Clock } from "../clock.js";
import type { TrunkConfig } from "../config/config.js";
import { Line } from "../trunk/line.js";
import type { SipRequests } from "../trunk/registration.js";

export interface LineParts {
  readonly requests: SipRequests;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onState: () => void;
}

export function makeLine(trunk: TrunkConfig, parts: LineParts): Line {
  const logger = parts.logger.child({ trunk: trunk.name });
  return new Line(trunk, {
    requests: parts.requests,
    clock: parts.clock,
    resolveHost: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    onState: (state) => {
      if (state.kind === "registered") logger.info({ expiresInMs: state.expiresInMs }, "trunk registered");
      else logger.warn({ why: state.why }, "trunk not registered");
      parts.onState();
    },
    onSourceFault: (host, why) => {
      logger.warn({ host, why }, "host name of a trunk's source does not resolve");
    },
  });
}
