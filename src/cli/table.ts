import type { Style } from "./terminal.js";

/** A cell, optionally with a style. */
export type Cell = string | { readonly text: string; readonly style: Style };

export interface TableOptions {
  /** Applies a style; default: plain text. */
  readonly paint?: (style: Style, text: string) => string;
  /** The maximum line length; longer lines are cut. Default: unlimited. */
  readonly columns?: number;
}

const gap = "  ";

/** Aligns the columns of rows, with two spaces between them. */
export function table(
  rows: readonly (readonly Cell[])[],
  { paint = (_style, text) => text, columns = Infinity }: TableOptions = {},
): readonly string[] {
  const widths: number[] = [];
  // A row with one cell spans all columns.
  for (const row of rows.filter(({ length }) => length > 1)) {
    for (const [place, cell] of row.entries()) widths[place] = Math.max(widths[place] ?? 0, textOf(cell).length);
  }
  return rows.map((row) => {
    let line = "";
    let left = columns;
    for (const [place, cell] of row.entries()) {
      const isLast = row.slice(place + 1).every((later) => textOf(later) === "");
      const text = cut(textOf(cell), left);
      line += typeof cell === "string" ? text : paint(cell.style, text);
      if (isLast) break;
      const space = " ".repeat(Math.max(0, (widths[place] ?? 0) - text.length)) + gap;
      left -= text.length + space.length;
      if (left <= 0) break;
      line += space;
    }
    return line;
  });
}

/** Cuts a text to `most` characters, with an ellipsis for the rest. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`.slice(0, most);
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}
