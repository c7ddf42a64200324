import t from "tap";

import { html } from "../../src/http/page/html.js";
import { script } from "../../src/http/page/script.js";
import { pageTexts } from "../../src/http/page/texts.js";
import { seeded } from "../support/seeded.js";
import { HttpHarness } from "./support/http-harness.js";

async function get(
  world: HttpHarness,
  query = "",
  headers: Record<string, string> = {},
): Promise<{ readonly text: string; readonly headers: Headers; readonly status: number }> {
  const response = await fetch(`${world.url}/${query}`, { headers });
  return { text: await response.text(), headers: response.headers, status: response.status };
}

await t.test("the page in the requested language", async (t) => {
  const world = await HttpHarness.start(t);
  const heading = async (query: string, language?: string): Promise<string | undefined> =>
    /<html lang="(..)">/.exec(
      (await get(world, query, language === undefined ? {} : { "accept-language": language })).text,
    )?.[1];
  t.equal(await heading("", "de-AT,de;q=0.9,en;q=0.5"), "de");
  t.equal(await heading("", "fr, en;q=0.5"), "en");
  t.equal(await heading("", "fr"), "de", "the configuration's");
  t.equal(await heading("?lang=en", "de"), "en");
  t.equal(await heading("?lang=xx", "en"), "en");
  t.equal(await heading("?lang=de&lang=en", "en"), "en");
});

/** The body sent by the form of the page. */
async function post(
  world: HttpHarness,
  query: string,
  body: string,
): Promise<{ readonly text: string; readonly headers: Headers; readonly status: number }> {
  const response = await fetch(`${world.url}/${query}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  return { text: await response.text(), headers: response.headers, status: response.status };
}

await t.test("numbers, keys, privacy and the operator", async (t) => {
  const world = await HttpHarness.start(t);
  const { text, status } = await get(world, "?lang=en");
  t.equal(status, 200);
  for (const expected of [
    '<a class="number" href="tel:+493023125001">+49 30 23125001</a>',
    "<h3>Germany</h3>",
    "<h3>Austria</h3>",
    "<h3>United Kingdom</h3>",
    "toll-free",
    "Speaks: German, English",
    "What happens to your number",
    "last four digits",
    "“No number”",
    "The provider keeps connection data for seven days.",
    "Beispiel &#60;e&#62; &#38; V.",
    "mailto:phone@example.org",
    "https://example.org/privacy",
    "https://example.org/imprint",
    "12345 Ort",
    "star, six</th>",
    "star, hash</th>",
    "music until it does",
  ])
    t.ok(text.includes(expected), expected);
  t.notMatch(
    text.replace(`<script>${script}</script>`, ""),
    /<script|javascript:|onclick/i,
    "one script, which the policy names",
  );
  t.notMatch(text, /src="http|url\(/);
});

await t.test("its privacy statements follow from the configuration", async (t) => {
  const careless = await HttpHarness.start(t, {
    services: {
      promises: { isEncrypted: false, showsLastFour: false, anonymous: { de: "Niemand", en: "Nobody" } },
      statistics: "off",
      daySums: undefined,
    },
  });
  const { text } = await get(careless, "?lang=de");
  t.ok(text.includes(pageTexts.de.notEncrypted) && !text.includes(pageTexts.de.encrypted));
  t.ok(
    text.includes(pageTexts.de.nothingShown) && text.includes("„Niemand“") && text.includes(pageTexts.de.noStatistics),
  );
  const nobody = await HttpHarness.start(t, {
    services: { page: { title: { de: "T", en: "T" }, operator: undefined, privacyNote: { de: [], en: [] } } },
  });
  t.ok((await get(nobody, "?lang=de")).text.includes(pageTexts.de.noOperator));
});

await t.test("the instructions for callers follow from the configuration", async (t) => {
  const plain = await HttpHarness.start(t, { services: { dialogue: { leaveKey: undefined, waitsForStart: false } } });
  const { text } = await get(plain, "?lang=de");
  t.ok(text.includes(pageTexts.de.notBegun.told) && !text.includes(pageTexts.de.notBegun.waits));
  t.notMatch(text, /verlässt die Konferenz/);
  const other = await HttpHarness.start(t, { services: { dialogue: { leaveKey: "0", waitsForStart: true } } });
  t.match((await get(other, "?lang=de")).text, /<kbd aria-hidden="true">\*0<\/kbd> Stern, Null<\/th>/);
});

await t.test("with a PIN", async (t) => {
  const world = await HttpHarness.start(t);
  const { text, headers } = await post(world, "?lang=de", "pin=123456789");
  t.ok(text.includes('<a class="button" href="tel:+493023125001,,123456789%23">+49 30 23125001 mit PIN anrufen</a>'));
  t.ok(text.includes("123 456 789") && text.includes("1 2 3 4 5 6 7 8 9, Raute-Taste"));
  t.ok(text.includes("<svg") && text.includes('content="noindex"'));
  t.ok(
    text.includes(
      '<form method="post" action="?lang=en"><input type="hidden" name="pin" value="123456789"><button class="link">English</button></form>',
    ),
    "and in the other language",
  );
  t.notMatch(text, /(?:href|action)="[^"]*[?&;]pin=/, "no address has the PIN");
  t.notMatch(text, /<script/);
  t.equal(headers.get("cache-control"), "no-store");
  t.equal(headers.get("referrer-policy"), "no-referrer");
  t.ok((await post(world, "", "pin=123+456+789%23")).text.includes("123 456 789"), "typed as it is shown");
  const old = await get(world, "?lang=de&pin=123456789");
  t.ok(old.text.includes("123 456 789"), "links of earlier versions are read");
  t.equal(old.headers.get("cache-control"), "no-store");
  t.notMatch(old.text, /(?:href|action)="[^"]*[?&;]pin=/);
  t.notOk((await get(world, "?lang=de")).text.includes("<svg"));
  const poster = await post(world, "?lang=de&view=print", "pin=012345");
  t.ok(
    poster.text.includes('class="poster"') &&
      poster.text.includes("012 345") &&
      !poster.text.includes(pageTexts.de.privacy),
  );
});

await t.test("with an invalid PIN", async (t) => {
  const world = await HttpHarness.start(t);
  for (const pin of [
    "1234",
    "123456789012",
    "abc",
    "<script>alert(1)</script>",
    "12345&pin=54321",
    "%0a12345%00",
    "１２３４５",
  ]) {
    const { text, status } = await get(
      world,
      `?lang=en&pin=${pin.startsWith("12345&") || pin.startsWith("%") ? pin : encodeURIComponent(pin)}`,
    );
    t.equal(status, 200);
    t.ok(text.includes(pageTexts.en.noPin), pin);
    t.notMatch(text, /alert/);
    t.ok(
      (
        await post(
          world,
          "?lang=en",
          pin.startsWith("12345&") || pin.startsWith("%")
            ? `pin=${pin.replace("12345&pin=54321", "1")}`
            : `pin=${encodeURIComponent(pin)}`,
        )
      ).text.includes(pageTexts.en.noPin),
      `${pin}, posted`,
    );
  }
  t.notOk((await get(world, "?pin=")).text.includes(pageTexts.de.noPin));
});

await t.test("a page without a PIN is cacheable and cannot run scripts", async (t) => {
  const world = await HttpHarness.start(t);
  const { headers } = await get(world, "?lang=en");
  t.equal(headers.get("cache-control"), "public, max-age=300");
  t.equal(headers.get("content-language"), "en");
  t.match(
    headers.get("content-security-policy"),
    /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  );
  t.equal((await get(world, "?lang=en", { "if-none-match": headers.get("etag") ?? "" })).status, 304);
});

await t.test("only the page accepts the form", async (t) => {
  const world = await HttpHarness.start(t);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  t.equal(
    (
      await fetch(`${world.url}/api/v1/rooms/x`, {
        method: "PUT",
        body: "a=b",
        headers: { ...form, authorization: "Bearer token-of-the-tests" },
      })
    ).status,
    415,
  );
  t.equal(
    (
      await fetch(`${world.url}/`, {
        method: "POST",
        body: '{"pin":"12345"}',
        headers: { "content-type": "application/json" },
      })
    ).status,
    415,
  );
  t.equal(
    (await fetch(`${world.url}/`, { method: "POST", body: `pin=${"1".repeat(20_000)}`, headers: form })).status,
    413,
  );
  t.equal((await fetch(`${world.url}/`, { method: "POST" })).status, 200, "nothing was typed");
});

await t.test("values are rendered as text", (t) => {
  const random = seeded(3);
  for (let round = 0; round < 500; round++) {
    const value = Array.from({ length: 20 }, () =>
      random.pick(["<", ">", "&", '"', "'", "a", "/", "=", " ", "`", "&lt;", "script"]),
    ).join("");
    const { text } = html`<p title="${value}">${value}</p>`;
    t.match(text, /^<p title="[^"<>]*">[^<>]*<\/p>$/);
    t.equal(
      text.slice(10, text.indexOf('">')).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
      value,
    );
  }
  t.equal(html`${undefined}${5}${["<", html`<b>`]}`.text, "5&#60;<b>");
  t.end();
});

await t.test("both languages have the same texts", (t) => {
  t.same(Object.keys(pageTexts.de), Object.keys(pageTexts.en));
  t.equal(pageTexts.de.keyMeanings.length, pageTexts.en.keyMeanings.length);
  t.end();
});
