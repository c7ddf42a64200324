import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import { type EndCause, endCauses } from "../../call/cause.js";
import type { CallReport, CallWatcher, PinOutcome } from "../../call/progress.js";
import type { CallBoard } from "../status/call-board.js";

/** Label of calls that match no trunk, and suite of plain RTP. */
const none = "none";

/** RFC 4568, RFC 6188 and RFC 7714: all suites of FreeSWITCH. Any other value would be a label that the peer controls. */
const suites: readonly string[] = [
  "AES_CM_128_HMAC_SHA1_80",
  "AES_CM_128_HMAC_SHA1_32",
  "AES_192_CM_HMAC_SHA1_80",
  "AES_192_CM_HMAC_SHA1_32",
  "AES_256_CM_HMAC_SHA1_80",
  "AES_256_CM_HMAC_SHA1_32",
  "AES_CM_192_HMAC_SHA1_80",
  "AES_CM_192_HMAC_SHA1_32",
  "AES_CM_256_HMAC_SHA1_80",
  "AES_CM_256_HMAC_SHA1_32",
  "AEAD_AES_128_GCM",
  "AEAD_AES_256_GCM",
  "AEAD_AES_128_GCM_8",
  "AEAD_AES_256_GCM_8",
  none,
];

/** Seconds: from answering an INVITE to the longest conference. */
const stageBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400];

const pinOutcomes = {
  open: true,
  "not-started": true,
  unknown: true,
  unavailable: true,
} as const satisfies Record<PinOutcome, true>;

/** Counts calls. Label values come from the configuration or are constants. */
export class CallMetrics implements CallWatcher {
  readonly #ends: Counter<"cause" | "result" | "trunk">;
  readonly #serverEnds: Counter<"server" | "result">;
  readonly #stages: Histogram<"stage">;
  readonly #pins: Counter<"outcome">;
  readonly #suites: Counter<"side" | "suite">;
  readonly #seen = new Set<string>();

  constructor(registry: Registry, board: CallBoard) {
    const registers = [registry];
    this.#ends = new Counter({
      name: "einwahl_calls_total",
      help: "Ended calls, by end cause and trunk.",
      labelNames: ["cause", "result", "trunk"],
      registers,
    });
    this.#serverEnds = new Counter({
      name: "einwahl_bbb_calls_total",
      help: "Ended calls that had been sent to a BBB server.",
      labelNames: ["server", "result"],
      registers,
    });
    this.#stages = new Histogram({
      name: "einwahl_call_stage_duration_seconds",
      help: "Time that calls spend in each stage.",
      labelNames: ["stage"],
      buckets: stageBuckets,
      registers,
    });
    this.#pins = new Counter({
      name: "einwahl_pin_lookups_total",
      help: "PINs entered by callers, by outcome of the lookup.",
      labelNames: ["outcome"],
      registers,
    });
    this.#suites = new Counter({
      name: "einwahl_call_legs_total",
      help: "Legs of ended calls, by side (trunk, bbb) and SRTP suite; none is plain RTP.",
      labelNames: ["side", "suite"],
      registers,
    });
    new Gauge({
      name: "einwahl_calls",
      help: "Calls in progress, by stage.",
      labelNames: ["stage"],
      registers,
      collect() {
        for (const [stage, count] of Object.entries(board.byStage())) this.set({ stage }, count);
      },
    });
    for (const outcome of Object.keys(pinOutcomes)) this.#pins.inc({ outcome: outcomeLabel(outcome) }, 0);
    this.#begin(none);
  }

  /** Initialises a trunk's counters to 0: `increase()` misses the first call of a series that begins at 1. */
  expectTrunks(names: readonly string[]): void {
    for (const name of names) this.#begin(name);
  }

  onStage(): void {
    // The gauge reads stages from the board.
  }

  onPin(_callId: string, outcome: PinOutcome): void {
    this.#pins.inc({ outcome: outcomeLabel(outcome) });
  }

  onEnd(_callId: string, report: CallReport): void {
    const { cause, trunk, server, srtp, stages } = report;
    const { result } = endCauses[cause];
    this.#ends.inc({ cause, result, trunk: trunk ?? none });
    if (server !== undefined) this.#serverEnds.inc({ server, result });
    for (const { stage, ms } of stages) this.#stages.observe({ stage }, ms / 1_000);
    for (const side of ["trunk", "bbb"] as const) {
      const suite = srtp[side];
      if (suite !== undefined) this.#suites.inc({ side, suite: suites.includes(suite) ? suite : "other" });
    }
  }

  #begin(trunk: string): void {
    if (this.#seen.has(trunk)) return;
    this.#seen.add(trunk);
    for (const [cause, { result }] of Object.entries(endCauses) as [EndCause, { result: string }][])
      this.#ends.inc({ cause, result, trunk }, 0);
  }
}

/** Prometheus style: underscores. */
function outcomeLabel(outcome: string): string {
  return outcome.replaceAll("-", "_");
}
