import type { WebhookState } from "../../bbb/webhook-record.js";
import type { TrunkConfig } from "../../config/config.js";
import { isTrunkOpen, openWays, plainLinks } from "../../config/encryption.js";
import { type EngineName, versionSupport } from "../../media/engine-versions.js";
import type { SyntheticRecord } from "../../probe/synthetic/synthetic-result.js";
import { isThisMachine } from "../../util/own-address.js";
import type { CallBoard } from "./call-board.js";
import type { Components } from "./components.js";
import { healthOf } from "./health.js";
import type { BbbServerStatus, StatusReport, StatusWarning, SyntheticCallStatus } from "./status-report.js";

export interface StatusOptions {
  readonly version: string;
  /** Milliseconds since 1970, like `now`. */
  readonly startedAt: number;
  readonly now: number;
  /** Time of the monotonic clock, for times measured with it. */
  readonly clockNow: number;
  readonly board: CallBoard;
}

/** Builds the status report from the current state. */
export function buildStatus(parts: Components, options: StatusOptions): StatusReport {
  const { config, signalling, store } = parts;
  const { board } = options;
  const { state, reasons } = healthOf(parts);
  return {
    version: options.version,
    at: new Date(options.now).toISOString(),
    startedAt: new Date(options.startedAt).toISOString(),
    state,
    reasons: [...reasons],
    isDraining: parts.isDraining,
    drachtio: {
      state: signalling.state,
      version: signalling.version ?? null,
      warnings: [...versionStatus("drachtio", signalling.version).warnings],
    },
    trunks: config.trunks.map((trunk) => trunkStatus(trunk, parts, options)),
    mediaServers: parts.mediaServers.map(({ name, state, version, channels, capacity, load }) => ({
      name,
      state: state.kind,
      why: state.kind === "down" ? state.why : null,
      version: version ?? null,
      ...versionStatus("FreeSWITCH", version),
      channels,
      capacity,
      load: load.state,
      idleCpu: load.idlePercent === undefined ? null : Math.round(load.idlePercent),
    })),
    bbbServers: parts.bbbServers.map(({ name, state }) => ({
      name,
      fault: state.fault ?? null,
      ageMs: state.ageMs === undefined ? null : Math.round(state.ageMs),
      meetings: state.meetings,
      callers: board.callersOn(name),
      webhooks: config.bbbServers.some((server) => server.name === name && server.webhooks)
        ? webhooksStatus(state.webhooks)
        : null,
    })),
    calls: {
      now: board.calls,
      admitted: parts.admittedCalls,
      max: config.calls.maxConcurrent,
      load: parts.load.state,
      byStage: board.byStage(),
    },
    causes: board.causes(),
    lastFailures: [...board.lastFailures()],
    day: board.day(),
    syntheticCalls: parts.syntheticCalls?.map(syntheticCallStatus) ?? null,
    store: {
      kind: store.kind,
      fault: store.fault ?? null,
      trouble:
        store.trouble === undefined ? null : { at: new Date(store.trouble.at).toISOString(), what: store.trouble.what },
    },
    guesses: {
      ...parts.guesses,
      limit: config.calls.guessing.limits.all.slowed,
      windowMs: config.calls.guessing.windowMs,
      withheldOf: [...parts.guesses.withheldOf],
    },
    instances: instancesStatus(parts),
    logFault: parts.logFault ?? null,
    warnings: warningsOf(parts),
  };
}

/** The fault of an engine version, if known. */
function versionStatus(
  engine: EngineName,
  version: string | undefined,
): Pick<StatusReport["mediaServers"][number], "unusable" | "warnings"> {
  if (version === undefined) return { unusable: null, warnings: [] };
  const { kind, message, cure } = versionSupport(engine, version);
  if (kind === "unusable") return { unusable: `${message}; ${cure}`, warnings: [] };
  return { unusable: null, warnings: kind === "tested" ? [] : [message] };
}

function trunkStatus(
  trunk: TrunkConfig,
  { trunks }: Components,
  { board, now, clockNow }: StatusOptions,
): StatusReport["trunks"][number] {
  const line = trunks.find(({ name }) => name === trunk.name);
  const registration = line?.registrationState;
  const isRegistered = registration?.kind === "registered";
  const { name, provider, registration: settings } = trunk;
  return {
    name,
    provider,
    state: settings === undefined ? "fixed" : registrationWord(line),
    registeredBy: line?.registeredBy ?? null,
    since: isRegistered ? new Date(now - (clockNow - registration.since)).toISOString() : null,
    registrar:
      settings === undefined
        ? null
        : `${settings.registrar.host}:${settings.registrar.port} ${settings.registrar.transport}`,
    expiresInMs: isRegistered
      ? Math.max(0, Math.round(registration.refreshedAt + registration.expiresInMs - clockNow))
      : null,
    fault: line?.fault ?? null,
    warnings: [...(line?.warnings ?? [])],
    numbers: trunk.numbers.length,
    calls: board.callsOver(name),
  };
}

function registrationWord(
  line: Components["trunks"][number] | undefined,
): Exclude<StatusReport["trunks"][number]["state"], "fixed"> {
  if (line?.registeredBy !== undefined) return "elsewhere";
  return line?.registrationState?.kind === "registered" ? "registered" : "not-registered";
}

function instancesStatus({ instances, instanceId }: Components): StatusReport["instances"] {
  const all = instances?.map(({ id, name, version, startedAt, state, isDraining, calls, registrations }) => ({
    name,
    isThis: id === instanceId,
    version,
    startedAt: new Date(startedAt).toISOString(),
    state,
    isDraining,
    calls,
    trunks: registrations.flatMap(({ trunk, isRegistered }) => (isRegistered ? [trunk] : [])),
  }));
  return all?.sort((left, right) => left.name.localeCompare(right.name)) ?? null;
}

function webhooksStatus({ ageMs, refused, refusedAgeMs }: WebhookState): BbbServerStatus["webhooks"] {
  const rounded = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms));
  return { ageMs: rounded(ageMs), refused, refusedAgeMs: rounded(refusedAgeMs) };
}

function syntheticCallStatus({ server, last }: SyntheticRecord): SyntheticCallStatus {
  return {
    server,
    at: last === undefined ? null : new Date(last.at).toISOString(),
    ok: last === undefined ? null : last.failure === undefined,
    stage: last?.failure?.stage ?? null,
    why: last?.failure?.why ?? null,
    answeredMs: last?.answeredMs ?? null,
    heardMs: last?.heardMs ?? null,
  };
}

/** Unencrypted connections allowed by the configuration. */
export function warningsOf({ config }: Pick<Components, "config">): StatusWarning[] {
  const warnings: StatusWarning[] = [];
  for (const trunk of config.trunks) {
    if (isTrunkOpen(trunk)) warnings.push({ code: "trunk-unencrypted", subject: trunk.name });
  }
  for (const server of config.bbbServers) {
    const { name, apiUrl } = server;
    if (openWays(server).length > 0) warnings.push({ code: "bbb-unencrypted", subject: name });
    if (apiUrl.startsWith("http:") && !isThisMachine(new URL(apiUrl).hostname))
      warnings.push({ code: "api-unencrypted", subject: name });
  }
  return [...warnings, ...plainLinks(config)];
}
