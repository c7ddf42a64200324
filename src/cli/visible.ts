/** Text that came from elsewhere, for a terminal: what would move its cursor or turn its writing around is shown as U+FFFD. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "\ufffd");
}
