import type { Language } from "../../caller/language.js";
import type { StatusReport, SyntheticCallStatus } from "../../monitoring/status/status-report.js";
import { type Content, type Html, html } from "../page/html.js";
import type { StatusTexts } from "./status-texts.js";
import { roughly, tenths, type Times } from "./times.js";

interface PartRow {
  readonly name: string;
  /** Beside the name: its provider, its version. */
  readonly kind: string | null;
  readonly state: Html;
  readonly facts: readonly string[];
}

function partsSection(id: string, heading: string, parts: readonly PartRow[], hint?: Html): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${hint}<ul class="plain">
${parts.map(({ name, kind, state, facts }) => html`<li class="part"><div class="part-name"><strong>${name}</strong>${kind === null ? undefined : html`<span class="why">${kind}</span>`}</div><div class="part-state">${state}</div><div class="part-facts">${facts.map((fact) => html`<span>${fact}</span> `)}</div></li>`)}
</ul></section>`;
}

/** @param why the fault in the component's own words, English */
function stateOf(isUp: boolean, word: Content, why: string | null): Html {
  return html`<strong class="${isUp ? "up" : "down"}">${isUp ? "✓" : "✕"} ${word}</strong>${why === null || why === "" ? undefined : html`<span class="why" lang="en">${why}</span>`}`;
}

function warningsOf(warnings: readonly string[]): Html {
  return html`${warnings.map((warning) => html`<span class="why impaired" lang="en">! ${warning}</span>`)}`;
}

export function trunksSection({ trunks }: StatusReport, texts: StatusTexts, times: Times): Html {
  return partsSection(
    "trunks",
    texts.trunks,
    trunks.map((trunk) => ({
      name: trunk.name,
      kind: trunk.provider,
      state: html`${trunkState(trunk, texts, times)}${trunk.registrar === null ? undefined : html`<span class="why">${trunk.registrar}</span>`}${warningsOf(trunk.warnings)}`,
      facts: [texts.calls(trunk.calls), texts.numbers(trunk.numbers)],
    })),
  );
}

function trunkState(
  { state, since, fault, registeredBy }: StatusReport["trunks"][number],
  texts: StatusTexts,
  times: Times,
): Html {
  if (fault !== null) return stateOf(false, texts.isDown, fault);
  if (registeredBy !== null) return stateOf(true, texts.registeredBy(registeredBy), null);
  return stateOf(
    true,
    state === "fixed" || since === null ? texts.fixedAddress : texts.registeredSince(times.of(since)),
    null,
  );
}

/** `undefined` for a single instance. */
export function instancesSection({ instances }: StatusReport, texts: StatusTexts, times: Times): Html | undefined {
  if (instances === null) return undefined;
  return partsSection(
    "instances",
    texts.instances,
    instances.map(({ name, version, startedAt, state, isDraining, calls, trunks }) => ({
      name,
      kind: version,
      state: stateOf(state !== "not-ready", isDraining ? texts.isDraining : texts.states[state], null),
      facts: [
        texts.calls(calls),
        texts.since(times.of(startedAt)),
        ...(trunks.length === 0 ? [] : [texts.registers(trunks.join(", "))]),
      ],
    })),
    html`<p>${texts.instancesHint}</p>`,
  );
}

export function enginesSection({ drachtio, mediaServers }: StatusReport, texts: StatusTexts): Html {
  const word = (isUp: boolean): string => (isUp ? texts.isUp : texts.isDown);
  const isConnected = drachtio.state === "connected";
  return partsSection("engines", texts.engines, [
    {
      name: "drachtio",
      kind: drachtio.version,
      state: html`${stateOf(isConnected, word(isConnected), isConnected ? null : drachtio.state)}${warningsOf(drachtio.warnings)}`,
      facts: [],
    },
    ...mediaServers.map(({ name, version, state, why, unusable, warnings, channels, capacity, idleCpu }) => ({
      name,
      kind: version === null || version === "" ? null : `FreeSWITCH ${version}`,
      state: html`${stateOf(state === "up", word(state === "up"), why)}${warningsOf(unusable === null ? warnings : [unusable])}`,
      facts: [texts.channels(channels, capacity), ...(idleCpu === null ? [] : [texts.idleCpu(idleCpu)])],
    })),
  ]);
}

export function serversSection({ bbbServers }: StatusReport, texts: StatusTexts): Html {
  return partsSection(
    "servers",
    texts.servers,
    bbbServers.map(({ name, fault, ageMs, meetings, callers, webhooks }) => ({
      name,
      kind: null,
      state: html`${stateOf(fault === null, fault === null ? texts.answers : texts.isDown, fault)}<span class="why">${ageMs === null ? texts.neverAnswered : texts.answered(roughly(ageMs))}</span>`,
      facts: [
        texts.meetings(meetings),
        texts.callers(callers),
        ...(webhooks === null
          ? []
          : [texts.webhooks(webhooks.ageMs === null ? undefined : roughly(webhooks.ageMs), webhooks.refused)]),
      ],
    })),
  );
}

/** The last synthetic call to each server; empty if there are no synthetic calls. */
export function syntheticSection(
  { syntheticCalls }: StatusReport,
  language: Language,
  texts: StatusTexts,
  times: Times,
): Html | undefined {
  if (syntheticCalls === null) return undefined;
  const hint = html`<p>${texts.syntheticHint}</p>`;
  return partsSection(
    "synthetic",
    texts.synthetic,
    syntheticCalls.map((call) => ({
      name: call.server,
      kind: null,
      state: syntheticState(call, texts, times),
      facts: [
        ...(call.answeredMs === null ? [] : [texts.answeredAfter(tenths(call.answeredMs, language))]),
        ...(call.heardMs === null ? [] : [texts.heardAfter(tenths(call.heardMs, language))]),
      ],
    })),
    hint,
  );
}

function syntheticState({ at, ok, stage, why }: SyntheticCallStatus, texts: StatusTexts, times: Times): Html {
  if (at === null) return html`<span>${texts.noneYet}</span>`;
  const when = times.of(at);
  return ok === true
    ? stateOf(true, texts.works(when), null)
    : stateOf(false, texts.failed(when), `${stage ?? ""}: ${why ?? ""}`);
}

export function storeSection({ kind, fault, trouble }: StatusReport["store"], texts: StatusTexts, times: Times): Html {
  return html`<section aria-labelledby="store"><h2 id="store">${texts.store}</h2>
<p>${kind === "none" ? texts.stores.none : stateOf(fault === null, texts.stores[kind], fault)}</p>
${trouble === null ? undefined : html`<p class="impaired">! ${texts.lastTrouble(times.of(trouble.at))}: <span lang="en">${trouble.what}</span></p>`}</section>`;
}
