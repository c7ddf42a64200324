import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { Certificates } from "../../../src/simulators/certificates.js";
import { sampleRate, ToneGenerator } from "../../../src/softphone/rtp/tone.js";
import { writeWav } from "../../../src/softphone/rtp/wav.js";
import { inBackground } from "../../../src/softphone/sip/background.js";
import type { EngineProgram } from "../../engines/engine-program.js";
import type { FreeSwitchSocket } from "../../engines/freeswitch-socket.js";
import { repository, startBenchFreeSwitch } from "./bench-freeswitch.js";
import { type CallTimes, readCalls } from "./call-times.js";
import { callerNumber, dialled, pins } from "./numbers.js";
import { percentile } from "./percentiles.js";
import { type CallLoad, firstDigitMs, type RunningTraffic, type Traffic } from "./traffic.js";

const host = "127.0.0.1";
/** What German trunks offer (docs/reference/trunks.md); one suite, so that both ways encrypt alike. */
const suite = "AES_CM_128_HMAC_SHA1_80";
/** Other ports than the subject's (subject.ts), and below those that tests claim (61000). */
const rtp = { first: "32000", last: "53998" } as const;
const directCalls = 5;
const directTalkMs = 4_000;
const toneHz = 440;
const drainMs = 40_000;
const logWithinMs = 2_000;
const lookEveryMs = 200;

/** SRTP and SIP over TLS: one more FreeSWITCH is the callers and the node, since sipp has no SRTP. */
export async function freeswitchTraffic(certificates: Certificates): Promise<Traffic> {
  const { engine, socket, tls, close } = await startBenchFreeSwitch(certificates, {
    configuration: join(repository, "test", "bench", "calls", "driver"),
    profile: "ends",
    rtp,
    log: "lines",
    env: { BENCH_FIRST_DIGIT_MS: String(firstDigitMs), BENCH_SRTP_SUITE: suite },
  });
  try {
    const lastDigitMs = await digitDelay(engine, socket, tls);
    return {
      nodePort: tls,
      start: async (port, load) =>
        await FreeSwitchTraffic.start({ engine, socket, lastDigitMs }, `${dialled}@${host}:${port}`, load),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Milliseconds from the answer to the last digit at the other end, of direct calls. */
async function digitDelay(engine: EngineProgram, socket: FreeSwitchSocket, port: number): Promise<number> {
  const load = { calls: directCalls, rate: 2, talkMs: directTalkMs };
  const direct = await FreeSwitchTraffic.start({ engine, socket, lastDigitMs: 0 }, `digits@${host}:${port}`, load);
  await direct.done();
  const delays = direct
    .calls()
    .flatMap(({ audio, joined }) => (audio === undefined || joined === undefined ? [] : [joined - audio]));
  const delay = percentile(delays, 0.5);
  if (delay === undefined) throw new Error(`no digits in direct calls: ${JSON.stringify(direct.faults())}`);
  return delay;
}

interface Ends {
  readonly engine: EngineProgram;
  readonly socket: FreeSwitchSocket;
  readonly lastDigitMs: number;
}

class FreeSwitchTraffic implements RunningTraffic {
  readonly lastDigitMs: number;
  readonly #ends: Ends;
  readonly #logFrom: number;
  /** When the calls were ordered, milliseconds since 1970, by the caller's number. */
  readonly #ordered = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #ordering: Promise<void>;
  readonly #endMs: number;
  #state: "running" | "stopped" = "running";

  private constructor(ends: Ends, address: string, load: CallLoad, voice: string) {
    this.#ends = ends;
    this.lastDigitMs = ends.lastDigitMs;
    this.#logFrom = ends.engine.program.lines.past.length;
    this.#endMs = firstDigitMs + load.talkMs + drainMs;
    this.#ordering = this.#order(address, load, voice);
  }

  static async start(ends: Ends, address: string, load: CallLoad): Promise<FreeSwitchTraffic> {
    const voice = join(ends.engine.folder, "tmp", `voice-${load.talkMs}.wav`);
    // The digits are sent while the voice plays: it begins with the first digit.
    const ms = load.talkMs + Math.max(0, ends.lastDigitMs - firstDigitMs);
    await writeFile(voice, writeWav(new ToneGenerator(toneHz).next(Math.ceil((ms * sampleRate) / 1_000))));
    return new FreeSwitchTraffic(ends, address, load, voice);
  }

  calls(): readonly CallTimes[] {
    const log = this.#ends.engine.program.lines.past.slice(this.#logFrom).join("\n");
    const known = readCalls(log, log);
    const missing = this.#ordered.size - known.length;
    // FreeSWITCH logs the INVITE once it is answered.
    const silent = [...this.#ordered.values()].slice(0, Math.max(0, missing)).map((invited) => ({
      invited,
      answered: undefined,
      audio: undefined,
      joined: undefined,
      ended: undefined,
    }));
    return [...known, ...silent];
  }

  faults(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#faults);
  }

  async done(): Promise<void> {
    await this.#ordering;
    const deadline = performance.now() + this.#endMs;
    while ((await this.#ends.socket.sessions()) > 0) {
      if (performance.now() > deadline) throw new Error("the callers' channels do not end");
      await setTimeout(lookEveryMs);
    }
    // The log comes through a pipe, later than the event socket's answer.
    const logged = performance.now() + logWithinMs;
    while (this.calls().some(({ answered, ended }) => answered !== undefined && ended === undefined)) {
      if (performance.now() > logged) return;
      await setTimeout(lookEveryMs);
    }
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
    await this.#ordering.catch(() => undefined);
    await this.#ends.socket.api("hupall");
  }

  async #order(address: string, load: CallLoad, voice: string): Promise<void> {
    const begin = performance.now();
    for (let index = 0; index < load.calls; index++) {
      const wait = begin + (index * 1_000) / load.rate - performance.now();
      if (wait > 0) await setTimeout(wait);
      if (this.#state === "stopped") return;
      const number = callerNumber(index);
      const variables = [
        `rtp_secure_media=mandatory:${suite}`,
        ...[`origination_caller_id_number=${number}`, `origination_caller_id_name=${number}`],
        ...[`bench_number=${number}`, `bench_pin=${pins[index % pins.length] ?? ""}`, `bench_voice=${voice}`],
      ];
      this.#ordered.set(number, Date.now());
      inBackground(this.#originate(`{${variables.join(",")}}sofia/ends/${address};transport=tls`));
    }
  }

  /** Until the answer: FreeSWITCH runs the command as a job of its own. */
  async #originate(leg: string): Promise<void> {
    const said = await this.#ends.socket.api(`originate ${leg} talk XML caller`).catch(() => "-ERR no answer");
    const cause = /^-ERR (.*)$/m.exec(said)?.[1];
    if (cause !== undefined) this.#faults.set(cause, (this.#faults.get(cause) ?? 0) + 1);
  }
}
