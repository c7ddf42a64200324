import { z } from "zod";
import { type Language, isLanguage, languages } from "../../caller/language.js";
import { entityTag, firstOf, isNamed, wishedLanguages } from "../negotiate.js";
import { PhoneNumbers } from "../phone-numbers.js";
import { type Answer, type Route, route } from "../route.js";
import type { WebServices } from "../services.js";
import { renderPage } from "./page.js";
import { styleSource } from "./style.js";

/** Whatever is in the query: the page shows what it can and is never an error. */
const query = z.object({ lang: z.unknown(), pin: z.unknown(), view: z.unknown() }).partial();

const policy = `default-src 'none'; style-src ${styleSource}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** The page for people, at the root. */
export function pageRoute(services: WebServices): Route {
  const phoneNumbers = new PhoneNumbers(services.numbers);
  const numbers = Object.fromEntries(languages.map((language) => [language, phoneNumbers.list(language)])) as Record<Language, ReturnType<PhoneNumbers["list"]>>;
  return route({
    method: "GET",
    path: "/",
    id: "getPage",
    summary: "The page for people",
    access: "public",
    isDocumented: false,
    query,
    answers: { 200: { description: "The page.", type: "text/html" }, 304: { description: "What you have is still right." } },
    problems: [],
    handle: ({ query, acceptLanguage, ifNoneMatch }): Answer => {
      const asked = typeof query.lang === "string" && isLanguage(query.lang) ? query.lang : undefined;
      const language = asked ?? firstOf(wishedLanguages(acceptLanguage), languages) ?? services.language;
      const pin = readPin(query.pin);
      const text = renderPage({
        language,
        pin,
        isPinWrong: pin === undefined && isThere(query.pin),
        isPoster: query.view === "print" && pin !== undefined,
        numbers: numbers[language],
        config: services.page,
        promises: services.promises,
        dialogue: services.dialogue,
        hasStatistics: services.daySums !== undefined,
      });
      const headers = { "Content-Security-Policy": policy, "Content-Language": language, Vary: "Accept-Language" };
      // A page with a PIN is nobody else's: it stays in no cache.
      if (isThere(query.pin)) return { status: 200, text, headers };
      const tag = entityTag(text);
      const cached = { ...headers, ETag: tag, "Cache-Control": "public, max-age=300" };
      return ifNoneMatch !== "" && isNamed(tag, ifNoneMatch) ? { status: 304, headers: cached } : { status: 200, text, headers: cached };
    },
  });
}

/** People type PINs as they read them, in groups. */
function readPin(value: unknown): string | undefined {
  const digits = typeof value === "string" ? value.replace(/[\s#-]/g, "") : "";
  return /^[0-9]{5,11}$/.test(digits) ? digits : undefined;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== "";
}
