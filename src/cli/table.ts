import { stripVTControlCharacters } from "node:util";

/** Rows with their columns one below the other, two spaces between them; colours have no width. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [place, cell] of row.entries()) widths[place] = Math.max(widths[place] ?? 0, width(cell));
  }
  return rows.map((row) => row.map((cell, place) => cell + " ".repeat((widths[place] ?? 0) - width(cell))).join("  ").trimEnd());
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
