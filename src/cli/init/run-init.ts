import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { type ConfigFiles, machineFiles } from "../../config/config-files.js";
import { formatFaults } from "../../config/fault.js";
import { loadConfig } from "../../config/load.js";
import { failure, type Result, success } from "../../util/result.js";
import { type CommandContext, type ExitCode, exitCodes } from "../command.js";
import { configPath } from "../loaded-config.js";
import { askInstallation, type GivenAnswers } from "./ask-installation.js";
import { Asker } from "./asker.js";
import { type ConfigText, installationText, type Places } from "./config-text.js";

export interface InitOptions extends GivenAnswers {
  readonly config: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}

/** `einwahl config init`: asks, validates the resulting configuration, and writes it. */
export async function runInit(options: InitOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, environment } = context;
  const complain = (why: string, code: ExitCode = exitCodes.usage): ExitCode => {
    terminal.note(`einwahl config init: ${why}`);
    return code;
  };
  const path = configPath(options.config, environment);
  // Check before the first question.
  if (existsSync(path) && !options.force) return complain(faultText(path, "EEXIST"), exitCodes.failed);
  const text = await textFor(options, context);
  if (!text.ok) return complain(text.failure);
  const loaded = loadConfig(path, environment, filesWith(path, text.value));
  if (!loaded.ok)
    return complain(
      `the answers give an invalid configuration.\n${formatFaults(loaded.failure)}`,
      exitCodes.configuration,
    );
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

/** Store and log: next to the configuration and on standard output, or in the system's directories for a system configuration. */
export function placesFor(path: string): Places {
  return resolve(path).startsWith("/etc/")
    ? { store: "/var/lib/einwahl", logFile: "/var/log/einwahl/einwahl.log" }
    : { store: "data", logFile: undefined };
}

/** The file system, overlaid with the files about to be written. */
function filesWith(path: string, { yaml, secrets }: ConfigText): ConfigFiles {
  const folder = dirname(resolve(path));
  const planned = new Map([
    [resolve(path), yaml],
    ...secrets.map((secret) => [resolve(folder, secret.path), secret.text] as const),
  ]);
  return {
    read(wanted, maxBytes) {
      const text = planned.get(resolve(wanted));
      return text === undefined ? machineFiles.read(wanted, maxBytes) : success(text);
    },
  };
}

function nextSteps({ config }: InitOptions, path: string): readonly string[] {
  const named = config === undefined ? "" : ` --config ${path}`;
  return [
    "",
    "Configure these secrets in drachtio and FreeSWITCH (docs/operations.md), then run:",
    `  einwahl check${named}   # finds faults and suggests fixes`,
    `  einwahl run${named}`,
  ];
}

interface WrittenFiles {
  readonly written: readonly string[];
  /** Existing secrets that were kept. */
  readonly kept: readonly string[];
}

/** Existing files are not overwritten; new files are readable only by their owner. */
const modes = { file: 0o600, folder: 0o700 } as const;

/**
 * Writes the secrets, then the configuration. The failure is a sentence.
 *
 * @param path of the configuration
 * @param overwrites whether to replace an existing configuration and typed secrets
 */
async function writeFiles(
  path: string,
  { yaml, secrets }: ConfigText,
  overwrites: boolean,
): Promise<Result<WrittenFiles, string>> {
  const written: string[] = [];
  const kept: string[] = [];
  const folder = dirname(path);
  for (const secret of secrets) {
    const at = join(folder, secret.path);
    const fault = await writeOne(at, secret.text, overwrites && !secret.isChosen);
    if (fault === undefined) written.push(at);
    else if (fault === "EEXIST" && secret.isChosen) kept.push(at);
    else return failure(faultText(at, fault));
  }
  const fault = await writeOne(path, yaml, overwrites);
  return fault === undefined ? success({ written: [...written, path], kept }) : failure(faultText(path, fault));
}

function faultText(path: string, fault: string): string {
  return fault === "EEXIST"
    ? `${path} already exists: write another path with --config, or overwrite it with --force`
    : `${path} can't be written: ${fault}`;
}

/** @returns the system's error code */
async function writeOne(path: string, text: string, overwrites: boolean): Promise<string | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: modes.folder });
    const file = await open(path, overwrites ? "w" : "wx", modes.file);
    try {
      // An existing file would keep its mode, which may let other users read the secret.
      await file.chmod(modes.file);
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
    throw error;
  }
}
