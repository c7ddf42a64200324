import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { pino } from "pino";
import t from "tap";
import { parse } from "yaml";

import { endCauses } from "../../../src/call/cause.js";
import { stages } from "../../../src/call/progress.js";
import { processMetrics } from "../../../src/monitoring/metrics/metrics.js";
import { Monitoring } from "../../../src/monitoring/status/monitoring.js";
import { syntheticStages } from "../../../src/probe/synthetic/synthetic-result.js";
import { guessScopes } from "../../../src/store/guess-throttle.js";
import { missingPrograms } from "../../e2e/support/missing-programs.js";
import { FakeClock } from "../../support/fake-clock.js";
import { fakeParts } from "../status/support/fake-parts.js";
import { readSamples } from "./exposition.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const alertsFolder = join(root, "config", "alerts");
const dashboardsFolder = join(root, "config", "grafana", "dashboards");

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const alertFiles = readdirSync(alertsFolder).map((name) => join(alertsFolder, name));
const rules = alertFiles.flatMap((path) =>
  (parse(readFileSync(path, "utf8")) as { groups: readonly { rules: readonly Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  ),
);
const dashboards = readdirSync(dashboardsFolder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(dashboardsFolder, name), "utf8")) as Dashboard);
/** The expressions that Grafana sends to Prometheus. */
const queries = dashboards.flatMap(({ panels, annotations }) =>
  [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list].map(({ expr }) =>
    expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"),
  ),
);
const expressions = [...rules.map(({ expr }) => expr), ...queries];
const names = dashboards.flatMap(({ templating }) => templating.list.flatMap(({ definition }) => definition ?? []));

/** The constant values of labels; other labels have names from the configuration. */
const words: Readonly<Record<string, readonly string[]>> = {
  cause: Object.keys(endCauses),
  result: Object.values(endCauses).map(({ result }) => result),
  stage: stages,
  step: syntheticStages,
  until: ["answered", "heard", "over"],
  outcome: ["open", "not_started", "no_telephone_audio", "unknown", "unavailable"],
  side: ["trunk", "bbb"],
  suite: ["none"],
  scope: guessScopes,
  action: ["slowed", "refused"],
  job: ["einwahl"],
};

/** Labels of Prometheus, and the placeholders of promtool and Grafana. */
const added = ["job", "instance"];

/** Exported metrics with their labels; some exist only after a call. */
async function told(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const monitoring = new Monitoring({
    parts: fakeParts,
    clock: new FakeClock(),
    logger: pino({ level: "silent" }),
    processMetrics: processMetrics(),
    watcher: undefined,
  });
  monitoring.watcher.onStage("a", "ringing", {});
  monitoring.watcher.onEnd("a", {
    cause: "conference-unreachable",
    origin: "regular",
    trunk: "trunk",
    calledNumberFrom: "to",
    mediaServer: "media",
    server: "bbb",
    codec: "PCMA",
    srtp: { trunk: "none", bbb: "AEAD_AES_256_GCM" },
    pinsTyped: 1,
    lookups: ["open"],
    joins: 1,
    audio: { packets: 3_000, lossRate: 0 },
    stages: [{ stage: "joining", ms: 10 }],
    totalMs: 10,
  });
  monitoring.metrics.requestAnswered("/", 200);
  const labels = new Map<string, Set<string>>();
  for (const sample of readSamples(await monitoring.metrics.text()))
    labels.set(sample.name, new Set([...(labels.get(sample.name) ?? []), ...Object.keys(sample.labels)]));
  return labels;
}

/** Metrics of an expression and their label matchers. */
function* selectorsOf(
  expression: string,
): Generator<{ readonly metric: string; readonly matchers: readonly (readonly [label: string, value: string])[] }> {
  for (const [, metric = "", matchers = ""] of expression.matchAll(
    /\b((?:einwahl|nodejs|process)_[a-z0-9_]+|up(?=\{))(?:\{([^}]*)\})?/g,
  )) {
    yield {
      metric,
      matchers: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(
        ([, label = "", value = ""]) => [label, value] as const,
      ),
    };
  }
}

await t.test("every metric, label and value in alerts and dashboards is exported by einwahl", async (t) => {
  const known = await told();
  t.ok(rules.length >= 15 && queries.length >= 25);
  for (const expression of [...expressions, ...names]) {
    const selectors = [...selectorsOf(expression)];
    t.ok(selectors.length > 0, expression);
    for (const { metric, matchers } of selectors) {
      const labels = metric === "up" ? new Set<string>() : known.get(metric);
      t.ok(labels, `${metric} in ${expression}`);
      for (const [label, value] of matchers) {
        t.ok(labels?.has(label) === true || added.includes(label), `${metric} has ${label}`);
        if (value !== ".*" && label in words)
          for (const word of value.split("|")) t.ok(words[label]?.includes(word), `${label} may be ${word}`);
      }
    }
    const wanted = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
      list.split(",").map((each) => each.trim()),
    );
    for (const label of wanted)
      t.ok(
        added.includes(label) || selectors.some(({ metric }) => known.get(metric)?.has(label) === true),
        `${label} is a label in ${expression}`,
      );
  }
});

await t.test("panels do not overlap and have unique ids", (t) => {
  for (const { panels } of dashboards) {
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    );
    t.equal(new Set(cells).size, cells.length);
    t.ok(panels.every(({ gridPos: { x, w } }) => x >= 0 && x + w <= 24));
    t.ok(panels.every(({ type, targets }) => type === "row" || (targets?.length ?? 0) > 0));
  }
  t.end();
});

const missing = missingPrograms("promtool");
if (missing !== false) {
  t.pass(missing, { skip: missing });
} else {
  const promtool = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    return status === 0 ? "" : `promtool ${args.join(" ")}: ${stdout}${stderr}`;
  };

  await t.test("promtool: the alert rules are valid and fire when expected", (t) => {
    t.equal(promtool("check", "rules", "--lint-fatal", ...alertFiles), "");
    for (const name of ["alerts.test.yml", "alerts-week.test.yml"])
      t.equal(promtool("test", "rules", join(root, "test", "metrics", name)), "", name);
    t.end();
  });

  await t.test("promtool: dashboard queries and the Prometheus configuration are valid", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "einwahl-promtool-"));
    t.teardown(() => {
      rmSync(folder, { recursive: true });
    });
    const asRules = {
      groups: [{ name: "dashboards", rules: queries.map((expr, place) => ({ record: `query:${place}`, expr })) }],
    };
    writeFileSync(join(folder, "queries.yml"), JSON.stringify(asRules));
    t.equal(promtool("check", "rules", join(folder, "queries.yml")), "");
    const config = readFileSync(join(root, "config", "prometheus.yml"), "utf8");
    t.ok(config.includes("/etc/prometheus/alerts/*.yml"), "where docker-compose.yml mounts them");
    writeFileSync(join(folder, "prometheus.yml"), config.replace("/etc/prometheus/alerts", alertsFolder));
    t.equal(promtool("check", "config", join(folder, "prometheus.yml")), "");
    t.match(
      promtool("check", "rules", join(root, "config", "prometheus.yml")),
      /promtool check rules/,
      "it can say no",
    );
    t.end();
  });
}

t.match(
  readFileSync(join(root, "docker-compose.yml"), "utf8"),
  /\.\/config\/alerts:\/etc\/prometheus\/alerts:ro[^]*\.\/config\/grafana\/dashboards:\/etc\/grafana\/provisioning\/dashboards:ro/,
  "both are mounted",
);
