import t from "tap";

import { endCauses } from "../../src/call/cause.js";
import { languages } from "../../src/caller/language.js";
import { wishedType } from "../../src/http/negotiate.js";
import { causeTexts } from "../../src/http/status/cause-texts.js";
import { dayPlot } from "../../src/http/status/day-plot.js";
import { renderStatus } from "../../src/http/status/status-page.js";
import { statusTexts } from "../../src/http/status/status-texts.js";
import { roughly, Times } from "../../src/http/status/times.js";
import { statusIssuesOf } from "../../src/monitoring/status/status-issues.js";
import { badDay, firstMinute, goodDay } from "../monitoring/status/support/reports.js";
import { HttpHarness } from "./support/http-harness.js";

await t.test("the page or JSON, as requested", async (t) => {
  const world = await HttpHarness.start(t, { operators: { status: () => badDay } });
  const get = async (headers: Record<string, string>, query = ""): Promise<Response> =>
    await fetch(`${world.operatorsUrl}/status${query}`, { headers });
  const json = await get({ accept: "application/json" });
  t.equal(json.headers.get("content-type"), "application/json; charset=utf-8");
  t.strictSame(await json.json(), badDay);
  const page = await get({
    accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-GB",
  });
  t.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  t.equal(page.headers.get("content-language"), "en");
  t.equal(page.headers.get("cache-control"), "no-store");
  t.equal(page.headers.get("refresh"), "15");
  t.match(page.headers.get("content-security-policy"), /^default-src 'none'; style-src 'sha256-/);
  const paused = await get({ "accept-language": "en" }, "?lang=de&refresh=off");
  t.equal(paused.headers.get("refresh"), null);
  t.equal(paused.headers.get("content-language"), "de");
  t.equal((await get({}, "?lang=<script>&lang=x&refresh=")).status, 200, "no query is an error");
});

await t.test("requested media types", (t) => {
  const known = ["text/html", "application/json"] as const;
  for (const header of [
    "",
    "*/*",
    "text/*",
    "image/png",
    "text/html",
    "text/html, application/json",
    "application/json;q=0.5, text/html;q=0.8",
    "application/json;q=0",
    "*/*, application/json;q=0.1",
  ])
    t.equal(wishedType(header, known), "text/html", header);
  for (const header of [
    "application/json",
    "APPLICATION/JSON",
    "application/*",
    "text/html;q=0.1, */*",
    "text/html;q=0, */*;q=0.1",
    "application/json, text/html;q=0.9",
  ])
    t.equal(wishedType(header, known), "application/json", header);
  t.end();
});

await t.test("issues for operators, worst first", (t) => {
  t.strictSame(statusIssuesOf(goodDay), []);
  t.strictSame(statusIssuesOf(firstMinute), []);
  t.strictSame(
    statusIssuesOf(badDay).map(({ severity, code, subject }) => `${severity} ${code} ${subject.slice(0, 5)}`),
    [
      "down draining ",
      "down drachtio-down ",
      "down trunk-down easyb",
      "down trunk-down <b>ca",
      "down calls-full ",
      "down media-full ",
      "insecure trunk-unencrypted <b>ca",
      "insecure bbb-unencrypted bbb-3",
      "impaired media-server-down media",
      "impaired media-server-unusable media",
      "impaired bbb-server-down bbb-1",
      "impaired bbb-server-down bbb-3",
      "impaired webhooks-refused bbb-2",
      "impaired webhooks-refused bbb-3",
      "impaired synthetic-call-failed bbb-1",
      "impaired synthetic-call-failed bbb-2",
      "impaired store-down ",
      "impaired store-trouble ",
      "impaired pins-guessed ",
      "impaired withheld-refused easyb",
      "impaired log-down ",
    ],
  );
  t.end();
});

await t.test("markup in texts is shown as text", (t) => {
  for (const language of languages) {
    const page = renderStatus({ report: badDay, language, timeZone: "Europe/Berlin", refreshSeconds: 15 });
    t.notOk(page.includes("<b>"), language);
    t.ok(page.includes("&#60;b&#62;campus"));
    t.notOk(/<script|style=|javascript:/i.test(page));
    t.match(page, "15:07:12", "in the time of the place");
  }
  t.end();
});

await t.test("unsupported and untested versions", (t) => {
  for (const language of languages) {
    const shown = (report: typeof goodDay): string =>
      renderStatus({ report, language, timeZone: "Europe/Berlin", refreshSeconds: 15 });
    t.match(shown(badDay), statusTexts[language].finding["media-server-unusable"]("media-2"));
    t.match(shown(badDay), "FreeSWITCH 1.11.2-release");
    t.match(
      shown(badDay),
      "! FreeSWITCH 1.11.2 must not be used: a call hangs after one stray RTP packet; use FreeSWITCH 1.10.12 or 1.11.3",
    );
    t.match(shown(goodDay), "! einwahl is not tested with FreeSWITCH 1.11.0");
    t.match(shown(goodDay), statusTexts[language].nothingFound, "which is not a fault");
  }
  t.end();
});

await t.test("every cause has a unique text", (t) => {
  for (const language of languages) {
    const words = Object.values(causeTexts[language]);
    t.equal(words.length, Object.keys(endCauses).length);
    t.equal(new Set(words).size, words.length, language);
  }
  t.end();
});

await t.test("the chart of the day", (t) => {
  const times = new Times("de", "Europe/Berlin", Date.parse(goodDay.at));
  t.match(dayPlot(firstMinute.day, statusTexts.de, times).text, "kein Anruf");
  const at = (place: number): string => new Date(Date.parse("2026-11-20T05:00:00Z") + place * 900_000).toISOString();
  const day = {
    slotMinutes: 15,
    slots: [
      { at: at(0), calls: 0, failed: 0, refused: 0 },
      { at: at(1), calls: 40, failed: 10, refused: 10 },
      { at: at(2), calls: 10, failed: 0, refused: 0 },
      { at: at(4), calls: 0, failed: 0, refused: 0 },
    ],
  };
  const { text } = dayPlot(day, statusTexts.de, times);
  t.match(text, 'aria-label="Anrufe der letzten 24 Stunden: 50, davon 10 gescheitert und 10 abgewiesen"');
  const bars = [
    ...text.matchAll(/<rect class="(\w+)" x="([\d.]+)%" width="([\d.]+)%" y="([\d.]+)%" height="([\d.]+)%"/g),
  ].map(([, kind, ...numbers]) => [kind, ...numbers.map(Number)]);
  t.strictSame(
    bars,
    [
      ["failed", 27.5, 20, 67, 21],
      ["refused", 27.5, 20, 46, 21],
      ["well", 27.5, 20, 4, 42],
      ["well", 52.5, 20, 67, 21],
    ],
    "one on the other, in proportion",
  );
  t.strictSame(
    [...text.matchAll(/text-anchor="middle">([^<]+)</g)].map(([, label]) => label),
    [],
    "06:00 in Berlin is at the picture's edge",
  );
  t.match(text, /text-anchor="end">40<.*text-anchor="end">20<.*text-anchor="end">0</s);
  t.end();
});

await t.test("times and durations", (t) => {
  const now = Date.parse("2026-11-20T14:07:12Z");
  t.equal(new Times("de", "Europe/Berlin", now).of("2026-11-20T13:00:00Z"), "14:00:00");
  t.equal(new Times("de", "Europe/Berlin", now).of("2026-11-19T13:00:00Z"), "19. Nov., 14:00:00");
  t.equal(new Times("en", "UTC", now).of("2026-11-19T00:00:00Z"), "19 Nov, 00:00:00");
  t.equal(new Times("en", "Europe/Berlin", now).clock("2026-11-19T23:00:00Z"), "00:00");
  t.equal(new Times("en", "UTC", now).zone, "UTC");
  t.strictSame([0, 119_400, 120_000, 7_100_000, 7_200_000].map(roughly), ["0 s", "119 s", "2 min", "118 min", "2 h"]);
  t.end();
});
