import { stripVTControlCharacters } from "node:util";

import t from "tap";

import type { StatusReport } from "../../src/monitoring/status/status-report.js";
import { openInstance } from "../control/support/instance.js";
import { badDay, firstMinute, goodDay } from "../monitoring/status/support/reports.js";
import { configFile } from "./support/config-file.js";
import { typed, type TypedOptions } from "./support/typed.js";

const [server] = goodDay.bbbServers;
const [failure] = goodDay.lastFailures;
if (server === undefined || failure === undefined) throw new Error("the good day is empty");

/** A cluster of fifty servers, one of which does not respond. */
const manyServers: StatusReport = {
  ...goodDay,
  bbbServers: Array.from({ length: 50 }, (_, place) => ({
    ...server,
    name: `bbb-${place}`,
    fault: place === 49 ? "the API answered 502" : null,
  })),
  lastFailures: Array.from({ length: 40 }, () => failure),
};

await t.test("each status fits a screen of 80 by 24; --all lists everything", async (t) => {
  for (const [name, report] of Object.entries({ goodDay, badDay, firstMinute, manyServers })) {
    const { socket } = await openInstance(t, { status: () => report });
    const { code, output, errors } = await typed(["status", "--socket", socket]);
    t.equal(code, report.state === "ready" ? 0 : 1, name);
    t.equal(errors, "");
    const lines = output.trimEnd().split("\n");
    t.ok(lines.length <= 23, `${name} has ${lines.length} lines`);
    for (const line of lines) t.ok(line.length <= 80, line);
    const { output: all } = await typed(["status", "--socket", socket, "--all"]);
    for (const each of [...report.trunks, ...report.mediaServers, ...report.bbbServers])
      t.match(all, each.name.slice(0, 19));
    for (const { callId } of report.lastFailures) t.match(all, callId);
  }
});

await t.test("the most important first: whether calls get through, faults, unencrypted connections", async (t) => {
  const { socket } = await openInstance(t, { status: () => badDay });
  const { output } = await typed(["status", "-s", socket]);
  t.match(output, /^Calls do not get through; einwahl 0\.1\.0, up for 2 d 18 h\n/);
  t.match(output, "drachtio is not connected");
  t.match(output, "401 after a new challenge");
  t.match(output, "may be unencrypted");
  t.match(
    (await typed(["status", "-s", socket, "--all"])).output.replace(/\s+/g, " "),
    "! The media server media-2 has a version that must not be used. (FreeSWITCH 1.11.2 must not be used: a call hangs",
  );
  const untried = await openInstance(t, { status: () => goodDay });
  t.match(
    (await typed(["status", "-s", untried.socket, "--all"])).output,
    /media-2 .*1\.11\.0-release +einwahl is not tested with FreeSWITCH 1\.11\.0/,
  );
  const many = await openInstance(t, { status: () => manyServers });
  t.match((await typed(["status", "-s", many.socket])).output, /servers {3}bbb-49 {2}fault/);
});

await t.test("colours on a terminal only", async (t) => {
  const { socket } = await openInstance(t, { status: () => badDay });
  const shown = async (options: TypedOptions): Promise<string> =>
    (await typed(["status", "-s", socket], options)).output;
  const plain = await shown({});
  const coloured = await shown({ isTerminal: true });
  t.equal(stripVTControlCharacters(plain), plain);
  t.match(coloured, "\u001b[31mCalls do not get through\u001b[39m");
  t.equal(stripVTControlCharacters(coloured), plain);
});

await t.test("control characters in texts of servers are not printed", async (t) => {
  const { socket } = await openInstance(t, {
    status: () => ({ ...manyServers, bbbServers: [{ ...server, fault: "\u001b[2J\u202egone" }] }),
  });
  const { output } = await typed(["status", "-s", socket]);
  t.match(output, "gone");
  t.notMatch(output, /[\u001b\u202e]/);
});

await t.test("--json prints the report as one object", async (t) => {
  const { socket } = await openInstance(t, { status: () => badDay });
  const { code, output } = await typed(["status", "-s", socket, "--json"]);
  t.equal(code, 1);
  t.strictSame(JSON.parse(output), badDay);
});

await t.test("no instance runs, or it is still starting", async (t) => {
  const { path, folder } = await configFile(t);
  const nobody = await typed(["status", "--config", path]);
  t.match(nobody, { code: 69, output: "" });
  t.match(nobody.errors, `einwahl is not running (${folder}/data/control.sock)`);
  t.match(nobody.errors, "-> start it");
  const { socket } = await openInstance(t, undefined);
  t.match(await typed(["status", "-s", socket]), { code: 69, errors: /it is starting/ });
  t.match(await typed(["status", "--config", `${path}.none`]), { code: 78, errors: /does not exist[^]*--socket PATH/ });
});
