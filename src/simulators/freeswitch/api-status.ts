import type { Engine } from "./engine.js";

const line = "=".repeat(97);

/** `sofia status`, line by line as mod_sofia prints it: drachtio-fsmrf reads the profile's address from it. */
export function sofiaStatus(engine: Engine): string {
  const row = (name: string, type: string, data: string, state: string): string =>
    `${name.padStart(25)}\t${type}\t  ${data.padStart(40)}\t${state}\n`;
  const profiles = engine.profiles.map((profile) => {
    const inUse = engine.channels.all().filter((channel) => channel.name.startsWith(`sofia/${profile.name}/`)).length;
    const host = profile.address.includes(":") ? `[${profile.address}]` : profile.address;
    const transport = profile.tlsOnly ? ";transport=tls" : "";
    return row(
      profile.name,
      "profile",
      `sip:mod_sofia@${host}:${profile.port}${transport}`,
      `RUNNING (${inUse})${profile.tlsOnly ? " (TLS)" : ""}`,
    );
  });
  const count = engine.profiles.length;
  return `${row("Name", "   Type", "Data", "State")}${line}\n${profiles.join("")}${line}\n${count} profile${count === 1 ? "" : "s"} 0 aliases\n`;
}

/** `status`. */
export function statusText({ channels, version, strain }: Engine): string {
  return [
    `UP ${upTime(process.uptime() * 1000)}`,
    `FreeSWITCH (Version ${version}) is ready`,
    `${channels.sinceStart} session(s) since startup`,
    `${channels.size} session(s) - peak ${channels.peak}, last 5min ${channels.peak} `,
    `${channels.thisSecond} session(s) per Sec out of max ${channels.maxPerSecond}, peak 0, last 5min 0 `,
    `${channels.maxSessions} session(s) max`,
    `min idle cpu 0.00/${strain.idle.toFixed(2)}`,
    "",
  ].join("\n");
}

/** Uptime text of `status` and HEARTBEAT. */
export function upTime(milliseconds: number): string {
  const parts: [number, string][] = [
    [0, "year"],
    [Math.floor(milliseconds / 86_400_000), "day"],
    [Math.floor(milliseconds / 3_600_000) % 24, "hour"],
    [Math.floor(milliseconds / 60_000) % 60, "minute"],
    [Math.floor(milliseconds / 1000) % 60, "second"],
    [Math.floor(milliseconds) % 1000, "millisecond"],
    [0, "microsecond"],
  ];
  return parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(", ");
}
