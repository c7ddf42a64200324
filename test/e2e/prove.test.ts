import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFile, readdir, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";

import t from "tap";

import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";
import type { Owner } from "./support/owner.js";
import { ProveBench, type Proved } from "./support/prove-bench.js";
import { numbers, type Settings } from "./support/world.js";

/** Encodings of a number that do not look like one. */
const forms: readonly (readonly [form: string, write: (number: string) => string])[] = [
  ["plain", (number) => `caller ${number.replace(/^\+49/, "0").replace(/(..)/g, "$1 ")}`],
  ["base64", (number) => Buffer.from(JSON.stringify({ from: `sip:${number}@x` })).toString("base64")],
  ["SHA256 without a key", (number) => createHash("sha256").update(number).digest("hex")],
  ["hexadecimal", (number) => Buffer.from(number).toString("hex")],
  ["backwards", (number) => `${number.slice(1).split("").reverse().join(".")}.e164.arpa`],
];

/** A proxy between drachtio and einwahl that logs the caller of each INVITE, each time in another encoding. */
async function leakyLink(
  owner: Owner,
  target: number,
  file: () => string,
): Promise<{ readonly port: number; readonly leaked: ReadonlySet<string> }> {
  const leaked = new Set<string>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    far.on("data", (chunk: Buffer) => {
      for (const [, number = ""] of chunk.toString("latin1").matchAll(/From: [^\r\n]*<sip:(\+\d+)@/gi)) {
        // einwahl's own requests contain the trunk's number.
        if (leaked.has(number) || number === numbers.german) continue;
        const [, write] = forms[leaked.size % forms.length] ?? [];
        leaked.add(number);
        appendFile(file(), `${write?.(number) ?? ""}\n`).catch(() => undefined);
      }
    });
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  owner.teardown(async () => {
    server.close();
    await once(server, "close");
  });
  return { port: (server.address() as AddressInfo).port, leaked };
}

function foundIn(report: Proved): readonly string[] {
  return report.places.flatMap(({ id, found }) =>
    found.map(({ mark, form, around }) => `${id}: ${mark}, ${form}: ${around}`),
  );
}

await t.test("einwahl prove on the command line", async (t) => {
  const bench = await ProveBench.start(t);

  await t.test("nothing is found, and each planted mark is found", async (t) => {
    const { code, report } = await bench.prove(["--raise-engines"]);
    t.strictSame(foundIn(report), []);
    t.strictSame(
      report.calls.filter(({ ok }) => !ok),
      [],
      "each call ended as expected",
    );
    t.strictSame(
      report.encryption.filter(({ ok }) => !ok),
      [],
      "both legs are encrypted",
    );
    for (const leg of ["caller", "bbb"])
      t.ok(
        report.encryption.some((each) => each.leg === leg),
        leg,
      );
    t.strictSame(report.faults, []);
    t.match({ code, verdict: report.verdict }, { code: "exit 0", verdict: "clean" }, JSON.stringify(report.places));
    const ids = [
      "einwahl-log",
      "einwahl-output",
      "freeswitch-channels",
      "http",
      "control",
      "store",
      "bbb",
      ...(bench.isReal ? ["drachtio-output", "freeswitch-output", "freeswitch-files"] : []),
    ];
    for (const id of ids) {
      const place = report.places.find((each) => each.id === id);
      t.match(place, { whole: true, unseen: [] }, id);
      t.ok((place?.bytes ?? 0) > 0, `${id} was read`);
      t.ok(
        place?.plants.some(({ outcome }) => outcome === "found"),
        `${id}: the planted mark was found`,
      );
    }
    const inThePlace = report.places.filter(({ plants }) =>
      plants.some(({ how, outcome }) => outcome === "found" && !how.includes("a copy")),
    );
    const masked = report.places
      .filter(({ plants }) => plants.some(({ outcome }) => outcome === "masked"))
      .map(({ id }) => id);
    t.strictSame(
      masked,
      bench.isReal ? ["drachtio-output", "freeswitch-output"] : [],
      "planted where digits are masked",
    );
    for (const id of ["einwahl-log", "einwahl-output", "freeswitch-channels", "http", "control", "store", "bbb"])
      t.ok(
        inThePlace.some((place) => place.id === id),
        `${id}: planted in the place itself`,
      );
    t.match(
      report.levels.find(({ part }) => part === "einwahl"),
      { level: "debug", raised: true },
    );
  });

  await t.test("everything is restored", async (t) => {
    t.equal(await bench.logLevel(), "info");
    t.equal(await bench.freeSwitchLevel(), bench.isReal ? "WARNING" : undefined);
    t.strictSame(await bench.rooms(), [], "no room");
    t.strictSame(
      bench.world.bbbs.map((bbb) => bbb.meetings.all().filter(({ name }) => name === "einwahl test call").length),
      [0, 0],
      "the conference is gone",
    );
    t.strictSame(
      (await readdir(join(bench.folder, "data"))).filter((name) => name.startsWith("prove-")),
      [],
      "no file",
    );
    t.match(await bench.status(), { state: "ready", calls: { now: 0 } });
  });

  await t.test("interrupted, it restores everything", async (t) => {
    const command = bench.start(["--json"]);
    for (let looks = 0; looks < 200 && (await bench.calls()) === 0; looks++) await sleep(systemClock, 50);
    t.equal(await bench.logLevel(), "debug");
    command.program.signal("SIGINT");
    const { code, lines } = await command.outcome();
    t.match(
      { code, report: JSON.parse(lines.at(-1) ?? "") as unknown },
      { code: "exit 69", report: { verdict: "incomplete", faults: ["it was aborted"] } },
    );
    t.equal(await bench.logLevel(), "info");
    t.strictSame(await bench.rooms(), []);
    t.strictSame(
      bench.world.bbbs.map((bbb) => bbb.meetings.all().filter(({ name }) => name === "einwahl test call").length),
      [0, 0],
    );
  });

  await t.test("faults that prevent the test are reported before it calls", async (t) => {
    const refused = await bench.start([], ["prove", "--config", "einwahl.yaml", "--without", "nothing"]).outcome();
    t.match(refused, { code: "exit 64", lines: [/--without must be one of einwahl-log/] });
    await bench.einwahl.program.stop();
    t.match(await bench.start().outcome(), { code: "exit 69", lines: [/einwahl is not running/, /./] });
  });
});

await t.test("leaks in every encoding are found, and places that cannot be searched are reported", async (t) => {
  let folder = "";
  let link: Awaited<ReturnType<typeof leakyLink>> | undefined;
  const file = (): string => join(folder, "drachtio.leak");
  const bench = await ProveBench.start(t, async (settings, scratch, world) => {
    folder = scratch;
    await writeFile(file(), "");
    const drachtio = settings["drachtio"] as Settings;
    link = await leakyLink(t, world.engines.control.port, file);
    return { ...settings, drachtio: { ...drachtio, port: link.port } };
  });
  // FreeSWITCH's output is not named, and no token permits access to the rooms.
  const { sip } = bench.world.engines;
  const { code, report } = await bench.prove(
    [],
    [
      "prove",
      "--config",
      "einwahl.yaml",
      "--server",
      `127.0.0.1:${sip.tls}`,
      "--plain-port",
      "off",
      "--ca",
      "ca.pem",
      "--log",
      `einwahl=${bench.outputs.einwahl}`,
      "--log",
      `drachtio=${file()}`,
      "--without",
      "freeswitch-files",
    ],
  );
  t.match({ code, verdict: report.verdict }, { code: "exit 1", verdict: "found" });
  const leaks = report.places.find(({ id }) => id === "drachtio-output")?.found ?? [];
  const found = leaks.filter(({ kind }) => kind === "number");
  t.equal(link?.leaked.size, report.calls.length - 2, "of each call except the withheld number and the excluded one");
  for (const [form] of forms)
    t.ok(
      found.some((leak) => leak.form === form),
      `${form} is found`,
    );
  t.equal(
    new Set(found.map(({ mark }) => mark)).size,
    link?.leaked.size,
    "each leaked number is found, and attributed to its call",
  );
  t.notOk(
    [...(link?.leaked ?? [])].some((number) => JSON.stringify(report).includes(number.slice(3))),
    "the report itself contains none",
  );
  t.strictSame(
    report.places.filter(({ id, found }) => id !== "drachtio-output" && id !== "einwahl-output" && found.length > 0),
    [],
  );
  t.match(report.faults, [/the output of freeswitch can't be searched/]);
  t.match(report.places.find(({ id }) => id === "http")?.unseen, [/api\/v1\/rooms refuses access \(401\)/]);
});
