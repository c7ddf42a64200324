import type { Components } from "../../../../src/monitoring/status/components.js";
import { loaded, minimal } from "../../../config/support.js";

const config = loaded(
  minimal({
    trunks:
      '[{ name: trunk, provider: easybell, username: user, password: password, numbers: [{ number: "+493012345678" }] }]',
  }),
);

/** One of each component, all healthy. */
export function fakeParts(): Components {
  return {
    config,
    isDraining: false,
    admittedCalls: 1,
    load: { state: "free", delayMs: 0 },
    signalling: { state: "connected", version: "v0.9.10" },
    trunks: [
      {
        name: "trunk",
        fault: undefined,
        registeredBy: undefined,
        warnings: [],
        registrationState: {
          kind: "registered",
          since: 0,
          refreshedAt: 0,
          expiresInMs: 600_000,
          listed: "yes",
          registrar: { address: "192.0.2.1", port: 5061 },
        },
      },
    ],
    mediaServers: [
      {
        name: "media",
        state: { kind: "up" },
        version: "1.10.12",
        channels: 1,
        capacity: 100,
        load: { state: "free", idlePercent: 80, rate: 20 },
      },
    ],
    bbbServers: [
      {
        name: "bbb",
        answers: true,
        state: {
          fault: undefined,
          ageMs: 1_000,
          meetings: 2,
          askedEveryMs: 5_000,
          polls: 7,
          failedPolls: 1,
          lastAnswerMs: 12,
          bytes: 1_000,
          clashes: 0,
          livekitWay: undefined,
          webhooks: { ageMs: 500, refused: 3, refusedAgeMs: 60_000 },
        },
      },
    ],
    syntheticCalls: [
      {
        server: "bbb",
        ok: 3,
        failed: new Map([["conference", 1]]),
        last: { at: 1_700_000_000_000, failure: undefined, answeredMs: 120, heardMs: 6_400, totalMs: 7_100 },
      },
    ],
    store: { kind: "embedded", fault: undefined, trouble: undefined },
    guesses: {
      wrong: 3,
      restrained: {
        number: { slowed: 1, refused: 0 },
        withheld: { slowed: 0, refused: 0 },
        all: { slowed: 0, refused: 0 },
      },
      withheldOf: [],
    },
    instances: undefined,
    instanceId: "this",
    logFault: undefined,
  };
}
