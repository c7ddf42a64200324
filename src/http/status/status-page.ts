import type { Language } from "../../caller/language.js";
import { type StatusIssue, statusIssuesOf } from "../../monitoring/status/status-issues.js";
import type { StatusReport } from "../../monitoring/status/status-report.js";
import { type Content, Html, html } from "../page/html.js";
import { causesTable, failuresSection } from "./call-sections.js";
import { dayPlot } from "./day-plot.js";
import {
  enginesSection,
  instancesSection,
  serversSection,
  storeSection,
  syntheticSection,
  trunksSection,
} from "./part-sections.js";
import { statusStyle } from "./status-style.js";
import { type StatusTexts, statusTexts } from "./status-texts.js";
import { Times } from "./times.js";

export interface StatusView {
  readonly report: StatusReport;
  readonly language: Language;
  readonly timeZone: string;
  /** The refresh interval in seconds; `undefined`: no refresh. */
  readonly refreshSeconds: number | undefined;
}

/** Marks that distinguish states without colour. */
const marks = { ready: "✓", full: "!", "not-ready": "✕", down: "✕", impaired: "!", insecure: "⚠" } as const;

/** The complete page for operators, without scripts. */
export function renderStatus(view: StatusView): string {
  const { report, language, timeZone } = view;
  const texts = statusTexts[language];
  const times = new Times(language, timeZone, Date.parse(report.at));
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${marks[report.state]} ${texts.title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<style>${new Html(statusStyle)}</style>
</head>
<body>
<header><div class="wide">
<h1>${texts.title}</h1>
${languageSwitch(view, texts)}
</div></header>
<main><div class="wide">
<p class="meta">${texts.asOf} <time datetime="${report.at}">${times.of(report.at)}</time> ${times.zone}; einwahl ${report.version} ${texts.runningSince} <time datetime="${report.startedAt}">${times.of(report.startedAt)}</time>. ${refreshSwitch(view, texts)}</p>
<p class="banner ${report.state}"><span class="mark" aria-hidden="true">${marks[report.state]}</span>${texts.states[report.state]}</p>
${findingsSection(statusIssuesOf(report), texts)}
${callsSection(report.calls, texts)}
<section aria-labelledby="day"><h2 id="day">${texts.day}</h2>${dayPlot(report.day, texts, times)}${causesTable(report, language, texts)}</section>
${trunksSection(report, texts, times)}
${instancesSection(report, texts, times)}
${enginesSection(report, texts)}
${serversSection(report, texts)}
${syntheticSection(report, language, texts, times)}
${storeSection(report.store, texts, times)}
${failuresSection(report, language, texts, times)}
</div></main>
</body>
</html>
`.text;
}

function link(language: Language, refreshes: boolean): string {
  return `?lang=${language}${refreshes ? "" : "&refresh=off"}`;
}

function languageSwitch({ language, refreshSeconds }: StatusView, texts: StatusTexts): Html {
  const other: Language = language === "de" ? "en" : "de";
  return html`<nav class="languages" aria-label="${texts.otherLanguage}" lang="${other}"><a href="${link(other, refreshSeconds !== undefined)}" hreflang="${other}">${texts.otherLanguage}</a></nav>`;
}

/** Pauses the refresh, for slow readers and screen readers. */
function refreshSwitch({ language, refreshSeconds }: StatusView, texts: StatusTexts): Html {
  return refreshSeconds === undefined
    ? html`${texts.refreshesNot} <a href="${link(language, true)}">${texts.resume}</a>`
    : html`${texts.refreshes(refreshSeconds)} <a href="${link(language, false)}">${texts.pause}</a>`;
}

function findingsSection(findings: readonly StatusIssue[], texts: StatusTexts): Html {
  return html`<section aria-labelledby="findings"><h2 id="findings">${texts.findings}</h2>
${findings.length === 0 ? html`<p>${texts.nothingFound}</p>` : html`<ul class="plain">${findings.map((each) => findingItem(each, texts))}</ul>`}</section>`;
}

function findingItem({ severity, code, subject, detail }: StatusIssue, texts: StatusTexts): Html {
  const kind: Content = severity === "insecure" ? `${texts.insecure}: ` : undefined;
  return html`<li class="finding ${severity}"><span class="mark" aria-hidden="true">${marks[severity]}</span><span><strong>${kind}${texts.finding[code](subject)}</strong>${detail === "" ? undefined : html`<span class="detail" lang="en">${detail}</span>`}</span></li>`;
}

function callsSection({ admitted, max, byStage }: StatusReport["calls"], texts: StatusTexts): Html {
  const stages = Object.entries(byStage) as [keyof typeof byStage, number][];
  return html`<section aria-labelledby="calls"><h2 id="calls">${texts.callsNow}: ${texts.ofMax(admitted, max)}</h2>
<dl class="stages">${stages.map(([stage, count]) => html`<div${count > 0 ? new Html(' class="some"') : ""}><dt>${texts.stages[stage]}</dt><dd>${count}</dd></div>`)}</dl></section>`;
}
