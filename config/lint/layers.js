/**
 * The folders of src/ and their allowed imports. `npm run lint` enforces them with the rule below; `npm run layers` prints the
 * actual imports and fails on circular imports, types included.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../src");

/** Lowest first. A folder may import itself and the listed ones. */
export const layers = {
  util: [],
  caller: ["util"],
  call: ["caller", "util"],
  store: ["call", "caller", "util"],
  softphone: ["util"],
  config: ["call", "caller", "store", "util"],
  trunk: ["call", "caller", "config", "util"],
  sip: ["call", "caller", "trunk", "util"],
  media: ["call", "sip", "util"],
  bbb: ["call", "caller", "sip", "store", "util"],
  control: ["store", "util"],
  probe: ["bbb", "call", "caller", "config", "sip", "softphone", "trunk", "util"],
  monitoring: ["bbb", "call", "config", "media", "probe", "sip", "store", "trunk", "util"],
  http: ["bbb", "call", "caller", "config", "monitoring", "store", "util"],
  client: ["http", "util"],
  check: ["bbb", "call", "caller", "config", "control", "media", "monitoring", "sip", "store", "trunk", "util"],
  prove: ["bbb", "caller", "config", "control", "http", "media", "monitoring", "probe", "softphone", "store", "util"],
  app: ["bbb", "call", "caller", "config", "http", "media", "monitoring", "probe", "sip", "store", "trunk", "util"],
  cli: [
    "app",
    "call",
    "caller",
    "check",
    "config",
    "control",
    "http",
    "monitoring",
    "probe",
    "prove",
    "sip",
    "softphone",
    "store",
    "trunk",
    "util",
  ],
  simulators: ["softphone", "util"],
  demo: ["app", "call", "caller", "config", "simulators", "softphone", "util"],
};

/** The only folder that may import each engine library. */
const adapters = { "drachtio-srf": "sip", "drachtio-fsmrf": "media", "esl-lite": "media" };

/** Circular imports are allowed only here: FreeSWITCH's channels, applications and commands refer to each other. */
const circlesAllowedIn = "simulators";

/** The folder of a file, `undefined` outside of src/. @param {string} file */
function folderOf(file) {
  const path = relative(root, file);
  if (path.startsWith("..")) return undefined;
  return path.includes(sep) ? path.split(sep)[0] : "main";
}

/** @type {import("eslint").Rule.RuleModule} */
export const layerRule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      layer: "src/{{from}} may not import src/{{to}} (config/lint/layers.js)",
      adapter: "only src/{{only}} may import {{library}}",
    },
  },
  create(context) {
    const from = folderOf(context.filename);
    if (from === undefined || from === "main") return {};
    const look = (node) => {
      const name = node.source?.value;
      if (typeof name !== "string") return;
      const only = adapters[name.split("/")[0]];
      if (only !== undefined && only !== from)
        context.report({ node, messageId: "adapter", data: { only, library: name } });
      const to = name.startsWith(".") ? folderOf(resolve(dirname(context.filename), name)) : undefined;
      if (to === undefined || to === from || layers[from]?.includes(to)) return;
      context.report({ node, messageId: "layer", data: { from, to } });
    };
    return {
      ImportDeclaration: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
      ImportExpression: look,
    };
  },
};

function importsOf(file) {
  const imported = readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\s[^"';]*?\bfrom "(\.[^"]+)";|^import "(\.[^"]+)";/gm,
  );
  return [...imported].map(([, from, only]) => resolve(dirname(file), from ?? only).replace(/\.js$/, ".ts"));
}

/** Tarjan's strongly connected components of more than one file. */
function circles(graph) {
  const order = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    order.set(file, order.size);
    low.set(file, order.get(file));
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

function draw() {
  const files = readdirSync(root, { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, name));
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  const arrows = new Map();
  for (const [file, imports] of graph) {
    for (const to of imports.map(folderOf)) {
      const from = folderOf(file);
      if (from !== to) arrows.set(`${from} ${to}`, (arrows.get(`${from} ${to}`) ?? 0) + 1);
    }
  }
  const rows = ["main", ...Object.keys(layers).reverse()].map((from) => {
    const targets = [...arrows]
      .filter(([arrow]) => arrow.startsWith(`${from} `))
      .map(([arrow, count]) => `${arrow.split(" ")[1]} ${count}`);
    const size = files.filter((file) => folderOf(file) === from).length;
    return `${from.padEnd(11)}${String(size).padStart(3)} files -> ${targets.sort().join(", ") || "-"}`;
  });
  const up = [...arrows.keys()]
    .map((arrow) => arrow.split(" "))
    .filter(([from, to]) => from !== "main" && !layers[from]?.includes(to));
  const closed = circles(graph);
  const bad = closed.filter((circle) => circle.some((file) => folderOf(file) !== circlesAllowedIn));
  rows.push(
    "",
    `${files.length} files, ${arrows.size} arrows between ${Object.keys(layers).length + 1} folders, ${up.length} of them not allowed`,
  );
  for (const circle of closed)
    rows.push(
      `circle of ${circle.length} files: ${circle
        .map((file) => relative(root, file))
        .sort()
        .join(" ")}`,
    );
  return { text: rows.join("\n"), isClean: up.length === 0 && bad.length === 0 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, isClean } = draw();
  process.stdout.write(`${text}\n`);
  process.exitCode = isClean ? 0 : 1;
}
