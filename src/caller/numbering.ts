import { type CountryCode, getCountries, getCountryCallingCode } from "libphonenumber-js";

/** Countries whose national numbers keep their leading zero in the international form. */
const zeroIsPartOfNumber: ReadonlySet<CountryCode> = new Set(["IT", "SM", "VA"]);

/** ITU-T E.164 codes that belong to no country. */
const globalCodes = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];

const callingCodes: ReadonlySet<string> = new Set([...getCountries().map((country) => getCountryCallingCode(country)), ...globalCodes]);

/**
 * `digits` (`+?[0-9]+`) in international form where that is certain: `+` as it is, `00` and, by the trunk's
 * setting, a bare country code as `+`, one leading `0` as the trunk's country. Anything else stays bare.
 */
export function toInternational(
  digits: string,
  trunk: { readonly country: CountryCode; readonly bareCountryCode: boolean },
): string {
  if (digits.startsWith("+")) return digits;
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  if (digits.startsWith("0")) {
    const national = zeroIsPartOfNumber.has(trunk.country) ? digits : digits.slice(1);
    return `+${getCountryCallingCode(trunk.country)}${national}`;
  }
  return trunk.bareCountryCode ? `+${digits}` : digits;
}

/** What is left of a number without country code and leading zeros: `+49116117` has the digits `116117`. */
export function significantDigits(number: string): string {
  if (!number.startsWith("+")) return number.replace(/^0+/, "");
  const digits = number.slice(1);
  for (const length of [1, 2, 3]) {
    if (callingCodes.has(digits.slice(0, length))) return digits.slice(length).replace(/^0+/, "");
  }
  return digits.slice(3).replace(/^0+/, "");
}

/** Whether a text is an ISO 3166 country code with a telephone numbering plan. */
export function isCountry(text: string): text is CountryCode {
  return (getCountries() as readonly string[]).includes(text);
}
