import process from "node:process";
import { parseArgs } from "node:util";

import type { CallReport, Stage } from "../call/progress.js";
import { systemClock } from "../util/clock.js";
import { within } from "../util/wait.js";
import { type DemoResult, placeDemoCall } from "./demo-call.js";
import {
  type Breakable,
  breakable,
  demoConferences,
  demoNumbers,
  demoPorts,
  demoSecrets,
  demoToken,
} from "./settings.js";
import { startFault } from "./start-fault.js";
import { DemoWorld } from "./world.js";

const usage = `npm run demo -- [--once] [--json] [--base-port N] [--break PART]

  --once         end after the demo's own call; exit status 0 only if all of it worked
  --json         print the outcome as one JSON object, as the last line
  --base-port N  SIP on N (UDP, TCP) and N+1 (TLS), HTTP on N+2, for operators on N+5, the sample BBBs on N+3 and N+4
  --break PART   break one part, to test that the check can fail: ${breakable.join(", ")}
`;

/** Prints each stage of a call as it is entered, and the end of the call. */
class StagePrinter {
  readonly #print: (line: string) => void;
  readonly #begun = new Map<string, number>();
  #firstReport: CallReport | undefined;
  #onFirst: (() => void) | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  onStage(callId: string, stage: Stage): void {
    const now = performance.now();
    const begun = this.#begun.get(callId) ?? now;
    this.#begun.set(callId, begun);
    this.#print(`  call ${callId}  ${String(Math.round(now - begun)).padStart(6)} ms  ${stage}`);
  }

  onEnd(callId: string, report: CallReport): void {
    this.#begun.delete(callId);
    this.#print(`  call ${callId}  ${String(report.totalMs).padStart(6)} ms  ended: ${report.cause}`);
    this.#firstReport ??= report;
    this.#onFirst?.();
  }

  /** Resolves with the stages of the first call when it is over. */
  async firstStages(): Promise<DemoResult["stages"]> {
    if (this.#firstReport === undefined) {
      const ended = new Promise<void>((resolve) => {
        this.#onFirst = resolve;
      });
      await within(systemClock, 10_000, ended);
    }
    return this.#firstReport?.stages.map(({ stage, ms }) => ({ name: stage, ms })) ?? [];
  }
}

function introduce(world: DemoWorld): string {
  const { ports } = world;
  return [
    "",
    "einwahl demo: embedded engines and two sample BBB servers, on this machine only, not for production.",
    "",
    "  numbers       " + demoNumbers.map(({ number, languages }) => `${number} (${languages.join(", ")})`).join("   "),
    "  conferences   " + demoConferences.map(({ name, pin, server }) => `${name}: PIN ${pin} on ${server}`).join("   "),
    `  SIP           127.0.0.1:${ports.sips} TLS; 127.0.0.1:${ports.sip} UDP and TCP, where calls are refused as unencrypted`,
    `  page          http://127.0.0.1:${ports.http}/`,
    `  API           http://127.0.0.1:${ports.http}/api/v1/openapi.json, token ${demoToken}`,
    `  status        http://127.0.0.1:${ports.operators}/status`,
    "",
    "  Reserve a PIN for your own room and create it on a sample BBB server (or see examples/create-meeting.ts):",
    `  curl -X PUT -H 'Authorization: Bearer ${demoToken}' http://127.0.0.1:${ports.http}/api/v1/rooms/my-room`,
    `  EINWAHL_URL=http://127.0.0.1:${ports.http} EINWAHL_TOKEN=${demoToken} BBB_URL=http://127.0.0.1:${ports.bbbApis[0]}/bigbluebutton/api \\`,
    `  BBB_SECRET=${demoSecrets.bbb} node dist/examples/create-meeting.js my-room`,
    "",
    "  To call with a softphone on this machine: transport TLS, SRTP (SDES) mandatory, no account needed,",
    `  trust ${world.caFile}, and dial sip:${demoNumbers[0].number}@127.0.0.1:${ports.sips};transport=tls`,
    "",
    "The demo places a test call:",
    "",
  ].join("\n");
}

function summary(result: DemoResult): string {
  const { heard, srtp, timings } = result;
  const lines = [
    "",
    `  the caller heard    prompt "${heard.prompt}", and the conference's tone at ${heard.conference} Hz`,
    `  the conference has  "${result.label}" on ${result.server}, and hears the caller's tone at ${heard.caller} Hz`,
    `  SRTP                trunk ${srtp.trunk}, BBB ${srtp.bbb}`,
    `  INVITE to 200       ${timings.inviteToAnswer} ms; last digit to conference audio ${timings.lastDigitToConference} ms`,
    `  left behind         ${result.leftBehind}`,
  ];
  if (result.refused !== "") lines.push(`  refused             ${result.refused}`);
  lines.push("", result.ok ? "Everything works." : "NOT everything works.", "");
  return lines.join("\n");
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      "base-port": { type: "string" },
      break: { type: "string" },
    },
  });
  const base = values["base-port"] === undefined ? undefined : Number(values["base-port"]);
  const broken = breakable.find((part) => part === values.break);
  const isWrong =
    (base !== undefined && !(Number.isInteger(base) && base >= 1024 && base <= 65_000)) ||
    (values.break !== undefined && broken === undefined);
  if (values.help || isWrong) {
    process.stdout.write(usage);
    return isWrong ? 64 : 0;
  }
  return await demonstrate({ base, broken, isOnce: values.once, isJson: values.json });
}

async function demonstrate(options: {
  base: number | undefined;
  broken: Breakable | undefined;
  isOnce: boolean;
  isJson: boolean;
}): Promise<number> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const printer = new StagePrinter(print);
  const world = await DemoWorld.start(demoPorts(options.base), options.broken, printer);
  try {
    print(introduce(world));
    const result = await placeDemoCall(world, options.broken, () => printer.firstStages());
    print(summary(result));
    if (options.isJson) print(JSON.stringify(result));
    if (!options.isOnce) {
      print("The demo stays up for your own calls; end it with Ctrl-C.");
      await new Promise<void>((resolve) => {
        process.once("SIGINT", resolve);
        process.once("SIGTERM", resolve);
      });
    }
    return result.ok ? 0 : 1;
  } finally {
    await world.stop();
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`The demo can't run: ${startFault(error)}\n`);
  process.exitCode = 1;
}
