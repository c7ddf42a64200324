import { integer, splitArguments } from "../arguments.js";
import type { Execution } from "../execution.js";
import { playFile } from "./play-file.js";

interface Settings {
  readonly min: number;
  readonly max: number;
  readonly tries: number;
  readonly timeoutMs: number;
  readonly terminators: string;
  readonly prompt: string;
  readonly invalidPrompt: string;
  readonly variable: string;
  readonly pattern: string;
  readonly digitTimeoutMs: number;
}

type ReadStatus = "success" | "timeout" | "tooShort" | "restart" | "failure";

/** FreeSWITCH's digit buffer. */
const maxDigits = 127;
const minTimeoutMs = 1000;

function settingsOf(argument: string): Settings {
  const words = splitArguments(argument, " ", 11);
  const min = Math.max(0, integer(words[0]));
  const timeoutMs = words[3] === undefined ? minTimeoutMs : Math.max(minTimeoutMs, integer(words[3]));
  const digitTimeoutMs = integer(words[9]);
  return {
    min,
    max: Math.min(maxDigits, Math.max(min, integer(words[1]))),
    tries: integer(words[2]),
    timeoutMs,
    terminators: words[4] === undefined || words[4] === "" ? "#" : words[4],
    prompt: words[5] ?? "",
    invalidPrompt: words[6] ?? "",
    variable: words[7] ?? "",
    pattern: words[8] ?? "",
    digitTimeoutMs: digitTimeoutMs > 0 ? digitTimeoutMs : timeoutMs,
  };
}

/**
 * `play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid file> <variable> <regexp>
 * <digit timeout> [<transfer on failure>]`. As in FreeSWITCH, uuid_break ends a prompt but not the wait for digits.
 */
export async function playAndGetDigits(execution: Execution): Promise<void> {
  const { channel, argument } = execution;
  const settings = settingsOf(argument);
  const { variable } = settings;
  const invalid = variable === "" || settings.pattern === "" ? "" : `${variable}_invalid`;
  if (invalid !== "") channel.setVariable(invalid, undefined);
  for (let left = settings.tries; left > 0 && channel.isReady; left--) {
    const { status, digits } = await readDigits(execution, settings);
    if (status === "restart") return;
    const complete = status === "success" || (status === "timeout" && digits.length >= settings.min);
    if (settings.min === 0 && digits === "" && channel.variable("read_terminator_used") !== undefined) return;
    if (complete && digits !== "") {
      if (settings.pattern === "" || matches(digits, settings.pattern, channel.engine.unsupported)) return;
      if (variable !== "") channel.setVariable(variable, undefined);
      if (invalid !== "") channel.setVariable(invalid, digits);
    }
    await playFile(execution, settings.invalidPrompt, undefined);
  }
  if (splitArguments(argument, " ", 11).length > 10)
    channel.engine.unsupported("play_and_get_digits: transfer on failure");
}

/** switch_ivr_read: one try. */
async function readDigits(execution: Execution, s: Settings): Promise<{ status: ReadStatus; digits: string }> {
  const { channel } = execution;
  channel.setVariable("read_result", undefined);
  if (s.variable !== "") channel.setVariable(s.variable, undefined);
  const entry: Entry = { digits: "", terminator: undefined };
  if (s.prompt !== "" && s.prompt.toLowerCase() !== "silence") {
    const outcome = await playFile(execution, s.prompt, ({ digit }) => {
      entry.digits = digit;
      return true;
    });
    if (outcome === "notFound" || outcome === "failed") return { status: "failure", digits: "" };
  }
  let status: ReadStatus = "success";
  if (entry.digits.length < Math.max(s.min, s.max)) status = await collect(execution, s, entry);
  if (entry.terminator !== undefined) {
    channel.setVariable("read_terminator_used", entry.terminator);
    const before = s.terminators.charAt(s.terminators.indexOf(entry.terminator) - 1);
    if (before === "+" || before === "x") entry.digits += entry.terminator;
    if (before === "x") status = "restart";
  } else if (s.terminators.startsWith("=")) {
    status = "tooShort";
  }
  if (entry.digits.length < s.min) status = "tooShort";
  channel.setVariable("read_result", status === "success" || status === "timeout" ? status : "failure");
  const { digits } = entry;
  const isTerminator = status !== "restart" && s.max === 1 && digits.length === 1 && s.terminators.includes(digits);
  const result = isTerminator ? "" : digits;
  if (s.variable !== "" && result !== "") channel.setVariable(s.variable, result);
  return { status, digits: result };
}

interface Entry {
  digits: string;
  terminator: string | undefined;
}

/** switch_ivr_collect_digits_count: ends at enough digits, a terminator, a timeout or the hang-up. */
function collect(execution: Execution, s: Settings, entry: Entry): Promise<ReadStatus> {
  const { channel } = execution;
  if (entry.digits !== "" && s.terminators.includes(entry.digits)) {
    entry.terminator = entry.digits;
    entry.digits = "";
    return Promise.resolve("success");
  }
  return new Promise((resolve) => {
    let stopTimer: (() => void) | undefined;
    const finish = (status: ReadStatus): void => {
      execution.digitTaker = undefined;
      stopTimer?.();
      stopListening();
      resolve(status);
    };
    if (!channel.isReady) {
      resolve("failure");
      return;
    }
    const stopListening = execution.onLeave(() => {
      finish("failure");
    });
    const arm = (milliseconds: number): void => {
      stopTimer?.();
      stopTimer = channel.engine.clock.after(milliseconds, () => {
        finish("timeout");
      });
    };
    arm(entry.digits === "" ? s.timeoutMs : s.digitTimeoutMs);
    execution.takeDigits(({ digit }) => {
      if (s.terminators.includes(digit)) {
        entry.terminator = digit;
        finish("success");
        return;
      }
      entry.digits += digit;
      if (entry.digits.length >= s.max) finish("success");
      else arm(s.digitTimeoutMs);
    });
  });
}

function matches(digits: string, pattern: string, unsupported: (what: string) => void): boolean {
  try {
    return new RegExp(pattern).test(digits);
  } catch {
    unsupported("this regular expression");
    return false;
  }
}
