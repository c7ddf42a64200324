import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { type ConfigFiles, machineFiles } from "../../config/config-files.js";
import { formatFaults } from "../../config/fault.js";
import { loadConfig } from "../../config/load.js";
import { enginePorts } from "../../demo/settings.js";
import { failure, type Result, success } from "../../util/result.js";
import type { CommandContext } from "../command.js";
import { configPath } from "../config-path.js";
import { type ExitCode, exitCodes } from "../exit-code.js";
import { askInstallation, type GivenAnswers } from "./ask-installation.js";
import { Asker } from "./asker.js";
import { type ConfigText, embeddedText, installationText, type Places } from "./config-text.js";
import { faultText, writeFiles } from "./write-files.js";

export interface InitOptions extends GivenAnswers {
  readonly config: string | undefined;
  readonly embedded: boolean;
  readonly "base-port": string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}

const usualPorts = { port: 8_080, operatorsPort: 8_079 } as const;
/** Above the base port, those below are the engines'. */
const httpAboveBase = 8;

/** `einwahl config init`: asks, tries what the answers come to, and writes it. */
export async function runInit(options: InitOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, environment } = context;
  const complain = (why: string, code: ExitCode = exitCodes.usage): ExitCode => {
    terminal.note(`einwahl config init: ${why}`);
    return code;
  };
  const path = configPath(options.config, environment);
  // Before anybody answers a question for nothing.
  if (existsSync(path) && !options.force) return complain(faultText(path, "EEXIST"), exitCodes.failed);
  const text = await textFor(options, context);
  if (!text.ok) return complain(text.failure);
  const loaded = loadConfig(path, environment, filesWith(path, text.value));
  if (!loaded.ok)
    return complain(`that makes no configuration.\n${formatFaults(loaded.failure)}`, exitCodes.configuration);
  const files = await writeFiles(path, text.value, options.force);
  if (!files.ok) return complain(files.failure, exitCodes.failed);
  for (const written of files.value.written) terminal.print(`wrote  ${written}`);
  for (const kept of files.value.kept) terminal.print(`kept   ${kept}`);
  for (const line of nextSteps(options, path)) terminal.print(line);
  return exitCodes.ok;
}

async function textFor(
  options: InitOptions,
  { terminal, environment, input }: CommandContext,
): Promise<Result<ConfigText, string>> {
  const base = readBasePort(options);
  if (!base.ok) return base;
  if (options.embedded)
    return success(
      embeddedText(
        enginePorts(base.value),
        base.value === undefined
          ? usualPorts
          : { port: base.value + httpAboveBase, operatorsPort: base.value + httpAboveBase + 1 },
      ),
    );
  const asker = new Asker(input, terminal, !options.yes);
  const installation = await askInstallation(asker, options, environment);
  return installation.ok
    ? success(
        installationText(installation.value, placesFor(configPath(options.config, environment)), () =>
          randomBytes(32).toString("hex"),
        ),
      )
    : installation;
}

/** Beside the configuration and on standard output, but where the system keeps both for one of the system's. */
export function placesFor(path: string): Places {
  return resolve(path).startsWith("/etc/")
    ? { store: "/var/lib/einwahl", logFile: "/var/log/einwahl/einwahl.log" }
    : { store: "data", logFile: undefined };
}

function readBasePort({ embedded, "base-port": text }: InitOptions): Result<number | undefined, string> {
  if (text === undefined) return success(undefined);
  if (!embedded) return failure("--base-port goes with --embedded");
  const port = /^[0-9]{4,5}$/.test(text) ? Number(text) : 0;
  return port >= 1_024 && port <= 65_000 ? success(port) : failure("--base-port is a number from 1024 to 65000");
}

/** The files of this machine, with those among them that are about to be written. */
function filesWith(path: string, { yaml, secrets }: ConfigText): ConfigFiles {
  const folder = dirname(resolve(path));
  const planned = new Map([
    [resolve(path), yaml],
    ...secrets.map((secret) => [resolve(folder, secret.path), secret.text] as const),
  ]);
  return {
    read(wanted, mostBytes) {
      const text = planned.get(resolve(wanted));
      return text === undefined ? machineFiles.read(wanted, mostBytes) : success(text);
    },
  };
}

function nextSteps({ embedded, config }: InitOptions, path: string): readonly string[] {
  const named = config === undefined ? "" : ` --config ${path}`;
  if (embedded)
    return [
      "",
      "Start the engines (npm run engines), and then:",
      `  einwahl check${named} --ca var/engines/ca.pem`,
      `  einwahl run${named}`,
    ];
  return [
    "",
    "Give drachtio and FreeSWITCH the secrets of these names (docs/operations.md), and then:",
    `  einwahl check${named}   # what is wrong, and what to do`,
    `  einwahl run${named}`,
  ];
}
