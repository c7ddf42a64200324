import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { promisify } from "node:util";

import t from "tap";

import { makeLogger } from "../../../src/monitoring/log/make-logger.js";

const number = "+4930555012345";

/** The lines written by a logger. */
function logged(write: (logger: ReturnType<typeof makeLogger>) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  write(makeLogger("debug", { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) }));
  return lines;
}

await t.test("an error of drachtio-srf does not put a SIP response into the log", (t) => {
  const { SipError } = createRequire(import.meta.url)("drachtio-srf") as {
    SipError: new (status: number, reason: string) => Error;
  };
  const error = Object.assign(new SipError(404, "Not Found"), {
    message: `Sip non-success response: 404 Unknown number ${number}`,
    res: { msg: { raw: `SIP/2.0 404\r\nTo: "Ada" <sip:${number}@x>` } },
    code: "EDRACHTIO",
    cause: new Error(`of <sip:${number}@x>\nFrom: "Ada"`),
  });
  for (const line of logged((logger) => {
    logger.error({ err: error }, "unexpected error");
    logger.child({ call: "c1" }).warn({ call: "c1", why: error }, "x");
    logger.error(error);
    logger.error(error, "y");
  })) {
    t.notMatch(JSON.stringify(line), /30555|Ada|raw/);
    const shown = (line["err"] ?? line["why"]) as Record<string, unknown>;
    t.match(shown, {
      type: "SipError",
      code: "EDRACHTIO",
      status: 404,
      message: "Sip non-success response: 404 Unknown number [number]",
      cause: { message: "of <sip:[user]@x>" },
    });
    t.strictSame(Object.keys(shown).sort(), ["cause", "code", "message", "stack", "status", "type"]);
  }
  t.end();
});

await t.test("the stack has only frames of this program, and none faked by a message", (t) => {
  const { pathname } = new URL("../../../src/call/call.js", import.meta.url);
  const error = new Error(`x\n    at run49305550 (${pathname}:1:2)`);
  error.stack = `${error.stack ?? ""}\n    at async Calls.take (file://${pathname}:12:7)\n    at node:internal/x:1:1\n    at f (${pathname.replace("/call/", "/node_modules/")}:3:4)`;
  const [line] = logged((logger) => {
    logger.error({ err: error }, "unexpected error");
  });
  const { stack, message } = line?.["err"] as { readonly stack: readonly string[]; readonly message: string };
  t.strictSame(stack, ["Calls.take call/call.js:12"]);
  t.equal(message, "x");
  t.end();
});

await t.test("with source maps the stack shows the source files", async (t) => {
  const module = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--enable-source-maps",
    "--input-type=module",
    "--eval",
    `import { loggedError } from ${module("monitoring/log/logged-error.js")};
    import { Latch } from ${module("util/latch.js")};
    const latch = new Latch();
    latch.onSet(() => { throw new Error("the listener fails"); });
    try { latch.set(1); } catch (error) { process.stdout.write(JSON.stringify(loggedError(error).stack)); }`,
  ]);
  t.match(JSON.parse(stdout), [/^Latch\.set util\/latch\.ts:\d+$/]);
});

await t.test("other thrown values", (t) => {
  const thrown = [
    number,
    42,
    undefined,
    null,
    { res: number },
    Object.assign(new Error("x"), { code: 7, status: 12345678 }),
    new AggregateError([new Error(number)], `\u001b[31m ${number}`),
  ];
  const lines = logged((logger) => {
    for (const err of thrown) logger.error({ err }, "unexpected error");
  });
  t.equal(lines.length, thrown.length);
  for (const line of lines) t.notMatch(JSON.stringify(line), /30555|12345678|u001b/);
  t.end();
});
