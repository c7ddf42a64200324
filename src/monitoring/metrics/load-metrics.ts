import type { Components } from "../status/components.js";

export type Values = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Adds a gauge that is read at scrape time. */
export type AddGauge = (
  name: string,
  help: string,
  labelNames: readonly string[],
  values: (parts: Components) => Values,
) => void;

/** How busy einwahl and the media servers are, and how many new calls they get therefore. */
export function addLoadMetrics(gauge: AddGauge): void {
  gauge(
    "einwahl_media_server_idle_cpu_ratio",
    "Idle CPU of the media server's host, from 0 to 1.",
    ["media_server"],
    ({ mediaServers }) =>
      mediaServers.flatMap(({ name, load: { idlePercent } }) =>
        idlePercent === undefined ? [] : [[{ media_server: name }, idlePercent / 100] as const],
      ),
  );
  gauge(
    "einwahl_media_server_busy",
    "1 if the media server gets fewer new calls (why: cpu), or none (why: slow).",
    ["media_server", "why"],
    ({ mediaServers }) =>
      mediaServers.flatMap(({ name, load }) =>
        (["cpu", "slow"] as const).map((why) => [{ media_server: name, why }, Number(load.state === why)] as const),
      ),
  );
  gauge(
    "einwahl_media_server_new_calls_limit",
    "New calls per second that the media server gets at most, as learnt.",
    ["media_server"],
    ({ mediaServers }) => mediaServers.map(({ name, load }) => [{ media_server: name }, load.rate] as const),
  );
  gauge("einwahl_busy", "1 if einwahl takes no new calls, because its event loop is late.", [], ({ load }) => [
    [{}, Number(load.state === "slow")],
  ]);
}
