import { join } from "node:path";

import t from "tap";

import { typed } from "./support/typed.js";

const good = JSON.stringify({
  drachtio: { secret: "drachtio-word" },
  media_servers: [{ name: "media-1", event_socket: { password: "event-word" } }],
  trunks: [
    {
      name: "line",
      provider: "generic",
      sources: ["192.0.2.1"],
      numbers: [{ number: "+493023125001" }],
      allow_unencrypted: true,
    },
  ],
  bbb_servers: [
    {
      name: "bbb-1",
      api_url: "https://bbb.example.org/bigbluebutton/api",
      secret: "bbb-word",
      audio_bridge: "freeswitch",
      livekit_sip: { port: 5060, transport: "tcp", allow_unencrypted: true },
    },
  ],
});

await t.test("--offline: only the file is checked, with text output", async (t) => {
  const file = join(t.testdir({ "einwahl.yaml": good }), "einwahl.yaml");
  const { code, output, errors } = await typed(["check", "--offline", "-c", file]);
  t.match({ code, errors }, { code: 0, errors: "" });
  t.match(output, /^warning {2}trunks\[0\]\.allow_unencrypted: calls of this trunk .*\n {9}-> enable encryption/m);
  t.match(output, /^warning {2}bbb_servers\[0\]\.livekit_sip\.allow_unencrypted: /m);
  t.match(output, /\nNo error, 3 warnings \(only .*einwahl\.yaml was checked\)\n$/);
  t.notMatch(output, /^ok /m, "passed checks are not listed");
  t.match(
    (await typed(["check", "--offline", "--all", "-c", file])).output,
    /^ok {7}logging: /m,
    "unless --all is given",
  );
  t.match(
    (await typed(["check", "--offline", "-c", file], { isTerminal: true })).output,
    /\u001b\[33mwarning/,
    "in colour on a terminal",
  );
});

await t.test("faults of the file, as text and as JSON", async (t) => {
  const file = join(
    t.testdir({ "einwahl.yaml": good.replace("drachtio-word", "").replace("bbb_servers", "bbb_server") }),
    "einwahl.yaml",
  );
  const { code, output } = await typed(["check", "-c", file]);
  t.equal(code, 78);
  t.match(output, /^error {4}drachtio\.secret: is empty\n {9}-> /m);
  t.match(output, /^error {4}bbb_server: is an unknown setting\n {9}-> did you mean bbb_servers\?/m);
  t.match(output, /\n3 errors, 0 warnings \(/);
  const told = await typed(["check", "--json", "-c", file]);
  t.equal(told.code, 78);
  const report = JSON.parse(told.output) as { readonly findings: readonly { readonly path: string }[] };
  t.match(report, { ok: false, config: file });
  t.match(
    report.findings,
    ["bbb_servers", "drachtio.secret", "bbb_server"].map((path) => ({
      severity: "error",
      path,
      message: /^is /,
      cure: /./,
    })),
  );
});

await t.test("unreadable files are reported", async (t) => {
  t.match(await typed(["check", "--ca", "/nowhere/ca.pem"]), {
    code: 64,
    errors: /\/nowhere\/ca\.pem can't be read/,
    output: "",
  });
  t.match(await typed(["check", "-c", "/nowhere/einwahl.yaml"]), { code: 78, output: /does not exist/ });
});

await t.test("the help fits a screen of 80 by 24", async (t) => {
  const { output } = await typed(["help", "check"]);
  const lines = output.split("\n");
  t.ok(lines.length <= 24, `${lines.length} lines`);
  t.strictSame(
    lines.filter((line) => line.length > 80),
    [],
  );
});
