import t from "tap";

import { faultsOf, loaded, minimal } from "./support.js";

function secretOf(
  reference: string,
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): string {
  return loaded(
    minimal({ drachtio: `{ secret: ${JSON.stringify(reference)} }` }),
    environment,
    files,
  ).drachtio.secret.reveal();
}

await t.test("variables, anywhere in a text", (t) => {
  t.equal(secretOf("${A}", { A: "one" }), "one");
  t.equal(secretOf("<${A}-${B_2}>", { A: "one", B_2: "two" }), "<one-two>");
  t.equal(secretOf("$${A}", { A: "one" }), "${A}", "$$ is a literal $");
  t.equal(secretOf("$A $ {A}", { A: "one" }), "$A $ {A}");
  t.end();
});

await t.test("values of variables and files are not expanded again", (t) => {
  t.equal(secretOf("${A}", { A: "${B} file:x", B: "two" }), "${B} file:x");
  t.equal(secretOf("${A}", { A: "file:/etc/passwd" }), "file:/etc/passwd", "a variable's value cannot refer to a file");
  t.equal(secretOf("file:/s", {}, { "/s": "${HOME}" }), "${HOME}");
  t.equal(secretOf("${A}", { A: 'x: {y: [z]} # " *' }), 'x: {y: [z]} # " *', "a variable can't change the YAML");
  t.end();
});

await t.test("files, from the directory of the configuration", (t) => {
  t.equal(secretOf("file:secrets/s", {}, { "/etc/einwahl/secrets/s": "one\n" }), "one");
  t.equal(secretOf("file:/run/s", {}, { "/run/s": "one\r\n" }), "one");
  t.equal(secretOf("file:/run/s", {}, { "/run/s": " one " }), " one ", "only the final line break is removed");
  t.equal(secretOf("file:${DIR}/s", { DIR: "/run/credentials" }, { "/run/credentials/s": "one" }), "one");
  t.end();
});

await t.test("numbers and switches may come from variables", (t) => {
  const config = loaded(
    minimal({
      http: "{ port: '${PORT}' }",
      calls: "{ max_duration: '${LONGEST}', max_concurrent: '${MOST}' }",
      bbb_servers: "[{ name: b, api_url: 'http://bbb/api', secret: s, allow_http: '${OPEN}' }]",
    }),
    { PORT: "8081", LONGEST: "90m", MOST: "7", OPEN: "true" },
  );
  t.equal(config.http.port, 8081);
  t.equal(config.calls.maxDurationMs, 5_400_000);
  t.equal(config.calls.maxConcurrent, 7);
  t.end();
});

await t.test("each unresolvable reference is one fault", (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["${MISSING}", /variable MISSING, which is not set/],
    ["x${MISSING}y", /variable MISSING/],
    ["${toString}", /variable toString, which is not set/],
    ["${__proto__}", /variable __proto__, which is not set/],
    ["${}", /not followed by a variable's name/],
    ["${A", /not followed by a variable's name/],
    ["${A-B}", /not followed by a variable's name/],
    ["file:nothing", /names a file that does not exist/],
    ["file:", /names a file that/],
    ["file:/huge", /names a file that is too large/],
  ];
  for (const [reference, message] of cases) {
    const faults = faultsOf(
      minimal({ drachtio: `{ secret: ${JSON.stringify(reference)} }` }),
      { A: "x" },
      { "/huge": "x".repeat(20_000) },
    );
    t.match(faults, [{ path: "drachtio.secret", message }]);
    t.equal(faults.length, 1, "and not also a missing setting");
  }
  t.end();
});

await t.test("an empty variable or file is rejected as a secret", (t) => {
  t.match(faultsOf(minimal({ drachtio: "{ secret: '${EMPTY}' }" }), { EMPTY: "" }), [
    { path: "drachtio.secret", message: "is empty" },
  ]);
  t.match(faultsOf(minimal({ drachtio: "{ secret: file:/empty }" }), {}, { "/empty": "\n" }), [
    { path: "drachtio.secret", message: "is empty" },
  ]);
  t.match(faultsOf(minimal({ drachtio: "{ secret: file:/two }" }), {}, { "/two": "one\ntwo\n" }), [
    { message: /line break/ },
  ]);
  t.end();
});
