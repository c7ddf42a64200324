import { encode } from "uqr";

/** Light modules around the code, which readers need (ISO/IEC 18004 section 6.3.8). */
const quietZone = 4;

/**
 * A text as a QR code: an SVG image, always black on white.
 *
 * The mask is fixed: choosing the best of eight takes forty times as long, and readers accept all of them.
 */
export function qrCode(text: string): string {
  const { data, size } = encode(text, { ecc: "M", border: 0, maskPattern: 2 });
  const width = size + 2 * quietZone;
  let path = "";
  for (const [row, modules] of data.entries()) {
    for (let column = 0; column < size;) {
      const start = column;
      while (column < size && modules[column] === true) column += 1;
      if (column > start) path += `M${start + quietZone} ${row + quietZone}h${column - start}v1h-${column - start}z`;
      else column += 1;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${width}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${width}v${width}H0z"/><path fill="#000" d="${path}"/></svg>`;
}
