import { readFile } from "node:fs/promises";

import type { Finding } from "../check/check.js";
import { checksOf } from "../check/plan.js";
import { runChecks } from "../check/run-checks.js";
import { faultFindings, settingFindings } from "../check/settings.js";
import { loadConfig } from "../config/load.js";
import { systemResolver } from "../trunk/system-resolver.js";
import { visible } from "../util/plain-text.js";
import { type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { configPath } from "./loaded-config.js";
import type { Style, Terminal } from "./terminal.js";

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

const looks = {
  error: { word: "error  ", style: "bad" },
  warning: { word: "warning", style: "warning" },
  ok: { word: "ok     ", style: "good" },
} as const satisfies Record<Finding["severity"], { readonly word: string; readonly style: Style }>;

const worstFirst = ["error", "warning", "ok"] as const satisfies readonly Finding["severity"][];

/** The findings, most severe first, and a summary line. */
function findingLines(
  findings: readonly Finding[],
  path: string,
  { all, offline }: { readonly all: boolean; readonly offline: boolean },
  terminal: Pick<Terminal, "style">,
): readonly string[] {
  const [errors, warnings, fine] = worstFirst.map((severity) =>
    findings.filter((finding) => finding.severity === severity),
  ) as [Finding[], Finding[], Finding[]];
  const shown = [...errors, ...warnings, ...(all ? fine : [])];
  return [
    ...shown.flatMap((finding) => linesOf(finding, terminal)),
    ...(shown.length === 0 ? [] : [""]),
    summary(errors.length, warnings.length, path, offline, terminal),
  ];
}

function linesOf({ severity, path, message, cure }: Finding, terminal: Pick<Terminal, "style">): readonly string[] {
  const { word, style } = looks[severity];
  return [
    `${terminal.style(style, word)}  ${path}: ${visible(message)}`,
    ...(cure === "" ? [] : [`         -> ${cure}`]),
  ];
}

function summary(
  errors: number,
  warnings: number,
  path: string,
  offline: boolean,
  terminal: Pick<Terminal, "style">,
): string {
  const looked = offline ? `only ${path} was checked` : path;
  if (errors > 0) return terminal.style("bad", `${count(errors, "error")}, ${count(warnings, "warning")} (${looked})`);
  if (warnings > 0) return terminal.style("warning", `No error, ${count(warnings, "warning")} (${looked})`);
  return terminal.style("good", `All in order (${looked})`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
