import { type CountryCode, getCountries, getCountryCallingCode } from "libphonenumber-js";

import { type NameAddress, userPartOf } from "./name-address.js";

/** The number format of a trunk. */
export interface TrunkNumbering {
  /** The country of numbers with one leading `0`, for example `DE`. */
  readonly country: CountryCode;
  /** Whether this trunk sends international numbers without a plus (`4930...`). Never guessed. */
  readonly bareCountryCode: boolean;
}

/** Countries whose national numbers keep their leading zero in the international form. */
const zeroIsPartOfNumber: ReadonlySet<CountryCode> = new Set(["IT", "SM", "VA"]);

/** ITU-T E.164 codes that belong to no country. */
const globalCodes = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];

const codesThatKeepZero: ReadonlySet<string> = new Set(
  [...zeroIsPartOfNumber].map((country) => getCountryCallingCode(country)),
);

const callingCodes: ReadonlySet<string> = new Set([
  ...getCountries().map((country) => getCountryCallingCode(country)),
  ...globalCodes,
]);

/**
 * Converts `digits` (`+?[0-9]+`) to international form where that is certain: `+` is kept, `00` and, if the trunk is set so,
 * a bare country code become `+`, one leading `0` the trunk's country. Anything else stays bare.
 */
export function toInternational(digits: string, trunk: TrunkNumbering): string {
  if (digits.startsWith("+")) return digits;
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  if (digits.startsWith("0")) {
    const national = zeroIsPartOfNumber.has(trunk.country) ? digits : digits.slice(1);
    return `+${getCountryCallingCode(trunk.country)}${national}`;
  }
  return trunk.bareCountryCode ? `+${digits}` : digits;
}

/**
 * The number of an address, in international form where that is certain; `undefined`: the user part is not `+?[0-9]+` with
 * optional visual separators.
 */
export function numberIn(address: NameAddress, trunk: TrunkNumbering): string | undefined {
  const user = userPartOf(address);
  const digits = user && digitsIn(user.name);
  return user === undefined || digits === undefined
    ? undefined
    : toInternational(inContext(digits, user.phoneContext, trunk), trunk);
}

/** The digits of an address as received; `undefined`: the user part is not a number. */
export function digitsOf(address: NameAddress): string | undefined {
  const user = userPartOf(address);
  return user && digitsIn(user.name);
}

function digitsIn(text: string): string | undefined {
  // RFC 3966 section 5.1.1's visual separators, and spaces.
  const digits = text.replace(/[-.() ]/g, "");
  return /^\+?[0-9]+$/.test(digits) ? digits : undefined;
}

/** `30123456` in the context `+49` is `+4930123456`. IMS networks also send `030123456` in the context `+49`. */
function inContext(digits: string, phoneContext: string, trunk: TrunkNumbering): string {
  const context = digitsIn(phoneContext);
  // A domain as context refers to a private numbering plan.
  if (context?.startsWith("+") !== true || /^(\+|00)/.test(digits)) return digits;
  if (trunk.bareCountryCode && digits.startsWith(context.slice(1))) return digits;
  if (!digits.startsWith("0")) return `${context}${digits}`;
  const code = callingCodeIn(context.slice(1));
  return code === undefined ? digits : `+${code}${codesThatKeepZero.has(code) ? digits : digits.slice(1)}`;
}

function callingCodeIn(digits: string): string | undefined {
  return [1, 2, 3].map((length) => digits.slice(0, length)).find((code) => callingCodes.has(code));
}

/** The digits after country code and leading zeros: `116117` for `+49116117`. */
export function significantDigits(number: string): string {
  if (!number.startsWith("+")) return number.replace(/^0+/, "");
  const digits = number.slice(1);
  return digits.slice(callingCodeIn(digits)?.length ?? 3).replace(/^0+/, "");
}

/** Whether the text is an ISO 3166 country code with a telephone numbering plan. */
export function isCountry(text: string): text is CountryCode {
  return (getCountries() as readonly string[]).includes(text);
}
