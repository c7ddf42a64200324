import type { Components } from "./components.js";

/** Whether a new call would work now; `full`: it is refused, because no call slot is free. */
export interface Health {
  readonly state: "ready" | "full" | "not-ready";
  readonly reasons: readonly string[];
}

export function healthOf(parts: Components): Health {
  const faults = faultsOf(parts);
  if (faults.length > 0) return { state: "not-ready", reasons: faults };
  const full = fullReasons(parts);
  return full.length > 0 ? { state: "full", reasons: full } : { state: "ready", reasons: [] };
}

function faultsOf({ isDraining, signalling, mediaServers, trunks, bbbServers }: Components): readonly string[] {
  const faults: string[] = [];
  if (isDraining) faults.push("new calls are refused");
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
  if (!bbbServers.some(({ answers }) => answers)) faults.push("no BBB server is reachable");
  return faults;
}

function fullReasons({ config, admittedCalls, load, mediaServers }: Components): readonly string[] {
  const full: string[] = [];
  if (admittedCalls >= config.calls.maxConcurrent) full.push("calls.max_concurrent is reached");
  if (mediaServers.every(({ state, channels, capacity }) => state.kind === "down" || channels >= capacity))
    full.push("all media servers that are up are at capacity");
  else if (mediaServers.every(({ state, load }) => state.kind === "down" || load.state === "slow"))
    full.push("all media servers that are up are overloaded");
  if (load.state === "slow") full.push("einwahl is overloaded");
  return full;
}
