import type { BbbServerStatus, StatusReport, warningCodes } from "./status-report.js";

/**
 * Issues for operators, worst first. `down`: calls fail because of it; `impaired`: calls still work, for now or by
 * another route; `insecure`: a connection is unencrypted.
 */
export interface StatusIssue {
  readonly severity: "down" | "impaired" | "insecure";
  readonly code: StatusIssueCode;
  /** Name of the component in the configuration; "" if there is only one. */
  readonly subject: string;
  /** Details in English, from the component itself; "" for none. */
  readonly detail: string;
}

export type StatusIssueCode =
  | "draining"
  | "drachtio-down"
  | "trunk-down"
  | "media-server-down"
  | "media-server-unusable"
  | "bbb-server-down"
  | "webhooks-refused"
  | "store-down"
  | "store-trouble"
  | "log-down"
  | "instances-alike"
  | "synthetic-call-failed"
  | "calls-full"
  | "media-full"
  | "media-server-busy"
  | "einwahl-busy"
  | "pins-guessed"
  | "withheld-slowed"
  | "withheld-refused"
  | (typeof warningCodes)[number];

const order = ["down", "insecure", "impaired"] as const satisfies readonly StatusIssue["severity"][];

export function statusIssuesOf(report: StatusReport): readonly StatusIssue[] {
  const { drachtio, trunks, mediaServers, bbbServers, store, warnings } = report;
  const findings: StatusIssue[] = [
    ...(report.isDraining ? [finding("down", "draining")] : []),
    ...(drachtio.state === "connected" ? [] : [finding("down", "drachtio-down", "", drachtio.state)]),
    ...ofParts(
      "trunk-down",
      trunks.map(({ name, fault }) => ({ name, fault })),
    ),
    ...ofParts(
      "media-server-down",
      mediaServers.map(({ name, state, why }) => ({ name, fault: state === "up" ? null : (why ?? "") })),
    ),
    ...mediaServers.flatMap(({ name, unusable }) =>
      unusable === null ? [] : [finding("impaired", "media-server-unusable", name, unusable)],
    ),
    ...ofParts("bbb-server-down", bbbServers),
    ...bbbServers.flatMap(ofWebhooks),
    ...ofSyntheticCalls(report),
    ...fullness(report),
    ...(store.fault === null ? [] : [finding("impaired", "store-down", "", store.fault)]),
    ...(store.trouble === null ? [] : [finding("impaired", "store-trouble", "", store.trouble.what)]),
    ...ofGuesses(report),
    ...(report.logFault === null ? [] : [finding("impaired", "log-down", "", report.logFault)]),
    ...namesakes(report),
    ...warnings.map(({ code, subject }) => finding("insecure", code, subject)),
  ];
  return findings.sort((left, right) => order.indexOf(left.severity) - order.indexOf(right.severity));
}

/** Redundant components: one is enough for a call. */
function ofParts(
  code: StatusIssueCode,
  parts: readonly { readonly name: string; readonly fault: string | null }[],
): readonly StatusIssue[] {
  const severity = parts.every(({ fault }) => fault !== null) ? "down" : "impaired";
  return parts.flatMap(({ name, fault }) => (fault === null ? [] : [finding(severity, code, name, fault)]));
}

/** The latest webhook had an invalid checksum. A valid one since then clears it: unknown sources may post, too. */
function ofWebhooks({ name, webhooks }: BbbServerStatus): readonly StatusIssue[] {
  if (webhooks?.refusedAgeMs == null || (webhooks.ageMs !== null && webhooks.ageMs <= webhooks.refusedAgeMs)) return [];
  return [finding("impaired", "webhooks-refused", name, `${webhooks.refused} refused`)];
}

/** `impaired`, not `down`: a synthetic call may fail for other reasons, such as an API that cannot create conferences. */
function ofSyntheticCalls({ syntheticCalls }: StatusReport): readonly StatusIssue[] {
  return (syntheticCalls ?? []).flatMap(({ server, ok, stage, why }) =>
    ok === false ? [finding("impaired", "synthetic-call-failed", server, `${stage ?? ""}: ${why ?? ""}`)] : [],
  );
}

function fullness({ calls, mediaServers }: StatusReport): readonly StatusIssue[] {
  const up = mediaServers.filter(({ state }) => state === "up");
  return [
    ...(calls.admitted >= calls.max ? [finding("down", "calls-full")] : []),
    ...(up.length > 0 && up.every(({ channels, capacity }) => channels >= capacity)
      ? [finding("down", "media-full")]
      : []),
    ...(calls.load === "slow" ? [finding("down", "einwahl-busy")] : []),
    ...up.flatMap(({ name, load, idleCpu }) =>
      load === "free"
        ? []
        : [finding(up.every(isSlow) ? "down" : "impaired", "media-server-busy", name, busy(load, idleCpu))],
    ),
  ];
}

function isSlow({ load }: StatusReport["mediaServers"][number]): boolean {
  return load === "slow";
}

function busy(load: "cpu" | "slow", idleCpu: number | null): string {
  const cpu = idleCpu === null ? "" : `idle CPU: ${idleCpu} %`;
  return load === "cpu" ? cpu : ["it answers slowly", cpu].filter((part) => part !== "").join(", ");
}

/** Excludes limits of single numbers: they need no action by the operator. */
function ofGuesses({
  guesses: { wrong, limit, windowMs, restrained, withheldOf },
}: StatusReport): readonly StatusIssue[] {
  const numbers = `${wrong} in ${Math.round(windowMs / 60_000)} minutes, the limit is ${limit}`;
  return [
    ...(restrained.all.slowed > 0 ? [finding("impaired", "pins-guessed", "", numbers)] : []),
    ...withheldOf.map(({ trunk, kind }) => finding("impaired", `withheld-${kind}` as const, trunk)),
  ];
}

/** Each start of one of them takes the registrations from the other. */
function namesakes({ instances }: StatusReport): readonly StatusIssue[] {
  const own = (instances ?? []).find(({ isThis }) => isThis);
  const isTaken = (instances ?? []).some(({ isThis, name }) => !isThis && name === own?.name);
  return isTaken ? [finding("impaired", "instances-alike", own?.name)] : [];
}

function finding(severity: StatusIssue["severity"], code: StatusIssueCode, subject = "", detail = ""): StatusIssue {
  return { severity, code, subject, detail };
}
