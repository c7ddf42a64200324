import { colourOf } from "../support/svg.js";
import type { Outcome } from "./report.js";
import type { Second } from "./timeline.js";

const width = 720;
const panel = 130;
const edge = { left: 52, right: 150, top: 26, bottom: 30 } as const;

interface Curve {
  readonly name: string;
  readonly value: (second: Second, before: Second | undefined) => number | undefined;
}

interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

const panels: readonly Panel[] = [
  {
    title: "CPU, %",
    curves: [
      { name: "idle, whole machine", value: ({ idleCpu }) => idleCpu },
      { name: "FreeSWITCH, of a core", value: ({ cpu }) => cpu.freeswitch },
      { name: "einwahl, of a core", value: ({ cpu }) => cpu.einwahl },
      { name: "drachtio, of a core", value: ({ cpu }) => cpu.drachtio },
    ],
  },
  { title: "calls", curves: [{ name: "up", value: ({ admitted }) => admitted }] },
  {
    title: "new calls a second",
    curves: [
      { name: "allowed", value: ({ limit }) => limit },
      {
        name: "refused",
        value: ({ refused, at }, before) =>
          before === undefined ? undefined : (refused - before.refused) / Math.max(0.1, at - before.at),
      },
    ],
  },
];

/** The measurement over time, as an SVG image; the flood has a grey background. */
export function draw({ plan, seconds }: Outcome): string {
  const first = Math.min(-10, ...seconds.map(({ at }) => at).filter((at) => at > -15));
  const shown = seconds.filter(({ at }) => at >= first);
  const last = Math.max(plan.seconds + 10, ...shown.map(({ at }) => at));
  const x = (at: number): number => edge.left + ((at - first) / (last - first)) * (width - edge.left - edge.right);
  const drawn = panels.map(
    (each, index) => `<g transform="translate(0 ${index * panel})">${drawPanel(each, shown, plan.seconds, x)}</g>`,
  );
  const size = `${width} ${panels.length * panel + 20}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>${drawn.join("")}<text x="${x(plan.seconds / 2)}" y="${panels.length * panel + 10}" text-anchor="middle">seconds since the flood's begin</text></svg>\n`;
}

function drawPanel(
  { title, curves }: Panel,
  seconds: readonly Second[],
  floodSeconds: number,
  x: (at: number) => number,
): string {
  const lines = curves.map(({ name, value }) => ({
    name,
    points: seconds.flatMap((second, index) => {
      const y = value(second, seconds[index - 1]);
      return y === undefined ? [] : [{ x: second.at, y }];
    }),
  }));
  const top = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ y }) => y))) * 1.05;
  const y = (value: number): number => panel - edge.bottom - (value / top) * (panel - edge.top - edge.bottom);
  const marks = [0, floodSeconds / 2, floodSeconds].map(
    (at) => `<text x="${x(at).toFixed(1)}" y="${panel - edge.bottom + 14}" text-anchor="middle">${at}</text>`,
  );
  const drawn = lines.map(({ name, points }, index) => {
    const colour = colourOf(index);
    const path = points.map((point, at) => `${at === 0 ? "M" : "L"}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`);
    const legend = edge.top + 8 + index * 15;
    return `<path fill="none" stroke="${colour}" stroke-width="1.5" d="${path.join("")}"/><rect x="${width - edge.right + 12}" y="${legend - 9}" width="10" height="10" fill="${colour}"/><text x="${width - edge.right + 28}" y="${legend}">${name}</text>`;
  });
  return [
    `<rect x="${x(0).toFixed(1)}" y="${edge.top}" width="${(x(floodSeconds) - x(0)).toFixed(1)}" height="${panel - edge.top - edge.bottom}" fill="#eee"/>`,
    `<text x="${edge.left}" y="18" font-size="13">${title}</text>`,
    ...[0, top / 1.05].map(
      (value) =>
        `<path stroke="#ccc" d="M${edge.left} ${y(value).toFixed(1)}H${width - edge.right}"/><text x="${edge.left - 6}" y="${y(value).toFixed(1)}" text-anchor="end" dy="4">${value.toFixed(0)}</text>`,
    ),
    ...marks,
    ...drawn,
  ].join("");
}
