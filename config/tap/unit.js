/**
 * The tests of `npm run test:unit`: one process for a whole folder of dist/test/, because a process for each of the 160 files
 * spends minutes on loading alone, and a line for each process, because tap takes as long to read the TAP of 15,000 assertions as these
 * take. `npm test` gives every file its own process. Without an argument: all; with a folder: its files, one after the other, as TAP.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

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
  /^(demo\/taken-port|config\/package)\./,
  // Real time and real sockets: the simulators, calls of the softphone, a DNS server that does not respond.
  /^(simulators\/|trunk\/system-resolver\.|store\/livekit-memory\.)/,
  /^softphone\/(phone-call|late-offer|sip\/(user-agent|late-offer|transport)|rtp\/media-session)\./,
  // Seconds of computing: thousands of inputs, a call ended at every single wait, the recordings compared with each other.
  /\/hostile[^/]*\.test\.js$/,
  /^call\/(every-wait|tries-property)\./,
  /^bbb\/meetings-reader\./,
  /^(probe\/heard-prompts|softphone\/prompt-recognition)\./,
];

/** Files that clean up when tap's root test ends, which ends with the first of them: each has a process to itself. */
const alone = /^store\//;

/** Processes at a time. More than the cores of a small machine: several folders mostly wait, for real time or for sockets. */
const jobs = 3;
/** No folder takes longer, even on a busy machine. */
const timeoutSeconds = 120;

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

/** tap's last line for all assertions of a process, and a failed assertion with its diagnostics. */
const summary = /^# \{ total: (\d+), pass: (\d+)/m;
const failure = /^ *not ok .*(?:\n +---\n[^]*?\n +\.\.\.)?/gm;

/**
 * @param {string} name
 * @returns {Promise<{ total: number, passed: number, isGood: boolean }>} once the process has ended and its line is printed
 */
async function runProcess(name) {
  const started = performance.now();
  const program = name.endsWith(".js") ? [name] : [script, name];
  const child = spawn(process.execPath, ["--enable-source-maps", ...program], {
    cwd: root,
    // Without it tap ends a process after 30 s.
    env: { ...process.env, TAP: "1", TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  /** @type {[number | null, NodeJS.Signals | null]} */
  const [code, signal] = await once(child, "close");
  const [, total = 0, passed = 0] = (summary.exec(output) ?? []).map(Number);
  const isGood = code === 0 && total > 0;
  const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(5);
  const verdict = isGood ? "ok    " : "not ok";
  process.stdout.write(`${verdict} ${seconds} s ${String(passed).padStart(6)} of ${String(total).padEnd(6)} ${name}\n`);
  if (!isGood) {
    const failures = output.match(failure) ?? [];
    process.stdout.write(`${failures.join("\n")}\n${errors}\nended with ${signal ?? `exit ${code}`}\n`);
  }
  return { total, passed, isGood };
}

/** The folders with the most files first, so that none of them is the last one to be waited for. */
async function runAll() {
  const waiting = [...filesByProcess()]
    .sort(([, files], [, others]) => others.length - files.length)
    .map(([name]) => name);
  /** @type {Awaited<ReturnType<typeof runProcess>>[]} */
  const results = [];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) results.push(await runProcess(name));
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const total = results.reduce((sum, result) => sum + result.total, 0);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  process.stdout.write(`${passed} of ${total} assertions passed\n`);
  if (!results.every(({ isGood }) => isGood)) process.exitCode = 1;
}

/** @param {string} folder */
async function runFolder(folder) {
  // Not in the process without a folder, which tap would end.
  const { default: t } = await import("tap");
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
if (folder === undefined) await runAll();
else await runFolder(relative(root, resolve(folder)));
