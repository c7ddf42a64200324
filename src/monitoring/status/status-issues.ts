import type { BbbServerStatus, StatusReport, warningCodes } from "./status-report.js";

/**
 * What an operator should look at, the worst first. `down`: calls don't get through because of it; `impaired`: they do,
 * for now or by another way; `insecure`: something goes in the open.
 */
export interface StatusIssue {
  readonly severity: "down" | "impaired" | "insecure";
  readonly code: StatusIssueCode;
  /** The part that it is about, as the configuration names it; "" where there is only one. */
  readonly subject: string;
  /** In the words of whoever found it, English; "" for nothing to add. */
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
  | "synthetic-call-failed"
  | "calls-full"
  | "media-full"
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
    ...warnings.map(({ code, subject }) => finding("insecure", code, subject)),
  ];
  return findings.sort((left, right) => order.indexOf(left.severity) - order.indexOf(right.severity));
}

/** Parts of which one is enough for a call. */
function ofParts(
  code: StatusIssueCode,
  parts: readonly { readonly name: string; readonly fault: string | null }[],
): readonly StatusIssue[] {
  const severity = parts.every(({ fault }) => fault !== null) ? "down" : "impaired";
  return parts.flatMap(({ name, fault }) => (fault === null ? [] : [finding(severity, code, name, fault)]));
}

/** A wrong proof, and no right one since: a stranger's post alone is no reason. */
function ofWebhooks({ name, webhooks }: BbbServerStatus): readonly StatusIssue[] {
  if (webhooks?.refusedAgeMs == null || (webhooks.ageMs !== null && webhooks.ageMs <= webhooks.refusedAgeMs)) return [];
  return [finding("impaired", "webhooks-refused", name, `${webhooks.refused} refused`)];
}

/** They may fail for another reason than calls do: the API of the server may open no conference. */
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
  ];
}

/** Single numbers are left out: the operator has nothing to do about them. */
function ofGuesses({
  guesses: { wrong, limit, windowMs, restrained, withheldOf },
}: StatusReport): readonly StatusIssue[] {
  const numbers = `${wrong} in ${Math.round(windowMs / 60_000)} minutes, the limit is ${limit}`;
  return [
    ...(restrained.all.slowed > 0 ? [finding("impaired", "pins-guessed", "", numbers)] : []),
    ...withheldOf.map(({ trunk, kind }) => finding("impaired", `withheld-${kind}` as const, trunk)),
  ];
}

function finding(severity: StatusIssue["severity"], code: StatusIssueCode, subject = "", detail = ""): StatusIssue {
  return { severity, code, subject, detail };
}
