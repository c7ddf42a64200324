import { integer } from "../arguments.js";
import { SilenceSource } from "../audio-source.js";
import type { Digit } from "../digit-queue.js";
import type { Execution } from "../execution.js";

/** `failed` is FreeSWITCH's "PLAYBACK ERROR": the channel ended, or a time limit. */
export type PlayOutcome = "played" | "broken" | "notFound" | "failed";

/** Pause between two files of a delimited list, in ms (playback_sleep_val). */
const defaultPauseMs = 250;

/** Returns whether the digit ends the playback. Undefined leaves digits in the queue. */
export type DigitHandler = ((digit: Digit) => boolean) | undefined;

/**
 * switch_ivr_play_file: plays one file, or several between `playback_delimiter`, and sets the playback variables.
 * @param spec as for `playback`, optionally with `@@start`
 */
export async function playFile(execution: Execution, spec: string, onDigit: DigitHandler): Promise<PlayOutcome> {
  const { channel } = execution;
  const [names = "", start] = spec.split("@@");
  const delimiter = channel.variable("playback_delimiter")?.charAt(0) ?? "";
  const files = delimiter === "" ? [names] : names.split(delimiter);
  let outcome: PlayOutcome = names === "" ? "failed" : "played";
  const ended = new PlayEnd(execution, onDigit);
  try {
    for (const [index, file] of files.entries()) {
      if (ended.broken || names === "") break;
      if (index > 0 && !(await pause(execution, ended))) break;
      outcome = await playOne(execution, file, index === 0 ? integer(start) : 0, ended);
      if (outcome === "failed") break;
    }
  } finally {
    ended.release();
  }
  if (!channel.isReady) return "failed";
  return ended.broken ? "broken" : outcome;
}

/** Ends of a playback: a terminating digit, uuid_break, the hang-up. */
class PlayEnd {
  broken = false;
  #cut: (() => void) | undefined;
  readonly #stopListening: () => void;
  readonly #execution: Execution;

  constructor(execution: Execution, onDigit: DigitHandler) {
    this.#execution = execution;
    this.#stopListening = execution.onBreak(() => {
      this.#break();
    });
    if (onDigit === undefined) return;
    execution.takeDigits((digit) => {
      if (!onDigit(digit)) return;
      // Leave further digits to the next application.
      execution.digitTaker = undefined;
      this.#break();
    });
  }

  /** Sets the callback that stops the current audio. */
  during(cut: () => void): void {
    this.#cut = cut;
    if (this.broken) cut();
  }

  release(): void {
    this.#stopListening();
    this.#execution.digitTaker = undefined;
  }

  #break(): void {
    this.broken = true;
    this.#cut?.();
  }
}

async function pause(execution: Execution, ended: PlayEnd): Promise<boolean> {
  const value = execution.channel.variable("playback_sleep_val");
  const milliseconds = value === undefined ? defaultPauseMs : Math.max(0, integer(value));
  const playout = execution.channel.output.play(new SilenceSource(milliseconds), execution);
  ended.during(playout.stop);
  return (await playout.ended) === "done";
}

async function playOne(execution: Execution, file: string, start: number, ended: PlayEnd): Promise<PlayOutcome> {
  const { channel } = execution;
  const source = channel.engine.sounds.open(file, channel.variable("sound_prefix"), start);
  if (source === undefined) return "notFound";
  const type = /^(local_stream|tone_stream):/.exec(file)?.[1];
  const headers = [
    ...(type === undefined ? [] : [["Playback-File-Type", type] as const]),
    ["Playback-File-Path", file] as const,
  ];
  channel.fire("PLAYBACK_START", headers);
  const playout = channel.output.play(source, execution);
  ended.during(playout.stop);
  const limit = integer(channel.variable("playback_timeout_sec"));
  const timer = { over: false };
  const stopTimer =
    limit > 1
      ? channel.engine.clock.after(limit * 1000, () => {
          timer.over = true;
          playout.stop();
        })
      : undefined;
  await playout.ended;
  stopTimer?.();
  channel.setVariable("playback_last_offset_pos", String(start + source.played));
  channel.setVariable("playback_seconds", String(Math.floor(source.played / 8000)));
  channel.setVariable("playback_ms", String(Math.floor(source.played / 8)));
  channel.setVariable("playback_samples", String(source.played));
  channel.fire("PLAYBACK_STOP", [...headers, ["Playback-Status", ended.broken ? "break" : "done"]]);
  if (timer.over && !channel.isTrue("playback_timeout_as_success")) return "failed";
  return "played";
}
