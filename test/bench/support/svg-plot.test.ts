import { XMLParser } from "fast-xml-parser";
import t from "tap";

import { svgPlot } from "./svg-plot.js";

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" });

interface Svg {
  readonly svg: {
    readonly text: readonly { readonly "#text": string }[];
    readonly polyline: readonly { readonly points: string }[];
  };
}

const plot = svgPlot({
  title: "Memory <now>",
  x: "calls",
  y: "MB",
  lines: [
    {
      name: "one & other",
      points: [
        { x: 0, y: 0 },
        { x: 1_000, y: 50 },
      ],
    },
    { name: "two", points: [{ x: 500, y: 25 }] },
  ],
});
const { svg } = parser.parse(plot) as Svg;

await t.test("a plot has its texts, escaped", (t) => {
  const texts = svg.text.map((text) => text["#text"]);
  for (const expected of ["Memory <now>", "calls", "MB", "one & other", "two"])
    t.ok(texts.includes(expected), expected);
  t.end();
});

await t.test("lines from the origin at the bottom left to the greatest values at the top right", (t) => {
  const [one, two] = svg.polyline.map(({ points }) => points.split(" ").map((point) => point.split(",").map(Number)));
  t.strictSame(one, [
    [64, 372],
    [784, 36],
  ]);
  t.strictSame(two, [[424, 204]], "half way");
  t.end();
});

await t.test("a plot without values", (t) => {
  t.notMatch(svgPlot({ title: "none", x: "calls", y: "MB", lines: [{ name: "one", points: [] }] }), /NaN|Infinity/);
  t.end();
});
