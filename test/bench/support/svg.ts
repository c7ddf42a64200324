/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;

/** The colour of a line by its place in the legend; they repeat. */
export function colourOf(index: number): string {
  return colours[index % colours.length] ?? colours[0];
}

/** Text as XML. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
