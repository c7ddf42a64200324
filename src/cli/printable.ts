/** What other machines say, for a terminal: it may hold what a terminal obeys. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
