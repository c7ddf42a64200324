import { randomBytes, randomInt } from "node:crypto";

import type { Logger } from "pino";

import { BbbApi } from "../bbb/api-client.js";
import type { Directory } from "../call/interfaces.js";
import type { Config } from "../config/config.js";
import { placeProbeCall } from "../probe/probe-call.js";
import type { SyntheticAdmission } from "../probe/synthetic/synthetic-admission.js";
import { placeSyntheticCall } from "../probe/synthetic/synthetic-call.js";
import { SyntheticCalls } from "../probe/synthetic/synthetic-calls.js";
import { TestPrompts } from "../probe/synthetic/test-prompts.js";
import { localRoute, type TestRoute, trunkRoute } from "../probe/synthetic/test-route.js";
import type { DrachtioConnection } from "../sip/drachtio-connection.js";
import { drawPin, maxDraws, maxReservablePinLength } from "../store/pin-draw.js";
import type { TrunkPool } from "../trunk/trunk-pool.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";
import { type Cluster, syntheticLease } from "./cluster.js";

export interface SyntheticParts {
  readonly config: () => Config;
  readonly admission: SyntheticAdmission;
  readonly trunks: TrunkPool;
  readonly signalling: Pick<DrachtioConnection, "addresses" | "state">;
  readonly directory: Pick<Directory, "matchPrefix">;
  readonly mayCall: () => boolean;
  /** One of its instances places the calls. */
  readonly cluster: Cluster;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** API timeout in milliseconds; generous, because creating a conference may be slow. */
const apiTimeoutMs = 10_000;

export function makeSyntheticCalls(parts: SyntheticParts): SyntheticCalls {
  const { config, admission, signalling, logger, clock } = parts;
  const prompts = new TestPrompts();
  const lease = parts.cluster.lease(syntheticLease);
  // Calls over a trunk arrive at the instance that registers it.
  const isMeant = (): boolean => {
    const trunk = parts.trunks.all.find(({ name }) => name === config().syntheticCall?.trunk);
    if (trunk?.config.registration === undefined) return lease.state.kind === "held";
    return trunk.registeredBy === undefined;
  };
  return new SyntheticCalls({
    settings: () => config().syntheticCall,
    mayCall: () => parts.mayCall() && isMeant(),
    clock,
    today: Date.now,
    random: Math.random,
    place: async (name, stop) => {
      const {
        bbbServers,
        prompts: { directory },
        syntheticCall,
      } = config();
      const server = bbbServers.find((each) => each.name === name);
      if (server === undefined) throw new Error(`no BBB server ${name}`);
      return await placeSyntheticCall({
        conference: {
          api: new BbbApi({
            url: server.apiUrl,
            secret: server.secret.reveal(),
            algorithm: server.checksum,
            answerTimeoutMs: apiTimeoutMs,
          }),
          voiceBridge: drawFreePin(parts.directory),
          meetingId: `einwahl-test-${randomBytes(12).toString("hex")}`,
          password: randomBytes(18).toString("base64url"),
        },
        admission,
        findRoute: () => findRoute(config(), signalling),
        readPrompts: (language) => prompts.read(directory, language),
        placeCall: placeProbeCall,
        clock,
        stop,
        onNotArrived: () => {
          const trunk = syntheticCall?.trunk;
          if (trunk !== undefined)
            parts.trunks.all
              .find((each) => each.name === trunk)
              ?.suspectMissedCalls("einwahl's own call to its number did not arrive");
        },
        onLeftOpen: (why) => {
          logger.warn(
            { server: name, why },
            "conference of the synthetic call not ended; the BBB server ends it automatically",
          );
        },
      });
    },
    onResult: (server, { failure, ...times }) => {
      if (failure === undefined) logger.info({ server, ...times }, "synthetic call succeeded");
      else logger.warn({ server, ...failure, ...times }, "synthetic call failed");
    },
    onBug: (error) => {
      logger.error({ err: error }, "unexpected error");
    },
  });
}

/** Via the configured trunk, or directly to drachtio. */
async function findRoute(
  { trunks, language, syntheticCall }: Config,
  signalling: SyntheticParts["signalling"],
): Promise<Result<TestRoute, string>> {
  const trunk = trunks.find(({ name }) => name === syntheticCall?.trunk);
  return trunk?.registration === undefined
    ? await localRoute({
        signalling,
        contact: syntheticCall?.contact,
        secret: randomBytes(16).toString("hex"),
        language,
      })
    : await trunkRoute(trunk, trunk.registration, syntheticCall?.ca);
}

/** A PIN that neither equals nor begins that of a known conference. */
function drawFreePin(directory: SyntheticParts["directory"]): string {
  const isInUse = (digits: string): boolean => {
    const { complete, longer } = directory.matchPrefix(digits);
    return complete || longer;
  };
  for (let draw = 0; draw < maxDraws; draw += 1) {
    const digits = drawPin({ pinLength: maxReservablePinLength, randomBelow: (limit) => randomInt(limit), isInUse });
    if (digits !== undefined) return digits;
  }
  throw new Error("all PINs are in use");
}
