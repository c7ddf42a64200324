import { z } from "zod";

import { isLanguage, type Language, languages } from "../../caller/language.js";
import { formType } from "../body-parsers.js";
import { entityTag, firstOf, isNamed, wishedLanguages } from "../negotiate.js";
import { PhoneNumbers } from "../phone-numbers.js";
import { type Answer, type Route, route } from "../route.js";
import type { ApiServices } from "../services.js";
import { renderPage } from "./page.js";
import { scriptSource } from "./script.js";
import { styleSource } from "./style.js";

/** Accepts any query and form: the page ignores invalid values instead of failing. `pin` is in old links. */
const query = z.object({ lang: z.unknown(), pin: z.unknown(), view: z.unknown() }).partial();
const form = z.object({ pin: z.unknown() }).partial();

const policy = `default-src 'none'; style-src ${styleSource}; script-src ${scriptSource}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** The page for people, at the root: without a PIN, or with the PIN of the form or the link. */
export function* pageRoutes(services: ApiServices): Generator<Route> {
  const phoneNumbers = new PhoneNumbers(services.numbers);
  const numbers = Object.fromEntries(languages.map((language) => [language, phoneNumbers.list(language)])) as Record<
    Language,
    ReturnType<PhoneNumbers["list"]>
  >;
  const show = (
    asked: z.output<typeof query>,
    typed: unknown,
    acceptLanguage: string,
  ): { readonly text: string; readonly headers: Readonly<Record<string, string>> } => {
    const wished = typeof asked.lang === "string" && isLanguage(asked.lang) ? asked.lang : undefined;
    const language = wished ?? firstOf(wishedLanguages(acceptLanguage), languages) ?? services.language;
    const pin = readPin(typed);
    const text = renderPage({
      language,
      pin,
      isPinWrong: pin === undefined && isThere(typed),
      isPoster: asked.view === "print" && pin !== undefined,
      numbers: numbers[language],
      config: services.page,
      promises: services.promises,
      dialogue: services.dialogue,
      hasStatistics: services.daySums !== undefined,
    });
    return {
      text,
      headers: { "Content-Security-Policy": policy, "Content-Language": language, Vary: "Accept-Language" },
    };
  };
  const common = { path: "/", access: "public", isDocumented: false, query, problems: [] } as const;
  yield route({
    ...common,
    method: "GET",
    id: "getPage",
    summary: "The page for people",
    answers: {
      200: { description: "The page.", type: "text/html" },
      304: { description: "Your copy is still valid." },
    },
    handle: ({ query, acceptLanguage, ifNoneMatch }): Answer => {
      const { text, headers } = show(query, query.pin, acceptLanguage);
      // A page with a PIN must not be cached.
      if (isThere(query.pin)) return { status: 200, text, headers };
      const tag = entityTag(text);
      const cached = { ...headers, ETag: tag, "Cache-Control": "public, max-age=300" };
      return ifNoneMatch !== "" && isNamed(tag, ifNoneMatch)
        ? { status: 304, headers: cached }
        : { status: 200, text, headers: cached };
    },
  });
  yield route({
    ...common,
    method: "POST",
    id: "postPage",
    summary: "The page for people, with a PIN",
    body: { schema: form, type: formType, isRequired: false },
    answers: { 200: { description: "The page.", type: "text/html" } },
    handle: ({ query, body, acceptLanguage }): Answer => ({ status: 200, ...show(query, body.pin, acceptLanguage) }),
  });
}

/** Accepts the separators with which people type a PIN in groups. */
function readPin(value: unknown): string | undefined {
  const digits = typeof value === "string" ? value.replace(/[\s#-]/g, "") : "";
  return /^[0-9]{5,11}$/.test(digits) ? digits : undefined;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== "";
}
