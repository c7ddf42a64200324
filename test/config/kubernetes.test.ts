import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { DaemonSet } from "kubernetes-types/apps/v1.js";
import type { ConfigMapVolumeSource, Container, Namespace, PodSpec, Service } from "kubernetes-types/core/v1.js";
import t from "tap";
import { parse } from "yaml";

import { drainMs } from "../../src/cli/serve.js";
import { type Manifest, typeComplaints } from "./manifest-types.js";
import { faultsOf } from "./support.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const folder = "config/kubernetes";
const read = (path: string): string => readFileSync(join(repository, path), "utf8");
const guide = read("docs/kubernetes.md");
const compose = parse(read("docker-compose.yml"), { merge: true }) as {
  readonly services: Readonly<Record<string, { readonly image: string; readonly user: string }>>;
};

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly {
    readonly name: string;
    readonly files?: readonly string[];
    readonly envs?: readonly string[];
  }[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}

const kustomization = parse(read(join(folder, "kustomization.yaml"))) as Kustomization;
const configMaps = kustomization.configMapGenerator.map(({ name }) => name);

/** The pod of one of the DaemonSets. */
function podOf(name: string): { readonly set: DaemonSet; readonly spec: PodSpec; readonly container: Container } {
  const set = parse(read(join(folder, `${name}.yaml`))) as DaemonSet;
  const spec = set.spec?.template.spec;
  const [container, ...others] = spec?.containers ?? [];
  if (spec === undefined || container === undefined || others.length > 0)
    throw new Error(`${name}: no single container`);
  return { set, spec, container };
}
const pods = { einwahl: podOf("einwahl"), drachtio: podOf("drachtio"), freeswitch: podOf("freeswitch") } as const;
const engines = ["drachtio", "freeswitch"] as const;

await t.test("every manifest has the fields and types of its kind (Kubernetes 1.30)", (t) => {
  const files = readdirSync(join(repository, folder)).filter((name) => name.endsWith(".yaml"));
  t.strictSame([...kustomization.resources, "kustomization.yaml"].sort(), files.sort(), "kustomize reads all files");
  for (const name of files) {
    const text = read(join(folder, name));
    t.strictSame(parse(text), parse(text, { version: "1.1" }), `${name}: the same in YAML 1.1, which kustomize reads`);
  }
  const { set, spec } = pods.einwahl;
  const misspelt = { ...spec, terminationGracePeriodSecond: 330 };
  const manifests = Object.fromEntries(
    kustomization.resources.map((name) => [name.replace(".yaml", ""), parse(read(join(folder, name))) as Manifest]),
  );
  const control = { ...set, kind: "DaemonSet", spec: { ...set.spec, template: { spec: misspelt } } };
  const [complaint = "", ...others] = typeComplaints({ ...manifests, control });
  t.match(
    complaint,
    /^control: .*terminationGracePeriodSecond\W* does not exist in type/,
    "control: a fault is reported",
  );
  t.strictSame(others, []);
  t.end();
});

await t.test("an update of einwahl leaves the engines alone, and hands over before the next start", (t) => {
  const { set, spec, container } = pods.einwahl;
  t.strictSame(set.spec?.updateStrategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } });
  t.ok((spec.terminationGracePeriodSeconds ?? 0) * 1_000 >= drainMs + 30_000, "time for a drained stop");
  t.match(container.startupProbe?.exec?.command?.at(-1), /127\.0\.0\.1:8079\/readyz/);
  for (const probe of [container.readinessProbe, container.livenessProbe])
    t.strictSame(probe?.httpGet, { path: "/healthz", port: 8080 });
  for (const name of engines) {
    t.strictSame(pods[name].set.spec?.updateStrategy, { type: "OnDelete" }, `${name} waits for its pod's deletion`);
    t.notOk(pods[name].container.livenessProbe, "no probe restarts an engine");
    t.ok(pods[name].container.readinessProbe?.tcpSocket);
  }
  t.end();
});

await t.test("the pods run on the network of the gateway nodes, without root and capabilities", (t) => {
  const namespace = parse(read(join(folder, "namespace.yaml"))) as Namespace;
  t.equal(namespace.metadata?.labels?.["pod-security.kubernetes.io/enforce"], "privileged");
  for (const [name, { set, spec, container }] of Object.entries(pods)) {
    t.equal(spec.hostNetwork, true, name);
    t.match(
      guide,
      `kubectl label node NODE ${Object.entries(spec.nodeSelector ?? {})
        .flat()
        .join("=")}`,
    );
    t.strictSame(set.spec?.selector.matchLabels, {
      "app.kubernetes.io/name": set.spec?.template.metadata?.labels?.["app.kubernetes.io/name"],
    });
    const { user } = compose.services[name] ?? { user: "" };
    const { runAsUser = 0, runAsGroup = 0, ...others } = spec.securityContext ?? {};
    t.equal(`${runAsUser}:${runAsGroup}`, user, "the user of compose");
    t.strictSame(others, { runAsNonRoot: true, fsGroup: runAsGroup, seccompProfile: { type: "RuntimeDefault" } });
    t.strictSame(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    t.strictSame([spec.automountServiceAccountToken, spec.shareProcessNamespace], [false, true]);
    for (const { hostIP, hostPort, containerPort } of container.ports ?? [])
      t.ok(hostPort === undefined ? hostIP === undefined : hostPort === containerPort, "the port is the host's");
  }
  t.equal(pods.einwahl.spec.dnsPolicy, "ClusterFirstWithHostNet");
  for (const name of engines) t.equal(pods[name].spec.dnsPolicy, "Default");
  const service = parse(read(join(folder, "service.yaml"))) as Service;
  t.strictSame(service.spec?.selector, pods.einwahl.set.spec?.selector.matchLabels);
  t.end();
});

await t.test("no pod writes a core dump or numbers to a disk", (t) => {
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(read("Dockerfile"))?.[1] ?? "[]";
  const { command } = pods.einwahl.container;
  t.strictSame(command?.slice(0, 2), ["/bin/sh", "-c"]);
  t.equal(
    command?.[2],
    `ulimit -c 0; echo 0 > /proc/self/coredump_filter; exec ${(JSON.parse(entrypoint) as readonly string[]).join(" ")}`,
  );
  for (const [name, { spec }] of Object.entries(pods)) {
    const written = (spec.volumes ?? []).filter(
      ({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== "Memory",
    );
    t.strictSame(
      written.map(({ name }) => name),
      ["logs"],
      `${name}: only masked logs, with their own retention`,
    );
    t.notOk(spec.volumes?.some(({ hostPath }) => hostPath !== undefined));
  }
  t.end();
});

await t.test("every volume, Secret and ConfigMap that a pod names exists", (t) => {
  const keys = [...guide.matchAll(/--from-file=([\w-]+)=/g)].map(([, key]) => key);
  t.ok(keys.length >= 6, "the guide makes the Secret");
  for (const [name, { spec, container }] of Object.entries(pods)) {
    const volumes = spec.volumes ?? [];
    t.strictSame(
      container.volumeMounts?.map((mount) => mount.name).sort(),
      volumes.map((volume) => volume.name).sort(),
      `${name} mounts all its volumes`,
    );
    for (const { secret, configMap } of volumes) {
      if (secret !== undefined) t.equal(secret.defaultMode, 0o440);
      if (secret?.secretName === "einwahl")
        for (const { key } of secret.items ?? []) t.ok(keys.includes(key), `Secret: ${key}`);
      else if (secret !== undefined) t.ok(secret.optional === true && guide.includes(secret.secretName ?? "-"));
      if (configMap !== undefined) t.ok(isKnown(configMap), `ConfigMap: ${configMap.name ?? ""}`);
    }
    for (const { configMapRef } of container.envFrom ?? []) t.ok(configMaps.includes(configMapRef?.name ?? ""));
  }
  for (const { files = [], envs = [] } of kustomization.configMapGenerator)
    for (const file of [...files, ...envs])
      t.ok(existsSync(join(repository, folder, file.split("=").at(-1) ?? "")), file);
  t.end();
});

function isKnown({ name = "", optional }: ConfigMapVolumeSource): boolean {
  return configMaps.includes(name) || (optional === true && guide.includes(name));
}

await t.test("the example configuration has no faults with the pod's variables and the guide's Secret", (t) => {
  const config = read(join(folder, "settings/einwahl.yaml"));
  const mount = pods.einwahl.container.volumeMounts?.find(({ name }) => name === "secrets")?.mountPath ?? "";
  const secrets = [...guide.matchAll(/--from-file=([\w-]+)=/g)].map(([, key = ""]) => [
    `${mount}/${key}`,
    key === "redis-url" ? "rediss://:0123456789abcdef@redis.example.org:6379" : `0123456789abcdef-${key}`,
  ]);
  const environment = Object.fromEntries(
    (pods.einwahl.container.env ?? []).map(({ name }) => [name, name.endsWith("ADDRESS") ? "192.0.2.10" : "node-1"]),
  );
  t.strictSame(faultsOf(config, environment, Object.fromEntries(secrets) as Record<string, string>), []);
  t.end();
});

await t.test("the engines' images and settings are those of compose", (t) => {
  const dockerfile = read("Dockerfile.engines");
  for (const { name, newTag } of kustomization.images)
    t.equal(compose.services[name.replace(/^einwahl-/, "")]?.image, `${name}:${newTag}`);
  const explained = read(".env.example");
  for (const [, name = ""] of read(join(folder, "settings/engines.env")).matchAll(/^(\w+)=/gm))
    t.match(explained, new RegExp(`^${name}=`, "m"), name);
  for (const name of engines) {
    const { container } = pods[name];
    t.ok(kustomization.images.some((image) => image.name === container.image));
    t.match(guide, `--target ${name}-kubernetes`);
    const script = /^ENTRYPOINT \["\/bin\/sh", "(\S+)"\]$/m.exec(
      dockerfile.split(`AS ${name}-kubernetes`)[1] ?? "",
    )?.[1];
    t.match(script, /start(-drachtio)?\.sh$/);
    const known =
      read(name === "drachtio" ? "config/start-drachtio.sh" : "freeswitch/start.sh") + read("freeswitch/conf/vars.xml");
    for (const variable of container.env ?? [])
      if (variable.name !== "DRACHTIO_PROMETHEUS_SCRAPE_PORT") t.match(known, variable.name);
  }
  const included = read(".dockerignore").split("\n");
  for (const [, sources = ""] of dockerfile.matchAll(/^COPY (.*) \S+$/gm))
    for (const source of sources.split(" ")) t.ok(included.includes(`!${source}`), source);
  t.end();
});
