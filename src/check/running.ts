import type { Config } from "../config/config.js";
import { ControlClient } from "../control/control-client.js";
import { explainControlFailure } from "../control/explain-failure.js";
import { statusIssuesOf } from "../monitoring/status/status-issues.js";
import { type StatusReport, statusReport } from "../monitoring/status/status-report.js";
import type { Check } from "./check.js";
import { error, type Finding, fine, warning } from "./finding.js";

/** Whether an einwahl runs with this configuration; `unknown`: one does that does not talk to us. */
export type Running =
  | { readonly kind: "running"; readonly report: StatusReport }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "not-running" };

/** Asks by the control socket, once for all checks. */
export class RunningInstance {
  readonly #client: ControlClient;
  #asking: Promise<Running> | undefined;

  constructor({ control }: Pick<Config, "control">) {
    this.#client = new ControlClient(control.socket);
  }

  async state(): Promise<Running> {
    this.#asking ??= this.#ask();
    return await this.#asking;
  }

  async #ask(): Promise<Running> {
    const report = await this.#client.status(statusReport);
    if (report.ok) return { kind: "running", report: report.value };
    return report.failure.kind === "not-running"
      ? { kind: "not-running" }
      : { kind: "unknown", why: explainControlFailure(report.failure) };
  }
}

/**
 * What only a running einwahl knows: whether the trunks let it register. To find that out in another way would mean to
 * register, and to take the calls away from the one that runs.
 */
export function runningCheck({ trunks }: Pick<Config, "trunks">, instance: RunningInstance): Check {
  return {
    path: "einwahl",
    run: async () => {
      const running = await instance.state();
      switch (running.kind) {
        case "running":
          return [
            fine("einwahl", `einwahl ${running.report.version} is running`),
            ...reportFindings(
              running.report,
              trunks.map(({ name }) => name),
            ),
          ];
        case "unknown":
          return [
            warning(
              "einwahl",
              `an einwahl runs that does not tell whether its trunks are registered: ${running.why}`,
              "try again, as the user that einwahl runs as, or as root",
            ),
          ];
        case "not-running": {
          const registering = trunks.filter(({ registration }) => registration !== undefined).map(({ name }) => name);
          if (registering.length === 0) return [];
          return [
            fine(
              "einwahl",
              `it is not running: whether the password of ${registering.join(", ")} is right shows when it registers (einwahl status)`,
            ),
          ];
        }
      }
    },
  };
}

/** What a running einwahl says of itself, as far as no other check sees it. */
export function reportFindings(report: StatusReport, trunks: readonly string[]): readonly Finding[] {
  return statusIssuesOf(report).flatMap(({ code, subject, detail }): readonly Finding[] => {
    switch (code) {
      case "trunk-down": {
        const index = trunks.indexOf(subject);
        const path = index < 0 ? "trunks" : `trunks[${index}]`;
        return [
          error(
            path,
            `${subject}: no calls come in (${detail})`,
            "compare user name, password, realm and registrar with the provider's portal; after a change: einwahl reload",
          ),
        ];
      }
      case "draining":
        return [error("einwahl", "it takes no new calls", "einwahl drain --undo")];
      case "calls-full":
        return [
          warning(
            "calls.max_concurrent",
            "there is no place for one more call now",
            "raise it, and media_servers[].capacity with it",
          ),
        ];
      case "media-full":
        return [
          warning(
            "media_servers",
            "no media server has a place for one more call now",
            "raise media_servers[].capacity, or add a media server",
          ),
        ];
      case "synthetic-call-failed":
        return [
          warning(
            "synthetic_call",
            `${subject}: the last call by which einwahl tried itself failed (${detail})`,
            "the fault is one of the others told here; else place one yourself: einwahl call",
          ),
        ];
      case "store-trouble":
        return [
          warning(
            "rooms.store",
            `it had trouble: ${detail}`,
            "look at the disk: space, permissions; then restart einwahl",
          ),
        ];
      case "webhooks-refused":
        return [
          warning(
            "bbb_servers",
            `${subject}: webhooks have a wrong proof (${detail})`,
            "compare the URL in bbb-webhooks with http.public_url, and its sharedSecret with bbb-conf --secret; then restart bbb-webhooks (docs/clusters.md)",
          ),
        ];
      case "log-down":
        return [warning("logging.file", `the log can't be written: ${detail}`, "look at the disk: space, permissions")];
      case "pins-guessed":
        return [
          warning(
            "calls.guessing.all",
            `very many wrong PINs are typed (${detail}), and all answers come late`,
            "they are guessed, or an invitation has a wrong PIN: let front ends reserve PINs of nine digits",
          ),
        ];
      case "withheld-slowed":
      case "withheld-refused":
        return [
          warning(
            "calls.guessing.withheld",
            `${subject}: withheld numbers type many wrong PINs, ${code === "withheld-slowed" ? "and answers to them come late" : "and their calls are refused"}`,
            "it ends calls.guessing.window after the first of them",
          ),
        ];
      // Looked at by checks of their own.
      case "drachtio-down":
      case "media-server-down":
      case "media-server-unusable":
      case "bbb-server-down":
      case "store-down":
      case "trunk-unencrypted":
      case "bbb-unencrypted":
      case "api-unencrypted":
      case "drachtio-plain":
      case "event-socket-plain":
      case "redis-plain":
        return [];
    }
  });
}
