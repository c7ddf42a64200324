/** The supported languages, each with a complete set of prompts. */
export const languages = ["de", "en"] as const;

export type Language = (typeof languages)[number];

export function isLanguage(text: string): text is Language {
  return (languages as readonly string[]).includes(text);
}
