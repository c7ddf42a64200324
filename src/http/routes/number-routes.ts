import { z } from "zod";

import { serialise } from "../api-router.js";
import { apiBase, jitsiNumber, jitsiNumbersByCountry, numbersAnswer, numbersQuery } from "../api-schemas.js";
import { entityTag, isNamed, wishedLanguages } from "../negotiate.js";
import { localeFor, PhoneNumbers } from "../phone-numbers.js";
import { type Answer, type AnswerSpec, type Route, route, type RouteRequest } from "../route.js";
import type { ApiServices } from "../services.js";

/** Numbers change only with the configuration; front ends see a change after at most five minutes. */
const cacheable = "public, max-age=300";
/** Limit of cached responses: there are few distinct ones, but clients choose the cache key. */
const maxKept = 500;

interface Ready {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tag: string;
}

/** Serialises each response once: the numbers do not change while the routes exist. */
class ReadyAnswers {
  readonly #spec: AnswerSpec;
  readonly #ready = new Map<string, Ready>();

  constructor(spec: AnswerSpec) {
    this.#spec = spec;
  }

  answer(key: string, ifNoneMatch: string, make: () => unknown): Answer {
    const ready = this.#ready.get(key) ?? this.#make(key, make());
    const { text, headers, tag } = ready;
    return ifNoneMatch !== "" && isNamed(tag, ifNoneMatch) ? { status: 304, headers } : { status: 200, text, headers };
  }

  #make(key: string, value: unknown): Ready {
    const text = serialise(this.#spec, value);
    const tag = entityTag(text);
    const ready = { text, tag, headers: { ETag: tag, "Cache-Control": cacheable, Vary: "Accept-Language" } };
    const [oldest] = this.#ready.keys();
    if (this.#ready.size >= maxKept && oldest !== undefined) this.#ready.delete(oldest);
    this.#ready.set(key, ready);
    return ready;
  }
}

const notModified: AnswerSpec = { description: "Your copy is still valid." };
const cacheHeaders = {
  ETag: "Send it as If-None-Match next time.",
  "Cache-Control": "How long the response may be cached.",
};

/** The public routes for the numbers of the operator. */
export function numberRoutes({ numbers, language }: ApiServices): readonly Route[] {
  const phoneNumbers = new PhoneNumbers(numbers);
  const spec: AnswerSpec = { description: "The numbers.", schema: numbersAnswer, headers: cacheHeaders };
  const jitsiSpec: AnswerSpec = { description: "The numbers.", schema: z.array(jitsiNumber), headers: cacheHeaders };
  const byCountrySpec: AnswerSpec = {
    description: "The numbers.",
    schema: jitsiNumbersByCountry,
    headers: cacheHeaders,
  };
  const [ready, jitsiReady, byCountryReady] = [
    new ReadyAnswers(spec),
    new ReadyAnswers(jitsiSpec),
    new ReadyAnswers(byCountrySpec),
  ];
  const withoutCountry = "ZZ";

  return [
    route({
      method: "GET",
      path: `${apiBase}/dial-in-numbers`,
      id: "listDialInNumbers",
      summary: "The numbers for all conferences",
      description:
        "Public and cacheable, in the operator's order, which is stable. Show all of them, or filter by country or language.",
      access: "public",
      query: numbersQuery,
      answers: { 200: spec, 304: notModified },
      problems: [],
      handle: ({ query, acceptLanguage, ifNoneMatch }) => {
        const wishes = query.lang === undefined ? acceptLanguage : query.lang;
        return ready.answer(JSON.stringify([query.country, query.language, wishes]), ifNoneMatch, () => {
          const locale = localeFor(query.lang === undefined ? wishedLanguages(wishes) : [wishes], language);
          return { numbers: phoneNumbers.list(locale, query) };
        });
      },
    }),
    route({
      method: "GET",
      path: `${apiBase}/jitsi/dial-in-numbers`,
      id: "listJitsiNumbers",
      summary: "The numbers in the format of Jitsi's dialInNumbersUrl",
      description: "Other parameters, such as Jitsi's `conference`, are ignored.",
      access: "public",
      answers: { 200: jitsiSpec, 304: notModified },
      problems: [],
      handle: (request) =>
        jitsiReady.answer("", noneMatch(request), () =>
          phoneNumbers.list(language).map(({ country, tollFree, international }) => ({
            countryCode: country.code ?? withoutCountry,
            tollFree,
            formattedNumber: international,
          })),
        ),
    }),
    route({
      method: "GET",
      path: `${apiBase}/jitsi/dial-in-numbers-by-country`,
      id: "listJitsiNumbersByCountry",
      summary: "The numbers in the older format that Jitsi front ends still accept",
      access: "public",
      answers: { 200: byCountrySpec, 304: notModified },
      problems: [],
      handle: (request) =>
        byCountryReady.answer("", noneMatch(request), () => {
          const byCountry: Record<string, string[]> = {};
          for (const { country, international } of phoneNumbers.list(language))
            (byCountry[country.code ?? withoutCountry] ??= []).push(international);
          return { message: "Dial-In numbers:", numbers: byCountry, numbersEnabled: true };
        }),
    }),
  ];
}

function noneMatch({ ifNoneMatch }: RouteRequest<unknown, unknown, unknown>): string {
  return ifNoneMatch;
}
