import t from "tap";

import type { NumbersAnswer } from "../../src/http/api-schemas.js";
import { formatPin, localeFor, oneTapLink } from "../../src/http/phone-numbers.js";
import { HttpHarness } from "./support/http-harness.js";

await t.test("numbers in national and international format", async (t) => {
  const world = await HttpHarness.start(t);
  const { numbers } = await world.json<NumbersAnswer>("GET", "/dial-in-numbers?lang=en", { token: null });
  t.same(numbers[0], {
    number: "+493023125001",
    national: "030 23125001",
    international: "+49 30 23125001",
    tel: "tel:+493023125001",
    country: { code: "DE", name: "Germany" },
    city: "Berlin",
    languages: ["de", "en"],
    tollFree: false,
  });
  t.same(
    numbers.map(({ number }) => number),
    ["+493023125001", "+498001234567", "+43720123456", "+442079460123"],
    "in the operator's order",
  );
  t.same(
    numbers.map(({ tollFree }) => tollFree),
    [false, true, false, false],
  );
  t.equal(numbers[1]?.city, null);
});

await t.test("by country and by language", async (t) => {
  const world = await HttpHarness.start(t);
  const found = async (query: string): Promise<string[]> =>
    (await world.json<NumbersAnswer>("GET", `/dial-in-numbers?${query}`)).numbers.map(({ number }) => number);
  t.same(await found("country=DE"), ["+493023125001", "+498001234567"]);
  t.same(await found("country=at"), ["+43720123456"]);
  t.same(await found("country=FR"), []);
  t.same(await found("language=en"), ["+493023125001", "+43720123456", "+442079460123"]);
  t.same(await found("country=DE&language=en"), ["+493023125001"]);
  for (const query of ["country=DEU", "country=", "language=german", "contry=DE", "country=DE&country=AT", "lang="]) {
    t.equal((await world.api("GET", `/dial-in-numbers?${query}`)).status, 400, query);
  }
});

await t.test("country names in the requested language", async (t) => {
  const world = await HttpHarness.start(t);
  const name = async (query: string, header?: string): Promise<string | undefined> => {
    const answer = await world.json<NumbersAnswer>("GET", `/dial-in-numbers${query}`, {
      headers: header === undefined ? {} : { "accept-language": header },
    });
    return answer.numbers.find(({ country }) => country.code === "AT")?.country.name;
  };
  t.equal(await name("?lang=fr"), "Autriche");
  t.equal(await name("?lang=de-AT"), "Österreich");
  t.equal(await name("", "xx, fr;q=0.5, en;q=0.9"), "Austria");
  t.equal(await name("", "*"), "Österreich", "the configuration's language");
  t.equal(await name("?lang=en", "fr"), "Austria");
  t.equal(await name("?lang=not_a_tag"), "Österreich");
  t.equal(await name("?lang=ja"), "オーストリア");
  t.equal(localeFor(["", "--", "x", "zz-zz-zz-zz", "tlh"], "en"), "en");
});

await t.test("cacheable, and revalidated", async (t) => {
  const world = await HttpHarness.start(t);
  for (const path of ["/dial-in-numbers", "/jitsi/dial-in-numbers", "/jitsi/dial-in-numbers-by-country"]) {
    const first = await world.api("GET", path, { token: null });
    const tag = first.headers.get("etag") ?? "";
    t.match(tag, /^"[\w-]{22}"$/);
    t.equal(first.headers.get("cache-control"), "public, max-age=300");
    t.match(first.headers.get("vary"), /Accept-Language/);
    await first.arrayBuffer();
    for (const match of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const again = await world.api("GET", path, { token: null, headers: { "if-none-match": match } });
      t.equal(again.status, 304, match);
      t.equal(await again.text(), "");
      t.equal(again.headers.get("etag"), tag);
    }
    t.equal((await world.api("GET", path, { headers: { "if-none-match": '"other"' } })).status, 200);
    const head = await world.api("HEAD", path);
    t.equal(head.headers.get("etag"), tag);
    t.equal(await head.text(), "");
  }
  const german = await world.api("GET", "/dial-in-numbers", { headers: { "accept-language": "de" } });
  const english = await world.api("GET", "/dial-in-numbers", { headers: { "accept-language": "en" } });
  t.not(german.headers.get("etag"), english.headers.get("etag"));
});

await t.test("pages of other origins can read public routes if configured", async (t) => {
  const world = await HttpHarness.start(t, { http: { corsOrigins: ["https://meet.example.org"] } });
  const get = async (path: string, origin: string): Promise<Headers> =>
    (await world.api("GET", path, { headers: { origin } })).headers;
  const allowed = await get("/dial-in-numbers", "https://meet.example.org");
  t.equal(allowed.get("access-control-allow-origin"), "https://meet.example.org");
  t.equal(allowed.get("vary"), "Origin, Accept-Language");
  t.match(allowed.get("access-control-expose-headers"), /ETag/);
  const other = await get("/dial-in-numbers", "https://evil.example.org");
  t.equal(other.get("access-control-allow-origin"), null);
  t.match(other.get("vary"), /Origin/);
  t.equal(
    (await get("/rooms", "https://meet.example.org")).get("access-control-allow-origin"),
    null,
    "not what needs a token",
  );
  const preflight = await world.api("OPTIONS", "/dial-in-numbers", {
    token: null,
    headers: { origin: "https://meet.example.org", "access-control-request-method": "GET" },
  });
  t.equal(preflight.status, 204);
  t.equal(preflight.headers.get("access-control-allow-methods"), "GET, HEAD");
  const refused = await world.api("OPTIONS", "/rooms/x", {
    token: null,
    headers: { origin: "https://meet.example.org", "access-control-request-method": "PUT" },
  });
  t.equal(refused.headers.get("access-control-allow-methods"), null);

  const busy = await HttpHarness.start(t, {
    http: { corsOrigins: ["https://meet.example.org"], rateLimit: { windowMs: 60_000, perAddress: 1, perToken: 1 } },
  });
  const ask = async (path: string): Promise<Response> =>
    await busy.api("GET", path, { token: null, headers: { origin: "https://meet.example.org" } });
  for (const [path, status] of [
    ["/dial-in-numbers?country=x", 400],
    ["/dial-in-numbers", 429],
  ] as const) {
    const answer = await ask(path);
    t.equal(answer.status, status);
    t.equal(
      answer.headers.get("access-control-allow-origin"),
      "https://meet.example.org",
      "pages may read why they are refused",
    );
  }

  const everybody = await HttpHarness.start(t, { http: { corsOrigins: ["*"] } });
  t.equal(
    (await everybody.api("GET", "/dial-in-numbers", { headers: { origin: "https://any.example.org" } })).headers.get(
      "access-control-allow-origin",
    ),
    "*",
  );
  const nobody = await HttpHarness.start(t);
  t.equal(
    (await nobody.api("GET", "/dial-in-numbers", { headers: { origin: "https://any.example.org" } })).headers.get(
      "access-control-allow-origin",
    ),
    null,
  );
});

await t.test("the formats of Jitsi front ends", async (t) => {
  const world = await HttpHarness.start(t);
  t.same(
    (await world.json<unknown[]>("GET", "/jitsi/dial-in-numbers?conference=room@muc.example.org", { token: null }))[1],
    { countryCode: "DE", tollFree: true, formattedNumber: "+49 800 1234567" },
  );
  t.same(await world.json("GET", "/jitsi/dial-in-numbers-by-country", { token: null }), {
    message: "Dial-In numbers:",
    numbers: { DE: ["+49 30 23125001", "+49 800 1234567"], AT: ["+43 720 123456"], GB: ["+44 20 7946 0123"] },
    numbersEnabled: true,
  });
});

await t.test("PINs for people and for telephones", (t) => {
  const shown: Record<string, string> = {
    "12345": "123 45",
    "123456": "123 456",
    "1234567": "123 45 67",
    "12345678": "123 456 78",
    "123456789": "123 456 789",
    "1234567890": "123 456 78 90",
    "12345678901": "123 456 789 01",
  };
  for (const [pin, formatted] of Object.entries(shown)) t.equal(formatPin(pin), formatted);
  t.equal(oneTapLink("+4930123456", "012345"), "tel:+4930123456,,012345%23");
  t.end();
});
