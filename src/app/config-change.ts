import type { Config } from "../config/config.js";
import { sameSettings } from "../config/same-settings.js";

/** The effect of a new configuration on a running instance. */
export interface ConfigChange {
  /** The new configuration, with the old value of each setting that requires a restart. */
  readonly config: Config;
  /** The changes, one line each; without secrets, numbers and PINs. */
  readonly changed: readonly string[];
  /** Paths of changed settings that take effect after a restart only. */
  readonly needsRestart: readonly string[];
}

/** Paths of the settings that require a restart. */
const untilRestart: readonly { readonly path: string; readonly of: (config: Config) => unknown }[] = [
  { path: "instance", of: ({ instance }) => instance },
  { path: "drachtio", of: ({ drachtio }) => drachtio },
  { path: "http.host", of: ({ http }) => http.host },
  { path: "http.port", of: ({ http }) => http.port },
  { path: "http.operators_port", of: ({ http }) => http.operatorsPort },
  { path: "rooms.store", of: ({ rooms }) => rooms.store },
  { path: "rooms.pin_length", of: ({ rooms }) => rooms.pinLength },
  { path: "rooms.pin_reuse_delay", of: ({ rooms }) => rooms.restMs },
  { path: "control", of: ({ control }) => control },
  { path: "logging", of: ({ logging }) => logging },
];

const sections: readonly { readonly name: string; readonly of: (config: Config) => unknown }[] = [
  { name: "language", of: ({ language }) => language },
  { name: "calls", of: ({ calls }) => calls },
  { name: "label", of: ({ label, pseudonymKey }) => ({ label, pseudonymKey }) },
  { name: "http", of: ({ http }) => http },
  { name: "rooms", of: ({ rooms }) => rooms },
  { name: "statistics", of: ({ statistics }) => statistics },
  { name: "page", of: ({ page }) => page },
  { name: "synthetic_call", of: ({ syntheticCall }) => syntheticCall },
  { name: "prompts", of: ({ prompts }) => prompts },
];

/** Compares a new configuration with the current one. */
export function compareConfigs(running: Config, wanted: Config): ConfigChange {
  const needsRestart = untilRestart.filter(({ of }) => !sameSettings(of(running), of(wanted))).map(({ path }) => path);
  const { store, pinLength, restMs } = running.rooms;
  const { host, port, operatorsPort } = running.http;
  const config: Config = {
    ...wanted,
    instance: running.instance,
    drachtio: running.drachtio,
    http: { ...wanted.http, host, port, operatorsPort },
    rooms: { ...wanted.rooms, store, pinLength, restMs },
    control: running.control,
    logging: running.logging,
  };
  const changed = [
    ...compareNamed("trunk", running.trunks, config.trunks),
    ...compareNamed("media server", running.mediaServers, config.mediaServers),
    ...compareNamed("BBB server", running.bbbServers, config.bbbServers),
    ...sections.filter(({ of }) => !sameSettings(of(running), of(config))).map(({ name }) => `${name}: changed`),
  ];
  return { config, changed, needsRestart };
}

interface Named {
  readonly name: string;
}

function compareNamed(kind: string, before: readonly Named[], after: readonly Named[]): string[] {
  const lines: string[] = [];
  for (const part of after) {
    const old = before.find(({ name }) => name === part.name);
    if (old === undefined) lines.push(`${kind} ${part.name}: added`);
    else if (!sameSettings(old, part)) lines.push(`${kind} ${part.name}: changed`);
  }
  for (const { name } of before) if (!after.some((part) => part.name === name)) lines.push(`${kind} ${name}: removed`);
  return lines;
}
