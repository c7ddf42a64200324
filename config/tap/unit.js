/**
 * The tests of `npm run test:unit`: one process for a whole folder of dist/test/, because a process for each of the 180 files
 * spends minutes on loading alone. `npm test` gives every file its own process. Without an argument: all, as a TAP program with a subtest
 * for each process; with a folder: its files, one after the other.
 */
import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

import t from "tap";

const script = fileURLToPath(import.meta.url);
const root = resolve(dirname(script), "../..");

/** What only `npm test` runs. */
const excluded = [
  // Whole calls, on simulators or on real engines.
  /^(e2e|engines|livekit)\//,
  // Start another program: Chromium, nginx, redis-server, promtool, zbarimg, groff, systemd-analyze, the demo.
  /^http\/(page-browser|status-browser|nginx-sample|reverse-proxy|qr-code)\./,
  /^store\/(kill|full-disk|two-instances|redis-rooms)\./,
  /^monitoring\/metrics\/monitoring-files\./,
  /^prompts\//,
  /^config\/(start-redis|systemd|deployment|run-masked|daily-log)\./,
  /^cli\/manual-page\./,
  /^demo\/taken-port\./,
  // What the simulators do, in real time and over real sockets.
  /^simulators\//,
  // Thousands of hostile inputs; a call ended at every single wait.
  /\/hostile[^/]*\.test\.js$/,
  /^call\/every-wait\./,
];

/** Files that clean up when tap's root test ends, which ends with the first of them: each has a process to itself. */
const alone = /^store\//;

/** Processes at a time. More than the cores of a small machine: several folders mostly wait, for real time or for sockets. */
const jobs = 3;
/** No folder takes longer, even on a busy machine. */
const timeout = 120_000;

/** @returns {Map<string, string[]>} by folder, or by file where it is alone: the test files, relative to the checkout */
function filesByProcess() {
  const tests = join(root, "dist/test");
  const files = readdirSync(tests, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".test.js") && !excluded.some((pattern) => pattern.test(file)))
    .sort();
  const processes = new Map();
  for (const file of files) {
    const name = join("dist/test", alone.test(file) ? file : dirname(file));
    processes.set(name, [...(processes.get(name) ?? []), join("dist/test", file)]);
  }
  return processes;
}

/** The folders with the most files first, so that none of them is the last one to be waited for. */
function runAll() {
  t.jobs = jobs;
  const processes = [...filesByProcess()].sort(([, files], [, others]) => others.length - files.length);
  for (const [name] of processes) {
    const program = name.endsWith(".js") ? [name] : [script, name];
    void t.spawn(process.execPath, program, { cwd: root, timeout }, name);
  }
}

/** @param {string} folder */
async function runFolder(folder) {
  const files = filesByProcess().get(folder) ?? [];
  if (files.length === 0) throw new Error(`no test file in ${folder}`);
  // tap ends its root test once nothing is left to do, which is also so between two files, and in a wait for an unref'ed timer.
  const awake = setInterval(() => undefined, 60_000);
  for (const file of files) {
    await import(pathToFileURL(join(root, file)).href);
    // Queued behind all tests of the file: done when they are.
    await t.test(`end of ${file}`, (t) => {
      t.end();
    });
  }
  clearInterval(awake);
}

const folder = process.argv[2];
if (folder === undefined) runAll();
else await runFolder(relative(root, resolve(folder)));
