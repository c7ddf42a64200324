import { type CountryCode, getCountryCallingCode } from "libphonenumber-js";

/**
 * What carriers write as words on a telephone's keypad in the place of a withheld number: +266696687 is ANONYMOUS,
 * +7378742833 RESTRICTED, +86282452253 UNAVAILABLE, +8656696 UNKNOWN, +2562533 BLOCKED. Source: Twilio's support article
 * 223179988, "Why am I getting calls from these strange numbers?"; it has RESTRICTED as +7378742883, too.
 */
const words = ["anonymous", "restricted", "unavailable", "unknown", "blocked", "private", "withheld", "nocallerid"];

const keys: readonly string[] = ["", "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];

const misspelt = ["7378742883"];

const placeholders: ReadonlySet<string> = new Set([...words.map(onKeypad), ...misspelt]);

/** A number of one digit repeated so often is made up: 0000000000 stands for a withheld number at 2600Hz and others. */
const repeatedDigit = /^(\d)\1{6,19}$/;

/**
 * Whether digits (`+?[0-9]+`) stand for a withheld number. Many callers share it, so that it
 * tells none of them from the others. Switches on the way put prefixes before it: `00`, `0`, the country's code, North America's 1.
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
