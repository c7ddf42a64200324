import type { StatusReport } from "../../monitoring/status/status-report.js";
import { type Content, type Html, html } from "../page/html.js";
import type { StatusTexts } from "./status-texts.js";
import type { Times } from "./times.js";

/** Shares of the height: space above for half a line of text, and below for the hours. */
const top = 4;
const bottom = 12;
const height = 100 - top - bottom;
/** A label closer to the edge than this share of the width would stick out. */
const edge = 4;

/**
 * A bar chart of ended calls per slot of the last day. All lengths are in per cent, so that the chart scales to any width
 * while its text keeps its size.
 */
export function dayPlot({ slots, slotMinutes }: StatusReport["day"], texts: StatusTexts, times: Times): Html {
  const total = sum(slots, ({ calls }) => calls);
  if (total === 0) return html`<p>${texts.noCalls}</p>`;
  const most = roundUp(Math.max(...slots.map(({ calls }) => calls)));
  const levels = [most, most / 2, 0].filter((value) => Number.isInteger(value));
  const label = texts.plot(
    total,
    sum(slots, ({ failed }) => failed),
    sum(slots, ({ refused }) => refused),
  );
  return html`<figure class="plot"><div class="frame"><svg class="scale" aria-hidden="true">${levels.map((value) => html`<text x="85%" y="${yOf(value, most)}%" dy="4" text-anchor="end">${value}</text>`)}</svg>
<svg role="img" aria-label="${label}">
${levels.map((value) => html`<line x1="0" x2="100%" y1="${yOf(value, most)}%" y2="${yOf(value, most)}%"/>`)}
${slots.map((slot, place) => bar(slot, place, slots.length, most))}
${slots.map(({ at }, place) => hourLabel(times.clock(at), (100 * place) / slots.length))}
</svg></div>
<figcaption>${texts.plotCaption(slotMinutes)}<span class="legend">${(["well", "refused", "failed"] as const).map((kind) => html`<span><svg aria-hidden="true"><rect class="${kind}" width="100%" height="100%"/></svg>${texts.results[kind]}</span>`)}</span></figcaption></figure>`;
}

function bar(
  { calls, failed, refused }: StatusReport["day"]["slots"][number],
  place: number,
  count: number,
  most: number,
): Content {
  const width = 100 / count;
  let from = 0;
  return (
    [
      ["failed", failed],
      ["refused", refused],
      ["well", calls - failed - refused],
    ] as const
  ).map(([kind, value]) => {
    if (value <= 0) return undefined;
    const bottomOf = yOf(from, most);
    from += value;
    const topOf = yOf(from, most);
    return html`<rect class="${kind}" x="${short(place * width + width * 0.1)}%" width="${short(width * 0.8)}%" y="${topOf}%" height="${short(bottomOf - topOf)}%"/>`;
  });
}

/** Every six hours. */
function hourLabel(clock: string, x: number): Content {
  const [hour = "", minute] = clock.split(":");
  if (minute !== "00" || Number(hour) % 6 !== 0 || x < edge || x > 100 - edge) return undefined;
  return html`<line x1="${short(x)}%" x2="${short(x)}%" y1="${100 - bottom}%" y2="${100 - bottom + 2}%"/><text x="${short(x)}%" y="99%" text-anchor="middle">${clock}</text>`;
}

function yOf(value: number, most: number): number {
  return short(top + height * (1 - value / most));
}

/** The next of 1, 2, 4, 10, 20, 40, 100 and so on, each of which but the first can be halved. */
function roundUp(value: number): number {
  for (let unit = 1; ; unit *= 10) {
    const found = [1, 2, 4].find((each) => each * unit >= value);
    if (found !== undefined) return found * unit;
  }
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}

function sum<Each>(of: readonly Each[], value: (each: Each) => number): number {
  return of.reduce((total, each) => total + value(each), 0);
}
