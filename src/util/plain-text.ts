/** Maximum length of the text that regular expressions see, in characters. */
const maxReadLength = 2_000;
const maxShownLength = 200;

/** Characters that move a terminal's cursor, start a line or change the writing direction. */
const unprintable = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;
/** Foreign text for a terminal: on one line, control characters replaced. Numbers are kept. */
export function visible(text: string): string {
  return text.replace(unprintable, "\ufffd");
}

const userPart = /\b(sips?:)[^\s@<>"]*@/gi;
const telUri = /\b(tel:)[^\s<>",;]*/gi;
const webAddress = /\b(https?:\/\/)(?:[^\s/@<>"]*@)?([^\s/?#<>"]*)[^\s<>"]*/gi;
/** Ports after an address are kept. */
const addressWithPort = /((?:\b\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]{2}\]):)(\d{4,5})(?!\d|%)/gi;
/** Visual separators count only in text that starts like a telephone number: dates and addresses contain them, too. */
const written = /(?:\+|%2B)(?:[-. ()/]{0,2}(?:\d|%3\d)){4,}|(?<![\d.])0(?:[- ()/]{0,2}(?:\d|%3\d)){4,}/gi;
const run = /(?:\d|%3\d){4,}/gi;

/**
 * Text from the network or a library, for a log line, a status or a terminal: on one line, printable, bounded, with
 * possible callers' numbers and PINs masked. config/run-masked.sh does the same for the engines.
 */
export function plainText(text: string, longest = maxShownLength): string {
  const ports: string[] = [];
  const masked = visible(text.slice(0, maxReadLength))
    .replace(userPart, "$1[user]@")
    .replace(telUri, "$1[number]")
    .replace(webAddress, "$1$2")
    .replace(addressWithPort, (_all, address: string, port: string) => `${address}\n${ports.push(port) - 1}\n`)
    .replace(written, "[number]")
    .replace(run, "[number]")
    .replace(/\n(\d+)\n/g, (_all, index: string) => ports[Number(index)] ?? "");
  return masked.length > longest ? `${masked.slice(0, longest - 1)}…` : masked;
}
