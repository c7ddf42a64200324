import { type CountryCode, getCountryCallingCode } from "libphonenumber-js";

/**
 * Words that carriers send, spelt on the keypad, instead of a withheld number: +266696687 is ANONYMOUS,
 * +7378742833 RESTRICTED, +86282452253 UNAVAILABLE, +8656696 UNKNOWN, +2562533 BLOCKED. Source: Twilio's support article
 * 223179988, "Why am I getting calls from these strange numbers?"; it also lists RESTRICTED as +7378742883.
 */
const words = ["anonymous", "restricted", "unavailable", "unknown", "blocked", "private", "withheld", "nocallerid"];

const keys: readonly string[] = ["", "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];

const misspelt = ["7378742883"];

const placeholders: ReadonlySet<string> = new Set([...words.map(onKeypad), ...misspelt]);

/** One digit repeated is a made-up number: 2600Hz and others send 0000000000 for a withheld number. */
const repeatedDigit = /^(\d)\1{6,19}$/;

/**
 * Whether digits (`+?[0-9]+`) are a placeholder for a withheld number, which identifies no caller. Switches prepend
 * prefixes to it: `00`, `0`, the country code, North America's 1.
 */
export function isPlaceholderNumber(digits: string, country: CountryCode): boolean {
  const bare = digits.replace(/^\+/, "");
  const code = getCountryCallingCode(country);
  const readings = [
    bare,
    ...["00", "0", code, `00${code}`, "1", "001"]
      .filter((prefix) => bare.startsWith(prefix))
      .map((prefix) => bare.slice(prefix.length)),
  ];
  return readings.some((reading) => placeholders.has(reading) || repeatedDigit.test(reading));
}

function onKeypad(word: string): string {
  return Array.from(word, (letter) => keys.findIndex((key) => key.includes(letter))).join("");
}
