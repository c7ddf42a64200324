import { upTime } from "./api-status.js";
import type { Engine } from "./engine.js";
import { IdleMeter } from "./idle-meter.js";

/** Sends the event HEARTBEAT periodically. Returns a stop function. */
export function startHeartbeat(engine: Engine, everyMs: number): () => void {
  const idle = new IdleMeter();
  const startedAt = engine.clock.now();
  let before = engine.channels.sinceStart;
  const beat = (): void => {
    const { channels } = engine;
    const perSecond = Math.round(((channels.sinceStart - before) * 1000) / everyMs);
    before = channels.sinceStart;
    const up = engine.clock.now() - startedAt;
    engine.bus.fire("HEARTBEAT", [
      ["Event-Info", "System Ready"],
      ["Up-Time", upTime(up)],
      ["FreeSWITCH-Version", engine.version],
      ["Uptime-msec", String(Math.round(up))],
      ["Session-Count", String(channels.size)],
      ["Max-Sessions", String(channels.maxSessions)],
      ["Session-Per-Sec", String(perSecond)],
      ["Session-Per-Sec-Last", String(perSecond)],
      ["Session-Per-Sec-Max", String(perSecond)],
      ["Session-Since-Startup", String(channels.sinceStart)],
      ["Session-Peak-Max", String(channels.peak)],
      ["Idle-CPU", idle.percent().toFixed(6)],
    ]);
    stop = engine.clock.after(everyMs, beat);
  };
  let stop = engine.clock.after(everyMs, beat);
  return () => {
    stop();
  };
}
