import type { Config } from "../../src/config/config.js";
import type { ConfigFiles, FileFault } from "../../src/config/config-files.js";
import type { ConfigFault } from "../../src/config/fault.js";
import { loadConfig } from "../../src/config/load.js";
import type { Environment } from "../../src/config/references.js";
import { failure, type Result, success } from "../../src/util/result.js";

export const configPath = "/etc/einwahl/einwahl.yaml";

/** Files in memory. */
export function filesOf(files: Readonly<Record<string, string>>): ConfigFiles {
  return {
    read(path, maxBytes): Result<string, FileFault> {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text === undefined) return failure("not-found");
      return text.length > maxBytes ? failure("too-large") : success(text);
    },
  };
}

export function load(
  yaml: string,
  environment: Environment = {},
  files: Readonly<Record<string, string>> = {},
): Result<Config, readonly ConfigFault[]> {
  return loadConfig(configPath, environment, filesOf({ [configPath]: yaml, ...files }));
}

export function loaded(
  yaml: string,
  environment: Environment = {},
  files: Readonly<Record<string, string>> = {},
): Config {
  const result = load(yaml, environment, files);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

export function faultsOf(
  yaml: string,
  environment: Environment = {},
  files: Readonly<Record<string, string>> = {},
): readonly ConfigFault[] {
  const result = load(yaml, environment, files);
  return result.ok ? [] : result.failure;
}

/** The minimal configuration, with replaced sections. */
export function minimal(sections: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = {
    drachtio: "{ secret: drachtio-secret }",
    media_servers: "[{ name: media, event_socket: { password: socket-secret } }]",
    trunks: '[{ name: trunk, sources: [192.0.2.1], numbers: [{ number: "+493012345678" }] }]',
    bbb_servers: "[{ name: bbb, api_url: https://bbb.example.org/bigbluebutton/api, secret: bbb-secret }]",
    ...sections,
  };
  return Object.entries(all)
    .map(([name, text]) => `${name}: ${text}`)
    .join("\n");
}
