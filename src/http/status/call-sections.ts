import type { EndCause } from "../../call/cause.js";
import type { Language } from "../../caller/language.js";
import type { CallFailure, StatusReport } from "../../monitoring/status/status-report.js";
import { type Html, html } from "../page/html.js";
import { causeTexts } from "./cause-texts.js";
import type { StatusTexts } from "./status-texts.js";
import type { Times } from "./times.js";

/** Limit per cause; the JSON report has more. */
const maxShown = 4;

/** End causes of the calls of the last day. */
export function causesTable({ causes }: StatusReport, language: Language, texts: StatusTexts): Html | undefined {
  if (causes.length === 0) return undefined;
  return html`<table class="causes"><caption>${texts.causes}</caption><thead class="unseen"><tr><th scope="col">${texts.cause}</th><th scope="col">${texts.howOften}</th></tr></thead>
<tbody>${causes.map(({ cause, result, count }) => html`<tr><th scope="row"${classOf(result)}>${causeTexts[language][cause]}</th><td>${count}</td></tr>`)}</tbody></table>`;
}

/** The last failures by cause, most recent first. */
export function failuresSection(
  { lastFailures }: StatusReport,
  language: Language,
  texts: StatusTexts,
  times: Times,
): Html {
  const byCause = new Map<EndCause, CallFailure[]>();
  for (const failure of lastFailures) byCause.set(failure.cause, [...(byCause.get(failure.cause) ?? []), failure]);
  const groups = [...byCause].map(
    ([
      cause,
      failures,
    ]) => html`<h3${classOf(failures[0]?.result)}>${causeTexts[language][cause]} <code>${cause}</code></h3>
<ul class="plain">${failures.slice(0, maxShown).map((failure) => failureItem(failure, texts, times))}${failures.length > maxShown ? html`<li>${texts.more(failures.length - maxShown)}</li>` : undefined}</ul>`,
  );
  return html`<section aria-labelledby="failures"><h2 id="failures">${texts.failures}</h2>
${groups.length === 0 ? html`<p>${texts.noFailures}</p>` : html`<p>${texts.failuresHint}</p>${groups}`}</section>`;
}

function classOf(result: string | undefined): Html | undefined {
  return result === "failed" ? html` class="down"` : undefined;
}

function failureItem(
  { at, callId, stage, trunk, mediaServer, server }: CallFailure,
  texts: StatusTexts,
  times: Times,
): Html {
  const way = [trunk, mediaServer, server].filter((each) => each !== null).join(" → ");
  return html`<li class="failure"><time datetime="${at}">${times.of(at)}</time> <code>${callId}</code> <span>${texts.gotTo(texts.stages[stage])}</span> <span>${way}</span></li>`;
}
