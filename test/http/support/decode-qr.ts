import jsQR from "jsqr";

/** The text that an independent QR reader decodes; `undefined`: none. */
export function decodeQr(pixels: Uint8ClampedArray, width: number, height: number): string | undefined {
  return jsQR.default(pixels, width, height)?.data;
}

/** The pixels of a generated SVG (runs of squares), with this many pixels per module. */
export function rasterise(svg: string, scale = 4): { readonly pixels: Uint8ClampedArray; readonly width: number } {
  const modules = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const width = modules * scale;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  const path = /fill="#000" d="([^"]*)"/.exec(svg)?.[1] ?? "";
  for (const [, left, top, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let y = Number(top) * scale; y < (Number(top) + 1) * scale; y++) {
      for (let x = Number(left) * scale; x < (Number(left) + Number(run)) * scale; x++)
        pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { pixels, width };
}
