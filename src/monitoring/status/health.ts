import type { Parts } from "./parts.js";

/** Whether a call would work now; `loaded`: it would, if there were a place for it. */
export interface Health {
  readonly state: "ready" | "loaded" | "not-ready";
  readonly reasons: readonly string[];
}

export function healthOf(parts: Parts): Health {
  const faults = faultsOf(parts);
  if (faults.length > 0) return { state: "not-ready", reasons: faults };
  const loads = loadsOf(parts);
  return loads.length > 0 ? { state: "loaded", reasons: loads } : { state: "ready", reasons: [] };
}

function faultsOf({ isDraining, signalling, mediaServers, trunks, bbbServers }: Parts): readonly string[] {
  const faults: string[] = [];
  if (isDraining) faults.push("no new calls are taken");
  if (signalling.state !== "connected") faults.push(`drachtio: ${signalling.state}`);
  if (!mediaServers.some(({ state }) => state.kind === "up"))
    faults.push(
      "no media server is up",
      ...mediaServers.flatMap(({ name, state }) =>
        state.kind === "down" ? [`media server ${name}: ${state.why}`] : [],
      ),
    );
  if (!trunks.some(({ fault }) => fault === undefined))
    faults.push(...trunks.map(({ name, fault }) => `trunk ${name}: ${fault ?? "up"}`));
  if (!bbbServers.some(({ answers }) => answers)) faults.push("no BBB server answers");
  return faults;
}

function loadsOf({ config, admittedCalls, mediaServers }: Parts): readonly string[] {
  const loads: string[] = [];
  if (admittedCalls >= config.calls.maxConcurrent) loads.push("calls.max_concurrent is reached");
  if (mediaServers.every(({ state, channels, capacity }) => state.kind === "down" || channels >= capacity))
    loads.push("every media server that is up is at its capacity");
  return loads;
}
