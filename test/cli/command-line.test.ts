import t from "tap";

import { command, exitCodes } from "../../src/cli/command.js";
import { commands } from "../../src/cli/commands.js";
import { typed } from "./support/typed.js";

const seen: unknown[] = [];

const greet = command({
  name: "greet",
  summary: "say hello",
  positionals: "[NAME]",
  details: [
    "Says hello to somebody, or to several people, or to nobody in particular if that is what one wants it to do.",
  ],
  options: {
    loud: { kind: "flag", short: "l", summary: "say it loudly" },
    word: { kind: "text", short: "w", value: "WORD", summary: "what to say" },
    to: { kind: "list", value: "NAME", summary: "one more to greet" },
  },
  examples: ["einwahl greet Anna"],
  run({ options, positionals }, { terminal }) {
    seen.push({ loud: options.loud, word: options.word, to: options.to, positionals });
    terminal.progress("thinking");
    terminal.print(terminal.style("good", "hello"));
    return Promise.resolve(exitCodes.ok);
  },
});

const deep = command({
  name: "greet deeply",
  summary: "bow",
  positionals: "",
  details: [],
  options: {},
  examples: [],
  run: () => Promise.resolve(exitCodes.failed),
});

const two = { commands: [greet, deep], fallback: deep } as const;

await t.test("options are parsed by their kind", async (t) => {
  const { code, output, errors } = await typed(["greet", "-l", "--word", "hi", "--to=A", "--to", "B", "C", "D"], two);
  t.match({ code, output, errors }, { code: 0, output: "hello\n", errors: "" });
  t.same(seen.pop(), { loud: true, word: "hi", to: ["A", "B"], positionals: ["C", "D"] });
  await typed(["greet"], two);
  t.same(seen.pop(), { loud: false, word: undefined, to: [], positionals: [] });
});

await t.test(
  "a command of two words has priority over one of one word; without a command the fallback runs",
  async (t) => {
    t.equal((await typed(["greet", "deeply"], two)).code, 1);
    t.equal((await typed([], two)).code, 1);
    t.match(await typed(["greet", "warmly"], two), { code: 0 });
    t.same(seen.pop(), { loud: false, word: undefined, to: [], positionals: ["warmly"] });
  },
);

await t.test("invalid arguments are reported with a hint and without their values", async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["gret"], /unknown command "gret"; did you mean: einwahl greet\?/],
    [["zzzzzzzz"], /see: einwahl help/],
    [["greet", "--wrod=secret"], /unknown option --wrod; did you mean --word\?/],
    [["greet", "-x"], /unknown option -x/],
    [["greet", "--word"], /--word needs a value: --word WORD/],
    [["greet", "--word", "--loud"], /--word needs a value/],
    [["greet", "--loud=yes"], /--loud takes no value/],
    [["greet", "deeply", "secret"], /too many arguments/],
    [["help", "nothing"], /unknown command "nothing"/],
  ];
  for (const [args, message] of cases) {
    const { code, output, errors } = await typed(args, two);
    t.equal(code, exitCodes.usage, args.join(" "));
    t.match(errors, message);
    t.equal(output, "");
    t.notMatch(errors, "secret");
  }
  t.match(await typed(["greetings"], { commands: [deep], fallback: deep }), { code: 64 });
  t.match((await typed(["greet"], { commands: [deep], fallback: deep })).errors, "needs one more word: greet deeply");
});

await t.test("colours and progress on a terminal only", async (t) => {
  const watched = await typed(["greet"], { ...two, isTerminal: true });
  t.equal(watched.output, "\u001b[32mhello\u001b[39m\n");
  t.equal(watched.errors, "\r\u001b[Kthinking\r\u001b[K");
  const plain = await typed(["greet"], { ...two, isTerminal: true, environment: { NO_COLOR: "1" } });
  t.equal(plain.output, "hello\n");
});

await t.test("every help fits a screen of 80 by 24", async (t) => {
  const pages = [
    ["help"],
    ["--help"],
    ...commands.flatMap(({ name }) => [
      ["help", ...name.split(" ")],
      [...name.split(" "), "--help"],
    ]),
  ];
  for (const args of pages) {
    const { code, output } = await typed(args);
    t.equal(code, 0, args.join(" "));
    const lines = output.trimEnd().split("\n");
    t.ok(lines.length <= 24, `${args.join(" ")} has ${lines.length} lines`);
    for (const line of lines) t.ok(line.length <= 80, line);
  }
});

await t.test("the version is the package's", async (t) => {
  for (const args of [["version"], ["--version"]]) t.match((await typed(args)).output, /^\d+\.\d+\.\d+\n$/);
});
