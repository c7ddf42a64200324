import { colourOf, escaped } from "./svg.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly name: string;
  /** In order of x. */
  readonly points: readonly Point[];
}

export interface Plot {
  readonly title: string;
  /** Axis labels, with units. */
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const size = { width: 800, height: 420 } as const;
const margin = { left: 64, right: 16, top: 36, bottom: 48 } as const;
const area = {
  width: size.width - margin.left - margin.right,
  height: size.height - margin.top - margin.bottom,
} as const;
const ticks = 5;
const legendRow = 16;

/** A line plot as an SVG document; both axes begin at 0. */
export function svgPlot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const [xStep, yStep] = [step(points.map((point) => point.x)), step(points.map((point) => point.y))];
  const xAt = (value: number): string => (margin.left + (value / (xStep * ticks)) * area.width).toFixed(1);
  const yAt = (value: number): string =>
    (margin.top + area.height - (value / (yStep * ticks)) * area.height).toFixed(1);
  const marks = Array.from({ length: ticks + 1 }, (_, index) => index);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="20" font-size="15">${escaped(title)}</text>`,
    ...marks.map((mark) => grid(yAt(mark * yStep), xAt(mark * xStep), mark * yStep, mark * xStep)),
    `<text x="${margin.left + area.width / 2}" y="${size.height - 10}" text-anchor="middle">${escaped(x)}</text>`,
    `<text transform="translate(14 ${margin.top + area.height / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    ...lines.map((line, index) => path(line, index, xAt, yAt)),
    ...lines.map((line, index) => legend(line, index)),
    "</svg>",
    "",
  ].join("\n");
}

/** A round distance between two marks of an axis: 1, 2 or 5 times a power of ten. */
function step(values: readonly number[]): number {
  const atLeast = Math.max(...values, Number.EPSILON) / ticks;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return ([1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10) * power;
}

function grid(yAt: string, xAt: string, yValue: number, xValue: number): string {
  return [
    `<path d="M${margin.left} ${yAt}h${area.width}" stroke="#ddd"/>`,
    `<text x="${margin.left - 6}" y="${yAt}" dy="4" text-anchor="end">${label(yValue)}</text>`,
    `<text x="${xAt}" y="${margin.top + area.height + 18}" text-anchor="middle">${label(xValue)}</text>`,
  ].join("\n");
}

function path({ points }: Line, index: number, xAt: (value: number) => string, yAt: (value: number) => string): string {
  const places = points.map((point) => `${xAt(point.x)},${yAt(point.y)}`).join(" ");
  return `<polyline points="${places}" fill="none" stroke="${colourOf(index)}" stroke-width="1.5"/>`;
}

function legend({ name }: Line, index: number): string {
  const y = margin.top + 12 + index * legendRow;
  return [
    `<path d="M${margin.left + 12} ${y}h20" stroke="${colourOf(index)}" stroke-width="3"/>`,
    `<text x="${margin.left + 38}" y="${y}" dy="4">${escaped(name)}</text>`,
  ].join("\n");
}

function label(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString("en");
}
