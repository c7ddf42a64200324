import { readFile } from "node:fs/promises";

import type { Finding } from "../../check/finding.js";
import { checksOf } from "../../check/plan.js";
import { runChecks } from "../../check/run-checks.js";
import { faultFindings, settingFindings } from "../../check/settings.js";
import { loadConfig } from "../../config/load.js";
import { systemResolver } from "../../trunk/system-resolver.js";
import { type CommandContext, type ExitCode, exitCodes } from "../command.js";
import { configPath } from "../loaded-config.js";
import { findingLines } from "./finding-text.js";

export interface CheckOptions {
  readonly config: string | undefined;
  readonly offline: boolean;
  readonly ca: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

/** `einwahl check`: checks the file, then the components that it names. */
export async function runCheck(options: CheckOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, environment, clock } = context;
  const authorities = options.ca === undefined ? undefined : await readFile(options.ca, "utf8").catch(() => "");
  if (authorities === "") {
    terminal.note(`einwahl check: ${options.ca ?? ""} can't be read. See: einwahl help check`);
    return exitCodes.usage;
  }
  const path = configPath(options.config, environment);
  const loaded = loadConfig(path, environment);
  if (!loaded.ok) {
    tell(faultFindings(loaded.failure), path, options, context);
    return exitCodes.configuration;
  }
  const config = loaded.value;
  const settings = settingFindings(config);
  const checks = options.offline
    ? []
    : checksOf(config, { clock, epochMs: Date.now, resolver: systemResolver(clock), authorities });
  const seen = await runChecks(checks, clock, (done, waiting) => {
    terminal.progress(`${done} of ${checks.length} done; ${waiting.join(", ")}`);
  });
  const findings = [...settings, ...seen];
  tell(findings, path, options, context);
  return findings.some(({ severity }) => severity === "error") ? exitCodes.failed : exitCodes.ok;
}

function tell(findings: readonly Finding[], path: string, options: CheckOptions, { terminal }: CommandContext): void {
  if (options.json) {
    terminal.print(
      JSON.stringify({ ok: !findings.some(({ severity }) => severity === "error"), config: path, findings }),
    );
    return;
  }
  for (const line of findingLines(findings, path, { all: options.all, offline: options.offline }, terminal))
    terminal.print(line);
}
