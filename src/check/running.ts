import type { Config } from "../config/config.js";
import { ControlClient } from "../control/control-client.js";
import { explainControlFailure } from "../control/explain-failure.js";
import { statusIssuesOf } from "../monitoring/status/status-issues.js";
import { type StatusReport, statusReport } from "../monitoring/status/status-report.js";
import { type Check, error, type Finding, fine, warning } from "./check.js";

/** Whether an einwahl runs with this configuration; `unknown`: one runs, but its control socket does not respond. */
export type Running =
  | { readonly kind: "running"; readonly report: StatusReport }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "not-running" };

/** Queries the control socket once for all checks. */
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
 * Reports registrations from the running einwahl. A REGISTER from this process would
 * redirect the running einwahl's calls.
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
              `einwahl is running but does not report its registrations: ${running.why}`,
              "try again as einwahl's user, or as root",
            ),
          ];
        case "not-running": {
          const registering = trunks.filter(({ registration }) => registration !== undefined).map(({ name }) => name);
          if (registering.length === 0) return [];
          return [
            fine(
              "einwahl",
              `einwahl is not running: the password of ${registering.join(", ")} is verified only by a registration (einwahl status)`,
            ),
          ];
        }
      }
    },
  };
}

/** The status issues of a running einwahl that no other check covers. */
export function reportFindings(report: StatusReport, trunks: readonly string[]): readonly Finding[] {
  return statusIssuesOf(report).flatMap(({ code, subject, detail }): readonly Finding[] => {
    switch (code) {
      case "trunk-down": {
        const index = trunks.indexOf(subject);
        const path = index < 0 ? "trunks" : `trunks[${index}]`;
        return [
          error(
            path,
            `${subject}: no calls arrive (${detail})`,
            "compare user name, password, realm and registrar with the provider's portal; after a change: einwahl reload",
          ),
        ];
      }
      case "draining":
        return [error("einwahl", "einwahl accepts no new calls", "run einwahl drain --undo")];
      case "calls-full":
        return [
          warning(
            "calls.max_concurrent",
            "the limit of concurrent calls is reached",
            "raise it, together with media_servers[].capacity",
          ),
        ];
      case "media-full":
        return [
          warning(
            "media_servers",
            "all media servers are at their capacity",
            "raise media_servers[].capacity, or add a media server",
          ),
        ];
      case "media-server-busy":
        return [
          warning(
            "media_servers",
            `${subject} has too much to do (${detail}): new calls are refused`,
            "add a media server or CPUs, or end other programs on its host",
          ),
        ];
      case "einwahl-busy":
        return [
          warning(
            "einwahl",
            "einwahl has too much to do: new calls are refused",
            "end other programs on its host, or add a host",
          ),
        ];
      case "synthetic-call-failed":
        return [
          warning(
            "synthetic_call",
            `${subject}: the last synthetic call failed (${detail})`,
            "fix the other findings first; if there are none, place a test call: einwahl call",
          ),
        ];
      case "store-trouble":
        return [
          warning(
            "rooms.store",
            `the store has reported a fault: ${detail}`,
            "check free space and permissions of the disk, then restart einwahl",
          ),
        ];
      case "instances-alike":
        return [
          warning(
            "instance",
            `another instance on the same Redis is called ${subject}`,
            "give each instance a name of its own, then restart both",
          ),
        ];
      case "webhooks-refused":
        return [
          warning(
            "bbb_servers",
            `${subject}: webhooks have a wrong checksum (${detail})`,
            "compare the URL in bbb-webhooks with http.public_url, and its sharedSecret with bbb-conf --secret; then restart bbb-webhooks (docs/clusters.md)",
          ),
        ];
      case "log-down":
        return [
          warning(
            "logging.file",
            `the log can't be written: ${detail}`,
            "check free space and permissions of the disk",
          ),
        ];
      case "pins-guessed":
        return [
          warning(
            "calls.guessing.all",
            `callers enter very many wrong PINs (${detail}); all responses to PINs are delayed`,
            "reserve nine-digit PINs through front ends: PINs are being guessed, or an invitation has a wrong PIN",
          ),
        ];
      case "withheld-slowed":
      case "withheld-refused":
        return [
          warning(
            "calls.guessing.withheld",
            `${subject}: callers with withheld numbers enter many wrong PINs; ${code === "withheld-slowed" ? "responses to them are delayed" : "their calls are refused"}`,
            "no action needed: it ends calls.guessing.window after the first wrong PIN",
          ),
        ];
      // Covered by separate checks.
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
