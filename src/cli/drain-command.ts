import { durationMs } from "../config/fields.js";
import type { DrainAnswer } from "../control/answers.js";
import type { ControlResult } from "../control/control-client.js";
import { success } from "../result.js";
import { type CommandContext, command } from "./command.js";
import { exitCodes } from "./exit-code.js";
import { commonOptions } from "./options.js";
import { pause } from "./pause.js";
import { type RunningInstance, instanceOptions, runningInstance, tellNoAnswer } from "./running-instance.js";

const askEveryMs = 1_000;
/** As long as a call may last at most; see `calls.max_duration`. */
const longestMs = 48 * 3_600_000;

export const drainCommand = command({
  name: "drain",
  summary: "take no new calls and wait until those that are up have ended",
  positionals: "",
  details: [
    "New calls are refused (503, Retry-After), calls that are up go on, and the trunks stay registered. Waits until the last call has ended, or as long as --within says. Calls can be taken again with --undo, also while another `drain` waits; a restart does the same.",
    "Ends with 0 when no call is up, 1 when some still are or calls are taken again.",
  ],
  options: {
    config: commonOptions.config,
    ...instanceOptions,
    within: { kind: "text", short: "w", value: "TIME", summary: "how long to wait, such as 10m; 0s: not at all [48h]" },
    undo: { kind: "flag", short: "u", summary: "take calls again" },
    json: commonOptions.json,
  },
  examples: ["einwahl drain --within 30m && sudo systemctl restart einwahl", "einwahl drain --undo"],
  async run({ options }, context) {
    const withinMs = durationMs(options.within ?? "48h");
    if (withinMs === undefined || withinMs > longestMs) {
      context.terminal.note("einwahl drain: --within needs a time up to 48h, such as 90s, 10m or 2h");
      return exitCodes.usage;
    }
    const instance = runningInstance(options, context);
    if (instance === undefined) return exitCodes.configuration;
    const first = await instance.client.drain(!options.undo);
    if (!first.ok) return tellNoAnswer(first.failure, instance, context);
    const end = options.undo ? first : await untilOver(first.value, instance, withinMs, context);
    if (!end.ok) return tellNoAnswer(end.failure, instance, context);
    context.terminal.print(options.json ? JSON.stringify(end.value) : sentence(end.value, options.undo));
    return options.undo || (end.value.isDraining && end.value.calls === 0) ? exitCodes.ok : exitCodes.failed;
  },
});

/** Asks again and again until no call is up, until somebody takes calls again, or until it is too late. */
async function untilOver(first: DrainAnswer, { client }: RunningInstance, withinMs: number, { terminal, clock }: CommandContext): Promise<ControlResult<DrainAnswer>> {
  const until = clock.now() + withinMs;
  let now = first;
  while (now.isDraining && now.calls > 0 && clock.now() < until) {
    terminal.progress(`${calls(now)} up; Ctrl-C stops waiting, and no new ones are taken all the same`);
    await pause(clock, Math.min(askEveryMs, until - clock.now()));
    const answer = await client.drainState();
    // It has been stopped meanwhile, and its calls with it.
    if (!answer.ok && answer.failure.kind === "not-running") return success({ isDraining: true, calls: 0 });
    if (!answer.ok) return answer;
    now = answer.value;
  }
  return success(now);
}

function sentence(answer: DrainAnswer, isUndone: boolean): string {
  const admission = answer.isDraining ? "No new calls are taken" : isUndone ? "Calls are taken" : "Calls are taken again";
  return `${admission}; ${calls(answer)} up.`;
}

function calls({ calls }: DrainAnswer): string {
  return calls === 0 ? "no call is" : calls === 1 ? "1 call is" : `${calls} calls are`;
}
