import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import type { CallWatcher, PinOutcome } from "../../call/call-watcher.js";
import { type EndCause, endCauses } from "../../call/cause.js";
import type { CallReport } from "../../call/story.js";
import type { CallBoard } from "../status/call-board.js";

/** The label of calls that belong to no trunk, and of those that never got as far as a server. */
const none = "none";

/** RFC 4568, RFC 6188 and RFC 7714: all that FreeSWITCH knows. Anything else would be a label that somebody else chooses. */
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

/** From the answer to an INVITE, a fraction of a second, to the longest conference. */
const stageBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400];

const pinOutcomes = {
  open: true,
  "not-started": true,
  unknown: true,
  unavailable: true,
} as const satisfies Record<PinOutcome, true>;

/** Counts calls, by names of the configuration and words of this program only. */
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
      help: "Calls that are over, by the cause of their end and the trunk they came in over.",
      labelNames: ["cause", "result", "trunk"],
      registers,
    });
    this.#serverEnds = new Counter({
      name: "einwahl_server_calls_total",
      help: "Calls that are over and had got as far as a BBB server.",
      labelNames: ["server", "result"],
      registers,
    });
    this.#stages = new Histogram({
      name: "einwahl_call_stage_seconds",
      help: "How long calls stay in each stage.",
      labelNames: ["stage"],
      buckets: stageBuckets,
      registers,
    });
    this.#pins = new Counter({
      name: "einwahl_pins_total",
      help: "PINs that were typed, by what looking them up came to.",
      labelNames: ["outcome"],
      registers,
    });
    this.#suites = new Counter({
      name: "einwahl_srtp_total",
      help: "Encryption of the audio, on the trunk's side and on BBB's, by suite; none is plain RTP.",
      labelNames: ["side", "suite"],
      registers,
    });
    new Gauge({
      name: "einwahl_calls",
      help: "Calls that there are, by the stage that they are in.",
      labelNames: ["stage"],
      registers,
      collect() {
        for (const [stage, count] of Object.entries(board.byStage())) this.set({ stage }, count);
      },
    });
    for (const outcome of Object.keys(pinOutcomes)) this.#pins.inc({ outcome: outcomeLabel(outcome) }, 0);
    this.#begin(none);
  }

  /** Makes a trunk's counters begin at 0: of one that begins at 1 Prometheus would not see the first call. */
  expectTrunks(names: readonly string[]): void {
    for (const name of names) this.#begin(name);
  }

  onStage(): void {
    // The board knows where calls are.
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

/** Prometheus' own style is with underscores. */
function outcomeLabel(outcome: string): string {
  return outcome.replaceAll("-", "_");
}
