import { type Line, svgPlot } from "../support/svg-plot.js";
import type { Sample } from "./sample.js";

const bytesPerMegabyte = 1_048_576;

/** Memory against ended calls, as SVG. */
export function plot(samples: readonly Sample[]): string {
  const line = (name: string, of: (sample: Sample) => number | undefined): Line => ({
    name,
    points: samples.flatMap((sample) => {
      const bytes = of(sample);
      return bytes === undefined ? [] : [{ x: sample.calls, y: bytes / bytesPerMegabyte }];
    }),
  });
  return svgPlot({
    title: "Memory over the calls of one run",
    x: "ended calls",
    y: "MB",
    lines: [
      line("einwahl, resident", ({ rss }) => rss.einwahl),
      line("einwahl, in use after a collection", ({ kept }) => kept && kept.heapUsed + kept.external),
      line("FreeSWITCH, resident", ({ rss }) => rss.freeswitch),
      line("drachtio, resident", ({ rss }) => rss.drachtio),
    ],
  });
}
