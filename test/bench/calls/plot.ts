import { colourOf, escaped } from "../support/svg.js";
import type { Spread } from "./percentiles.js";
import type { Results, Stage } from "./result.js";
import { summarise } from "./summary.js";

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: Spread }[];
}

export interface Chart {
  readonly title: string;
  readonly xTitle: string;
  readonly lines: readonly Line[];
}

const width = 420;
const height = 300;
const edge = { left: 52, right: 16, top: 34, bottom: 44 } as const;
const legendLine = 16;
const ticks = 5;

/** One chart for each series of the results; `undefined` without any. */
export function plot(results: Pick<Results, "stages">): string | undefined {
  const charts = (["plain", "srtp"] as const).flatMap((media) =>
    (["setup", "held"] as const).flatMap((kind) => {
      const lines = linesOf(results.stages.filter((each) => each.kind === kind && each.media === media));
      const name = media === "plain" ? "plain RTP" : "TLS and SRTP";
      const title = kind === "setup" ? `CPU a call of 7 s, ms (${name})` : `CPU a held call, % of a core (${name})`;
      return lines.length === 0 ? [] : [{ title, xTitle: kind === "setup" ? "calls a second" : "held calls", lines }];
    }),
  );
  return charts.length === 0 ? undefined : drawCharts(charts);
}

function linesOf(stages: readonly Stage[]): readonly Line[] {
  const lines = new Map<string, { readonly x: number; readonly y: Spread }[]>();
  for (const { way, load, cpu } of summarise(stages)) {
    const values = [
      [`FreeSWITCH, ${way === "recipe" ? "recipe" : "behind einwahl"}`, cpu.freeswitch],
      ["einwahl", cpu.einwahl],
      ["drachtio", cpu.drachtio],
    ] as const;
    for (const [name, y] of values) if (y !== undefined) lines.set(name, [...(lines.get(name) ?? []), { x: load, y }]);
  }
  return [...lines].map(([name, points]) => ({
    name,
    points: [...points].sort((left, right) => left.x - right.x),
  }));
}

/** An SVG image with the charts side by side: lines through the medians, bars from least to greatest. */
export function drawCharts(charts: readonly Chart[]): string {
  const legend = Math.max(...charts.map(({ lines }) => lines.length)) * legendLine;
  const drawn = charts.map((chart, index) => `<g transform="translate(${index * width} 0)">${drawChart(chart)}</g>`);
  const size = `${charts.length * width} ${height + legend + 8}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>${drawn.join("")}</svg>\n`;
}

function drawChart({ title, xTitle, lines }: Chart): string {
  const points = lines.flatMap(({ points: each }) => each);
  const right = Math.max(1, ...points.map(({ x }) => x));
  const top = niceTop(Math.max(0, ...points.map(({ y }) => y.max)));
  const x = (value: number): string => (edge.left + (value / right) * (width - edge.left - edge.right)).toFixed(1);
  const y = (value: number): string =>
    (height - edge.bottom - (Math.max(0, value) / top) * (height - edge.top - edge.bottom)).toFixed(1);
  const grid = Array.from({ length: ticks + 1 }, (_, index) => {
    const value = (top * index) / ticks;
    return `<path stroke="#ddd" d="M${x(0)} ${y(value)}H${x(right)}"/><text x="${edge.left - 6}" y="${y(value)}" text-anchor="end" dy="4">${number(value)}</text>`;
  });
  const marks = [...new Set(points.map((point) => point.x))].map(
    (value) => `<text x="${x(value)}" y="${height - edge.bottom + 15}" text-anchor="middle">${value}</text>`,
  );
  const drawn = lines.map(({ name, points: each }, index) => {
    const colour = colourOf(index);
    const path = each.map((point, at) => `${at === 0 ? "M" : "L"}${x(point.x)} ${y(point.y.median)}`).join("");
    const bars = each.map((point) => `M${x(point.x)} ${y(point.y.min)}V${y(point.y.max)}`).join("");
    const dots = each.map((point) => `<circle cx="${x(point.x)}" cy="${y(point.y.median)}" r="2.5" fill="${colour}"/>`);
    const line = height + index * legendLine;
    return `<path fill="none" stroke="${colour}" stroke-width="2" d="${path}"/><path stroke="${colour}" d="${bars}"/>${dots.join("")}<rect x="${edge.left}" y="${line - 9}" width="10" height="10" fill="${colour}"/><text x="${edge.left + 16}" y="${line}">${escaped(name)}</text>`;
  });
  return `<text x="${width / 2}" y="18" text-anchor="middle" font-size="13">${escaped(title)}</text>${grid.join("")}${marks.join("")}<text x="${width / 2}" y="${height - 12}" text-anchor="middle">${escaped(xTitle)}</text>${drawn.join("")}`;
}

/** The next of these steps times a power of ten. */
export function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.5, 2, 3, 5, 7.5, 10].find((each) => each * power >= most) ?? 10) * power;
}

function number(value: number): string {
  return String(Number(value.toPrecision(2)));
}
