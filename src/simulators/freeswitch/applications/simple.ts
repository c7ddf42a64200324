import { sleep as pause } from "../../../util/wait.js";
import { integer, splitArguments } from "../arguments.js";
import type { Execution } from "../execution.js";
import { parseCause } from "../hangup-cause.js";

/** `answer`: no effect, because a call is answered before applications run. */
export function answer(): undefined {
  return undefined;
}

/** `set name=value`; an empty value removes the variable. */
export function set({ channel, argument }: Execution): undefined {
  const [name, value] = assignment(argument);
  if (name !== "") channel.setVariable(name, value === "" ? undefined : value);
  return undefined;
}

/** `multiset ^^<delimiter>a=1<delimiter>b=2`; without a delimiter, spaces separate. */
export function multiset({ channel, argument }: Execution): undefined {
  const [delimiter, list] = delimited(argument);
  for (const item of list.split(delimiter)) {
    const [name, value] = assignment(item);
    if (name !== "") channel.setVariable(name, value === "" ? undefined : value);
  }
  return undefined;
}

/** `export [nolocal:]name=value`: also set on the legs that this channel calls. */
export function exportVariable({ channel, argument }: Execution): undefined {
  const [name, value] = assignment(argument);
  if (name === "") return undefined;
  channel.setVariable(name, value === "" ? undefined : value);
  const known = (channel.variable("export_vars") ?? "").split(",").filter((each) => each !== "");
  if (!known.includes(name)) channel.setVariable("export_vars", [...known, name].join(","));
  return undefined;
}

/** `multiunset ^^<delimiter>a<delimiter>b`; without a delimiter, spaces separate. */
export function multiunset({ channel, argument }: Execution): undefined {
  const [delimiter, list] = delimited(argument);
  for (const name of list.split(delimiter)) if (name !== "") channel.setVariable(name, undefined);
  return undefined;
}

export function unset({ channel, argument }: Execution): undefined {
  channel.setVariable(argument.trim(), undefined);
  return undefined;
}

/** `transfer extension XML mrf`. */
export function transfer({ channel, argument }: Execution): undefined {
  const [destination = "", dialplan = "XML", context = "mrf"] = splitArguments(argument, " ", 3);
  if (dialplan !== "XML" || context !== "mrf") channel.engine.unsupported("a transfer outside of the dialplan mrf");
  channel.routing.transfer(destination);
  return undefined;
}

export function hangup({ channel, argument }: Execution): undefined {
  channel.hangUp(argument === "" ? "NORMAL_CLEARING" : parseCause(argument));
  return undefined;
}

/** `sleep milliseconds`. Digits stay queued, unless sleep_eat_digits is set. */
export function sleep(execution: Execution): Promise<void> {
  const { channel, argument } = execution;
  const milliseconds = Math.max(0, integer(argument));
  if (channel.isTrue("sleep_eat_digits")) execution.takeDigits(() => undefined);
  return new Promise((resolve) => {
    const stopTimer = channel.engine.clock.after(milliseconds, () => {
      finish();
    });
    const stopListening = execution.onBreak(() => {
      finish();
    });
    function finish(): void {
      stopTimer();
      // The listener may be called during registration if the channel is already down.
      queueMicrotask(() => {
        stopListening();
      });
      resolve();
    }
  });
}

/** `park`: runs until the hang-up. Digits are reported as events and dropped. */
export async function park(execution: Execution): Promise<void> {
  const { channel } = execution;
  channel.fire("CHANNEL_PARK");
  execution.takeDigits(() => undefined);
  let stop: () => void = () => undefined;
  await new Promise<void>((resolve) => {
    stop = execution.onLeave(() => {
      channel.fire("CHANNEL_UNPARK");
      resolve();
    });
  });
  stop();
}

const defaultToneMs = 250;
const pausesMs: Readonly<Record<string, number>> = { w: 500, W: 1000 };
const maxTones = 100;

/** `send_dtmf 123w4@duration-ms`: `w` waits 500 ms, `W` 1 s. */
export async function sendDtmf(execution: Execution): Promise<void> {
  const { channel, argument } = execution;
  const [digits = "", duration] = splitArguments(argument, "@", 2);
  const durationMs = integer(duration) > 0 ? integer(duration) : defaultToneMs;
  for (const digit of digits.slice(0, maxTones)) {
    if (!channel.isReady) return;
    const pauseMs = pausesMs[digit];
    if (pauseMs === undefined) channel.sendDigit(digit, durationMs);
    else await pause(channel.engine.clock, pauseMs);
  }
}

function assignment(text: string): [name: string, value: string] {
  const at = text.search(/[=,]/);
  return at < 0 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1)];
}

/** FreeSWITCH's list syntax: items and delimiter. */
function delimited(argument: string): readonly [delimiter: string, list: string] {
  const marked = /^\^\^(.)(.*)$/s.exec(argument);
  return marked === null ? [" ", argument] : [marked[1] ?? " ", marked[2] ?? ""];
}
