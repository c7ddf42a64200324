import type { Finding } from "../../check/finding.js";
import { visible } from "../../util/plain-text.js";
import type { Style, Terminal } from "../terminal.js";

const looks = {
  error: { word: "error  ", style: "bad" },
  warning: { word: "warning", style: "warning" },
  ok: { word: "ok     ", style: "good" },
} as const satisfies Record<Finding["severity"], { readonly word: string; readonly style: Style }>;

const worstFirst = ["error", "warning", "ok"] as const satisfies readonly Finding["severity"][];

/** The findings, most severe first, and a summary line. */
export function findingLines(
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
