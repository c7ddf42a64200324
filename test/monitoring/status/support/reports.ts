import { stages } from "../../../../src/call/progress.js";
import type { StatusReport } from "../../../../src/monitoring/status/status-report.js";

const now = Date.parse("2026-11-20T14:07:12Z");
const minute = 60_000;

function at(minutesAgo: number): string {
  return new Date(now - minutesAgo * minute).toISOString();
}

/** Calls of a typical day: few at night, peaks in the morning and the afternoon. */
function day(
  most: number,
  spoil: (place: number, calls: number) => { readonly failed: number; readonly refused: number },
): StatusReport["day"] {
  const slotMs = 15 * minute;
  const last = Math.floor(now / slotMs) * slotMs;
  const slots = Array.from({ length: 96 }, (_, place) => {
    const begin = last - (95 - place) * slotMs;
    const hour = new Date(begin).getUTCHours() + new Date(begin).getUTCMinutes() / 60;
    const calls = Math.round(most * (Math.exp(-((hour - 9) ** 2) / 4) + 0.8 * Math.exp(-((hour - 14) ** 2) / 6)));
    return { at: new Date(begin).toISOString(), calls, ...spoil(place, calls) };
  });
  return { slotMinutes: 15, slots };
}

const noCalls = Object.fromEntries(stages.map((stage) => [stage, 0])) as StatusReport["calls"]["byStage"];

/** All components work, with calls in progress. */
export const goodDay: StatusReport = {
  version: "0.1.0",
  at: at(0),
  startedAt: at(4_000),
  state: "ready",
  reasons: [],
  isDraining: false,
  drachtio: { state: "connected", version: "v0.9.10", warnings: [] },
  trunks: [
    {
      name: "easybell",
      provider: "easybell",
      state: "registered",
      registeredBy: null,
      since: at(3_999),
      registrar: "secure.sip.easybell.de:5061 tls",
      expiresInMs: 600_000,
      fault: null,
      warnings: [],
      numbers: 2,
      calls: 26,
    },
    {
      name: "campus",
      provider: "generic",
      state: "fixed",
      registeredBy: null,
      since: null,
      registrar: null,
      expiresInMs: null,
      fault: null,
      warnings: [],
      numbers: 1,
      calls: 5,
    },
  ],
  mediaServers: [
    {
      name: "media-1",
      state: "up",
      why: null,
      version: "1.10.12",
      unusable: null,
      warnings: [],
      channels: 17,
      capacity: 100,
      load: "free",
      idleCpu: 80,
    },
    {
      name: "media-2",
      state: "up",
      why: null,
      version: "1.11.0-release",
      unusable: null,
      warnings: ["einwahl is not tested with FreeSWITCH 1.11.0"],
      channels: 14,
      capacity: 100,
      load: "free",
      idleCpu: 80,
    },
  ],
  bbbServers: [
    {
      name: "bbb-1",
      fault: null,
      ageMs: 2_340,
      meetings: 34,
      callers: 12,
      webhooks: { ageMs: 12_400, refused: 2, refusedAgeMs: 86_000_000 },
    },
    { name: "bbb-2", fault: null, ageMs: 4_910, meetings: 29, callers: 11, webhooks: null },
    {
      name: "bbb-3",
      fault: null,
      ageMs: 800,
      meetings: 31,
      callers: 1,
      webhooks: { ageMs: null, refused: 0, refusedAgeMs: null },
    },
  ],
  calls: {
    now: 31,
    admitted: 31,
    max: 200,
    load: "free",
    byStage: { ...noCalls, ringing: 1, asking: 2, waiting: 3, joining: 1, talking: 24 },
  },
  causes: [
    { cause: "caller-hung-up", result: "caller", count: 611 },
    { cause: "conference-ended", result: "finished", count: 148 },
    { cause: "too-many-tries", result: "dialogue", count: 9 },
    { cause: "unknown-source", result: "refused", count: 7 },
  ],
  lastFailures: [
    {
      at: at(31),
      callId: "V3kq0aZz",
      cause: "too-many-tries",
      result: "dialogue",
      stage: "informing",
      trunk: "easybell",
      mediaServer: "media-1",
      server: null,
    },
    {
      at: at(1_100),
      callId: "p0M-x_71",
      cause: "unknown-source",
      result: "refused",
      stage: "ringing",
      trunk: null,
      mediaServer: null,
      server: null,
    },
  ],
  day: day(18, (place, calls) => ({ failed: 0, refused: place % 19 === 0 && calls > 0 ? 1 : 0 })),
  syntheticCalls: [
    { server: "bbb-1", at: at(7), ok: true, stage: null, why: null, answeredMs: 140, heardMs: 6_480 },
    { server: "bbb-2", at: null, ok: null, stage: null, why: null, answeredMs: null, heardMs: null },
  ],
  store: { kind: "embedded", fault: null, trouble: null },
  guesses: {
    wrong: 14,
    limit: 300,
    windowMs: 3_600_000,
    restrained: {
      number: { slowed: 1, refused: 0 },
      withheld: { slowed: 0, refused: 0 },
      all: { slowed: 0, refused: 0 },
    },
    withheldOf: [],
  },
  instances: null,
  logFault: null,
  warnings: [],
};

/** All faults at once: long names, names like markup, faults with long words. */
export const badDay: StatusReport = {
  ...goodDay,
  state: "not-ready",
  reasons: ["drachtio: refused"],
  isDraining: true,
  drachtio: { state: "refused", version: null, warnings: [] },
  trunks: [
    {
      name: "easybell",
      provider: "easybell",
      state: "not-registered",
      registeredBy: null,
      since: null,
      registrar: "secure.sip.easybell.de:5061 tls",
      expiresInMs: null,
      fault: "401 after a new challenge: user name or password is wrong",
      warnings: ["no call has come in for 3 h although it is registered"],
      numbers: 2,
      calls: 0,
    },
    {
      name: "<b>campus</b>-with-a-name-that-does-not-want-to-end",
      provider: "generic",
      state: "fixed",
      registeredBy: null,
      since: null,
      registrar: null,
      expiresInMs: null,
      fault: "ENOTFOUND sbc-with-a-very-long-name.voice.campus.example.org",
      warnings: [],
      numbers: 12,
      calls: 3,
    },
  ],
  mediaServers: [
    {
      name: "media-1",
      state: "down",
      why: "no response on the event socket: not running, wrong address or wrong password",
      version: null,
      unusable: null,
      warnings: [],
      channels: 0,
      capacity: 100,
      load: "free",
      idleCpu: 80,
    },
    {
      name: "media-2",
      state: "up",
      why: null,
      version: "1.11.2-release",
      unusable:
        "FreeSWITCH 1.11.2 must not be used: a call hangs after one stray RTP packet; use FreeSWITCH 1.10.12 or 1.11.3, which einwahl is tested with",
      warnings: [],
      channels: 100,
      capacity: 100,
      load: "free",
      idleCpu: 80,
    },
  ],
  bbbServers: [
    { name: "bbb-1", fault: "the API answered 502", ageMs: 310_000, meetings: 0, callers: 3, webhooks: null },
    {
      name: "bbb-2",
      fault: null,
      ageMs: 1_200,
      meetings: 29,
      callers: 94,
      webhooks: { ageMs: 7_200_000, refused: 48, refusedAgeMs: 3_000 },
    },
    {
      name: "bbb-3",
      fault: "checksumError: the secret is wrong",
      ageMs: null,
      meetings: 0,
      callers: 0,
      webhooks: { ageMs: null, refused: 1, refusedAgeMs: 900_000 },
    },
  ],
  calls: {
    now: 103,
    admitted: 100,
    max: 100,
    load: "free",
    byStage: { ...noCalls, asking: 4, waiting: 2, talking: 97 },
  },
  causes: [
    { cause: "unknown-source", result: "refused", count: 1_214 },
    { cause: "caller-hung-up", result: "caller", count: 311 },
    { cause: "conference-unreachable", result: "failed", count: 88 },
    { cause: "too-many-calls", result: "refused", count: 41 },
    { cause: "media-lost", result: "failed", count: 3 },
    { cause: "internal-error", result: "failed", count: 1 },
  ],
  lastFailures: [
    ...Array.from({ length: 8 }, (_, place) => ({
      at: at(1 + place),
      callId: `un-${place}kq0a`,
      cause: "conference-unreachable" as const,
      result: "failed" as const,
      stage: "joining" as const,
      trunk: "easybell",
      mediaServer: "media-2",
      server: "bbb-1",
    })),
    ...Array.from({ length: 5 }, (_, place) => ({
      at: at(12 + place),
      callId: `so-${place}Pq_1`,
      cause: "unknown-source" as const,
      result: "refused" as const,
      stage: "ringing" as const,
      trunk: null,
      mediaServer: null,
      server: null,
    })),
    {
      at: at(99),
      callId: "V3kq0aZz",
      cause: "media-lost",
      result: "failed",
      stage: "talking",
      trunk: "<b>campus</b>-with-a-name-that-does-not-want-to-end",
      mediaServer: "media-2",
      server: "bbb-2",
    },
    {
      at: at(1_300),
      callId: "Bug00001",
      cause: "internal-error",
      result: "failed",
      stage: "ringing",
      trunk: "easybell",
      mediaServer: null,
      server: null,
    },
  ],
  day: day(14, (place, calls) =>
    place > 78
      ? { failed: Math.round(calls * 0.6), refused: Math.round(calls * 0.3) }
      : { failed: 0, refused: Math.min(calls, place % 3) },
  ),
  syntheticCalls: [
    {
      server: "bbb-1",
      at: at(3),
      ok: false,
      stage: "join",
      why: "the BBB server of the conference refuses the call or can't be reached over SIP",
      answeredMs: 143,
      heardMs: null,
    },
    {
      server: "bbb-2",
      at: at(9),
      ok: false,
      stage: "conference",
      why: "HTTP status 502",
      answeredMs: null,
      heardMs: null,
    },
  ],
  store: {
    kind: "redis",
    fault: "connect ECONNREFUSED 127.0.0.1:6379",
    trouble: { at: at(200), what: "ENOSPC: no space left on device, write" },
  },
  guesses: {
    wrong: 1_912,
    limit: 300,
    windowMs: 3_600_000,
    restrained: {
      number: { slowed: 12, refused: 31 },
      withheld: { slowed: 0, refused: 1 },
      all: { slowed: 1, refused: 0 },
    },
    withheldOf: [{ trunk: "easybell", kind: "refused" }],
  },
  logFault: "ENOSPC: no space left on device, write",
  warnings: [
    { code: "trunk-unencrypted", subject: "<b>campus</b>-with-a-name-that-does-not-want-to-end" },
    { code: "bbb-unencrypted", subject: "bbb-3" },
  ],
};

/** Just started, without calls. */
export const firstMinute: StatusReport = {
  ...goodDay,
  startedAt: at(1),
  trunks: goodDay.trunks.map((trunk) => ({ ...trunk, calls: 0 })),
  bbbServers: goodDay.bbbServers.map((server) => ({ ...server, callers: 0 })),
  calls: { now: 0, admitted: 0, max: 200, load: "free", byStage: noCalls },
  causes: [],
  lastFailures: [],
  day: day(0, () => ({ failed: 0, refused: 0 })),
  syntheticCalls: null,
  store: { kind: "none", fault: null, trouble: null },
};
