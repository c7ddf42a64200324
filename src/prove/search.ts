import type { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";

import type { Mark } from "./mark.js";
import { type Needle, needlesOf } from "./needles.js";
import { readingsOf } from "./readings.js";

/** Bytes with their source. */
export interface Piece {
  /** The exact source: a file, a URL or a command. */
  readonly source: string;
  readonly bytes: Buffer;
}

/** A mark that was found. */
export interface Hit {
  readonly mark: Mark;
  readonly form: string;
  readonly source: string;
  /** The surrounding text with all digits masked; "" in binary data. */
  readonly around: string;
}

const maxUnpackedBytes = 64 * 1_048_576;
const aroundChars = 60;

/** Searches for marks in all forms. Reports a mark once per piece, in its first form. */
export class Search {
  readonly #marks: readonly { readonly mark: Mark; readonly needles: readonly Needle[] }[];

  constructor(marks: readonly Mark[]) {
    this.#marks = marks.map((mark) => ({ mark, needles: needlesOf(mark) }));
  }

  in(pieces: readonly Piece[]): readonly Hit[] {
    return pieces.flatMap((piece) => unpacked(piece).flatMap((each) => this.#inPiece(each)));
  }

  #inPiece({ source, bytes }: Piece): readonly Hit[] {
    if (bytes.length === 0) return [];
    const readings = readingsOf(bytes);
    return this.#marks.flatMap(({ mark, needles }) => {
      for (const { form, reading, bytes: needle } of needles) {
        for (const read of readings[reading]) {
          const at = read.indexOf(needle);
          if (at >= 0)
            return [
              {
                mark,
                form,
                source,
                around: reading === "joined" || reading === "lower" ? around(read, at, needle.length) : "",
              },
            ];
        }
      }
      return [];
    });
  }
}

/** The piece and its unpacked contents. */
function unpacked(piece: Piece): readonly Piece[] {
  if (piece.bytes[0] !== 0x1f || piece.bytes[1] !== 0x8b) return [piece];
  try {
    return [
      piece,
      { source: `${piece.source} (unpacked)`, bytes: gunzipSync(piece.bytes, { maxOutputLength: maxUnpackedBytes }) },
    ];
  } catch {
    return [piece];
  }
}

/** The context that locates a hit. Masks all digits, because it is printed. */
function around(read: Buffer, at: number, length: number): string {
  const before = masked(read.subarray(Math.max(0, at - aroundChars), at));
  const after = masked(read.subarray(at + length, at + length + aroundChars));
  return `${before.split("\n").at(-1) ?? ""}[mark]${after.split("\n")[0] ?? ""}`.trim();
}

function masked(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replace(/[0-9]/g, "#")
    .replace(/[^\n\x20-\x7e]/g, "?");
}
