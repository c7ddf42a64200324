import type { DrainAnswer } from "../control/answers.js";
import type { ControlResult } from "../control/control-client.js";
import { success } from "../util/result.js";
import { sleep } from "../util/wait.js";
import { command, type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { commonOptions } from "./options.js";
import type { RunningInstance } from "./running-instance.js";

export const drainCommand = command({
  name: "drain",
  summary: "accept no new calls, and wait until current calls have ended",
  positionals: "",
  details: [
    "New calls are refused (503, Retry-After), current calls continue, and the trunks stay registered. Waits until the last call has ended, at most for --within. --undo accepts calls again, also while another `drain` waits; so does a restart.",
    "Exit status: 0 if no call is left, 1 if calls are left or are accepted again.",
  ],
  options: {
    config: commonOptions.config,
    socket: commonOptions.socket,
    within: { kind: "text", short: "w", value: "TIME", summary: "maximum wait, such as 10m; 0s: no wait [48h]" },
    undo: { kind: "flag", short: "u", summary: "accept calls again" },
    json: commonOptions.json,
  },
  examples: ["einwahl drain --within 30m && sudo systemctl restart einwahl", "einwahl drain --undo"],
  async run({ options }, context) {
    return await drain(options, context);
  },
});

interface DrainOptions {
  readonly config: string | undefined;
  readonly socket: string | undefined;
  readonly within: string | undefined;
  readonly undo: boolean;
  readonly json: boolean;
}

const askEveryMs = 1_000;
/** The maximum of `calls.max_duration`. */
const maxMs = 48 * 3_600_000;

/** Stops accepting calls and waits for current ones, or accepts calls again. */
async function drain(options: DrainOptions, context: CommandContext): Promise<ExitCode> {
  const [{ durationMs }, { runningInstance, tellNoAnswer }] = await Promise.all([
    import("../config/fields.js"),
    import("./running-instance.js"),
  ]);
  const withinMs = durationMs(options.within ?? "48h");
  if (withinMs === undefined || withinMs > maxMs) {
    context.terminal.note("einwahl drain: --within must be a duration up to 48h, such as 90s, 10m or 2h");
    return exitCodes.usage;
  }
  const instance = runningInstance(options, context);
  if (instance === undefined) return exitCodes.configuration;
  const first = await instance.client.drain(!options.undo);
  if (!first.ok) return tellNoAnswer(first.failure, instance, context);
  const end = options.undo ? first : await untilOver(first.value, instance, withinMs, context);
  if (!end.ok) return tellNoAnswer(end.failure, instance, context);
  context.terminal.print(options.json ? JSON.stringify(end.value) : sentence(end.value, options.undo));
  const { isDraining, calls: left } = end.value;
  // An instance that is shutting down can't accept calls again.
  const isDone = options.undo ? !isDraining : isDraining && left === 0;
  return isDone ? exitCodes.ok : exitCodes.failed;
}

/** Polls until no call is left, calls are accepted again, or the deadline has passed. */
async function untilOver(
  first: DrainAnswer,
  { client }: RunningInstance,
  withinMs: number,
  { terminal, clock }: CommandContext,
): Promise<ControlResult<DrainAnswer>> {
  const until = clock.now() + withinMs;
  let now = first;
  while (now.isDraining && now.calls > 0 && clock.now() < until) {
    terminal.progress(`${calls(now)} active; Ctrl-C ends the wait, and new calls are still refused`);
    await sleep(clock, Math.min(askEveryMs, until - clock.now()));
    const answer = await client.drainState();
    // The instance was stopped in the meantime, and its calls with it.
    if (!answer.ok && answer.failure.kind === "not-running") return success({ isDraining: true, calls: 0 });
    if (!answer.ok) return answer;
    now = answer.value;
  }
  return success(now);
}

function sentence(answer: DrainAnswer, isUndone: boolean): string {
  const admission = answer.isDraining
    ? "New calls are refused"
    : isUndone
      ? "Calls are accepted"
      : "Calls are accepted again";
  return `${admission}; ${calls(answer)} active.`;
}

function calls({ calls }: DrainAnswer): string {
  return calls === 0 ? "no call is" : calls === 1 ? "1 call is" : `${calls} calls are`;
}
