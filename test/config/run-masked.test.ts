import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import t from "tap";

const script = "config/run-masked.sh";

/** The script's output for these lines. */
function masked(...lines: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync("sh", [script, "printf", "%s\\n", ...lines], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${String(status)} ${stderr}`);
  return stdout.split("\n").slice(0, -1);
}

await t.test("numbers and PINs are masked in all notations", (t) => {
  for (const [line, wanted] of [
    ["Bridge Failed sofia/bbb/73112@203.0.113.5:5061", "Bridge Failed sofia/bbb/[number]@203.0.113.5:5061"],
    ["From: <sip:+493055501234@tel.example.net>;tag=x", "From: <sip:+[number]@tel.example.net>;tag=x"],
    ["P-Asserted-Identity <tel:+49-30-555-01-23>", "P-Asserted-Identity <tel:+[number]>"],
    ["+49 (30) 555.012.34", "+[number]"],
    ["0049 30 555 01 234, 030/555-01-23", "[number], [number]"],
    ["sip:%2B4930555@x, sip:%34%39%33%30@x, sip:49%33%30@x", "sip:%2B[number]@x, sip:[number]@x, sip:[number]@x"],
    ["1234", "[number]"],
    ["pin 123", "pin 123"],
    ["a 1.2.3.4:123456 b", "a 1.2.3.4:[number] b"],
    [`X-Einwahl-Key: ${"0a9f".repeat(16)}`, "X-Einwahl-Key: [key]"],
  ] as const) {
    t.strictSame(masked(line), [wanted]);
  }
  t.end();
});

await t.test("DTMF digits that are logged one by one are masked", (t) => {
  for (const [line, wanted] of [
    ["switch_rtp.c:7943 RTP RECV DTMF 5:960", "switch_rtp.c:7943 RTP RECV DTMF [key]:960"],
    ["switch_channel.c:528 RECV DTMF *:800", "switch_channel.c:528 RECV DTMF [key]:800"],
    ["mod_dptools.c:2372 Digit 5", "mod_dptools.c:2372 Digit [key]"],
    ["x EXCESSIVE DTMF DIGIT [7] LEN [800]", "x EXCESSIVE DTMF DIGIT [[key]] LEN [800]"],
    ["Send start packet for [3] ts=1", "Send start packet for [[key]] ts=1"],
    ["sofia.c:10123 INFO DTMF(0)", "sofia.c:10123 INFO DTMF([key])"],
    ["Signal=5?", "Signal=[key]?"],
    ["Signal= #", "Signal= [key]"],
    ["Enqueuing RFC2833 DTMF 9 of length 800", "Enqueuing RFC[number] DTMF [key] of length 800"],
    ["dtmf send payload to 101", "dtmf send payload to 101"],
  ] as const) {
    t.strictSame(masked(line), [wanted]);
  }
  t.end();
});

await t.test("times, addresses, UUIDs and source lines are kept", (t) => {
  for (const line of [
    "2026-11-26 15:01:14.123456 98.50% [WARNING] switch_ivr_originate.c:4123 x",
    "2026-11-26 15:01:14.123456 udp/10.0.0.12:5060 tls/[2a00::1]:15061",
    "dialog 7e44a1f0-1234-5678-9012-123456789012 ended",
    "sofia.c:7034 Ring-Ready",
  ]) {
    t.strictSame(masked(line), [line]);
  }
  t.end();
});

await t.test("control characters are replaced, and invalid UTF-8 does not prevent masking", (t) => {
  t.strictSame(masked("\u001b[31mred\u0007 \u009b31m\r2026"), ["?[31mred? ?31m?[number]"]);
  const { stdout } = spawnSync("sh", [script, "printf", String.raw`\351\351 12345 \377\n`]);
  t.equal(stdout.toString("latin1"), "\u00e9\u00e9 [number] \u00ff\n");
  t.end();
});

await t.test("the exit status and the last lines of both outputs are the program's", (t) => {
  for (const [program, status, stdout] of [
    ["echo 12345; echo 54321x >&2; exit 7", 7, "[number]\n[number]x\n"],
    ["printf 'no line break 12345'; kill -s KILL $$", 137, "no line break [number]"],
    ["seq 1000 | sed 's/.*/a line &/'", 0, undefined],
  ] as const) {
    const run = spawnSync("sh", [script, "sh", "-c", program], { encoding: "utf8" });
    t.equal(run.status, status, program);
    if (stdout === undefined) t.equal(run.stdout.split("\n").at(-2), "a line [number]", "the last of a thousand");
    else t.equal(run.stdout, stdout);
  }
  t.equal(spawnSync("sh", [script, "/nonexistent"]).status, 127);
  t.equal(spawnSync("sh", [script]).status, 64);
  t.end();
});

await t.test("each line is printed at once, and signals are forwarded", async (t) => {
  const program =
    "trap 'echo hup 12345' HUP; trap 'echo term 12345; exit 9' TERM; echo ready; n=0; while [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done";
  for (const ending of ["SIGTERM", "SIGINT"] as const) {
    const child = spawn("sh", [script, "sh", "-c", program], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<unknown> => (await lines.next()).value;
    t.equal(await line(), "ready");
    child.kill("SIGHUP");
    t.equal(await line(), "hup [number]");
    child.kill(ending);
    t.equal(await line(), "term [number]");
    t.strictSame(await once(child, "close"), [9, null]);
  }
});

await t.test(
  "if the script is killed, the program is killed too",
  { skip: spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status !== 0 },
  async (t) => {
    const child = spawn("sh", [script, "sh", "-c", "echo $$ | sed 's/./&-/g'; exec sleep 60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const pid = Number(String((await lines.next()).value).replaceAll("-", ""));
    t.ok(process.kill(pid, 0), "the program runs");
    child.kill("SIGKILL");
    await once(child, "close");
    // Ended, or a zombie.
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    t.match(stdout.trim(), /^(Z.*)?$/);
  },
);
