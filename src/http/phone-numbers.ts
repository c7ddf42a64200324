import { parsePhoneNumberFromString } from "libphonenumber-js/max";

import { type Language, languages } from "../caller/language.js";
import type { NumberConfig } from "../config/config.js";
import type { DialInNumber } from "./api-schemas.js";

interface NumberFacts {
  readonly number: string;
  readonly national: string;
  readonly international: string;
  /** `undefined` for numbers without a country, such as +883. */
  readonly country: string | undefined;
  readonly city: string | undefined;
  readonly languages: readonly Language[];
  readonly tollFree: boolean;
}

export interface NumberFilter {
  readonly country?: string | undefined;
  readonly language?: string | undefined;
}

const noCountry: Readonly<Record<string, string>> = { de: "International", en: "International" };

/** The numbers of the operator, in configuration order. */
export class PhoneNumbers {
  readonly #facts: readonly NumberFacts[];
  /** Precomputed for the languages of einwahl; lists in other languages are made on request. */
  readonly #whole = new Map<string, readonly DialInNumber[]>();

  constructor(numbers: readonly NumberConfig[]) {
    this.#facts = numbers.map(factsOf);
    for (const language of languages) this.#whole.set(language, this.list(language));
  }

  /** @param locale of the countries' names */
  list(locale: string, filter?: NumberFilter): readonly DialInNumber[] {
    return (filter === undefined ? this.#whole.get(locale) : undefined) ?? this.#make(locale, filter ?? {});
  }

  #make(locale: string, filter: NumberFilter): readonly DialInNumber[] {
    const names = new Intl.DisplayNames([locale], { type: "region" });
    const fitting = this.#facts.filter(
      ({ country, languages }) =>
        (filter.country === undefined || filter.country === country) &&
        (filter.language === undefined || languages.some((each) => each === filter.language)),
    );
    return fitting.map(({ number, national, international, country, city, languages, tollFree }) => ({
      number,
      national,
      international,
      tel: `tel:${number}`,
      country: {
        code: country ?? null,
        name: country === undefined ? (noCountry[locale] ?? "International") : (names.of(country) ?? country),
      },
      city: city ?? null,
      languages: [...languages],
      tollFree,
    }));
  }
}

/** The locale of the first supported wish; invalid tags are skipped. */
export function localeFor(wishes: readonly string[], fallback: string): string {
  for (const wish of wishes) {
    try {
      if (Intl.DisplayNames.supportedLocalesOf([wish]).length === 0) continue;
      return new Intl.DisplayNames([wish], { type: "region" }).resolvedOptions().locale;
    } catch {
      // Not a language tag.
    }
  }
  return fallback;
}

function factsOf({ number, city, languages }: NumberConfig): NumberFacts {
  const parsed = parsePhoneNumberFromString(number);
  return {
    number,
    national: parsed?.formatNational() ?? number,
    international: parsed?.formatInternational() ?? number,
    country: parsed?.country,
    city,
    languages,
    tollFree: parsed?.getType() === "TOLL_FREE",
  };
}

/**
 * A link that dials a number and then a PIN: two pauses of about two seconds, the PIN, `#`. `#` is percent-encoded, because
 * it would start a fragment; telephones decode it.
 */
export function oneTapLink(number: string, pin: string): string {
  return `tel:${number},,${pin}%23`;
}

/** A PIN for people in groups of three; the last groups have two digits unless the length is a multiple of three. */
export function formatPin(pin: string): string {
  const groups = Math.ceil(pin.length / 3);
  const long = pin.length - 2 * groups;
  let place = 0;
  return Array.from({ length: groups }, (_, group) => {
    const start = place;
    place += group < long ? 3 : 2;
    return pin.slice(start, place);
  }).join(" ");
}
