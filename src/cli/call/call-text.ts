import type { ProbeReport } from "../../probe/probe-call.js";
import type { ProbeEvent, ProbeHappening } from "../../probe/probe-event.js";
import { lossOf, percent } from "../../probe/verdict.js";
import type { CallEnd } from "../../softphone/phone-call.js";
import { visible } from "../../util/plain-text.js";
import type { Terminal } from "../terminal.js";

const maxSaidLength = 200;

/** A line of progress; `undefined` for events that are not shown. */
export function eventLine(event: ProbeEvent): string | undefined {
  const text = eventText(event);
  return text === undefined ? undefined : `${String(event.atMs).padStart(7)} ms  ${text}`;
}

function eventText(event: ProbeHappening): string | undefined {
  switch (event.kind) {
    case "invite":
      return "calling";
    case "progress":
      return `${event.status} ${event.reason}`;
    case "refused":
      return undefined;
    case "answered":
      return `answered: ${event.codec}, ${event.suite === "none" ? "no SRTP" : `SRTP ${event.suite}`}`;
    case "prompt": {
      const { name, language } = event.prompt;
      return `heard: ${name}${language === undefined ? "" : ` (${language})`}`;
    }
    case "language-switched":
      return "typed ** for the other language";
    case "pin-typed":
      return `typed the PIN: ${event.digits} digits and #`;
    case "joined":
      return event.how === "tone"
        ? "in the conference: its tone is heard"
        : "in the conference: the dialogue has ended";
    case "tone":
      return `heard: tone of ${event.hz} Hz, ${percent(event.level)} of full scale`;
    case "renegotiated":
      return event.accepted
        ? "the other side changed the session"
        : "the other side requested a session change that is not supported";
    case "hung-up":
      return endText(event.end);
    case "recording-failed":
      return `the recording could not be written: ${event.code}`;
  }
}

function endText({ by, reason }: CallEnd): string {
  switch (by) {
    case "local":
      return "hung up";
    case "remote":
      return `the other side hung up${reason === undefined ? "" : `: ${reason}`}`;
    case "lost":
    case "refused":
      return "the call was lost";
  }
}

/** The result of the call, in a few lines. */
export function summaryLines(report: ProbeReport, terminal: Terminal): readonly string[] {
  const { verdict, media } = report;
  const audio = `audio      ${media.packetsIn} packets in, ${media.packetsOut} out, ${percent(lossOf(media))} lost, jitter ${media.jitterMs.toFixed(1)} ms, longest gap ${Math.round(media.longestGapMs)} ms`;
  const lines =
    report.suite === undefined ? [] : ["", `  ${audio}${media.rejected === 0 ? "" : `, ${media.rejected} rejected`}`];
  if (verdict.ok) return [...lines, "", terminal.style("good", "The call works.")];
  return [
    ...lines,
    "",
    terminal.style("bad", `The call does not work (${verdict.stage}): ${verdict.why}.`),
    ...(verdict.said === "" ? [] : [`  the other side says: ${visible(verdict.said).slice(0, maxSaidLength)}`]),
    ...(verdict.cure === "" ? [] : [`  fix: ${verdict.cure}`]),
  ];
}

/** The result as JSON. Durations are in milliseconds, shares from 0 to 1. */
export function reportJson(report: ProbeReport): Readonly<Record<string, unknown>> {
  const { verdict, media, events } = report;
  return {
    ok: verdict.ok,
    stage: verdict.ok ? null : verdict.stage,
    why: verdict.ok ? null : verdict.why,
    said: verdict.ok ? null : verdict.said,
    cure: verdict.ok ? null : verdict.cure,
    first_response_ms: report.firstResponseMs ?? null,
    answered_ms: report.answeredMs ?? null,
    total_ms: report.totalMs,
    codec: report.codec ?? null,
    srtp: report.suite ?? null,
    media: {
      packets_in: media.packetsIn,
      packets_out: media.packetsOut,
      lost: media.lost,
      loss: lossOf(media),
      rejected: media.rejected,
      jitter_ms: round(media.jitterMs),
      longest_gap_ms: round(media.longestGapMs),
    },
    events: events.map(eventJson),
  };
}

function eventJson(event: ProbeEvent): Readonly<Record<string, unknown>> {
  switch (event.kind) {
    case "refused":
      return { kind: event.kind, at_ms: event.atMs, by: event.failure.by, status: event.failure.status };
    case "prompt":
      return { kind: event.kind, at_ms: event.atMs, name: event.prompt.name, language: event.prompt.language ?? null };
    case "hung-up":
      return { kind: event.kind, at_ms: event.atMs, by: event.end.by, reason: event.end.reason ?? null };
    default: {
      const { atMs, ...rest } = event;
      return { ...rest, at_ms: atMs };
    }
  }
}

/** Rounds to the measuring precision of a tenth. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
