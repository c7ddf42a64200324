import { randomInt } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import process from "node:process";

import { pino } from "pino";

import { bbbServerMaker, makeDirectory } from "../../src/app/bbb.js";
import { Pin, Secret } from "../../src/caller/secret.js";
import type { BbbServerConfig } from "../../src/config/config.js";
import { MeetingAudio } from "../../src/store/meeting-audio.js";
import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";

/*
 * Measures the directory: look-ups, memory, polling, and whether parsing a poll response delays look-ups. The BBB servers run
 * in this process, with prepared responses, so that only parsing is measured.
 */

const servers = 10;
const meetingsEach = 2_000;
const attendeesEach = 5;
const lookUps = 1_000_000;
const polls = 30;

function answerOf(server: number): Buffer {
  const attendee = (guest: number): string =>
    `<attendee><userID>w_${guest}</userID><fullName><![CDATA[Somebody ${guest}]]></fullName><role>VIEWER</role><isPresenter>false</isPresenter><isListeningOnly>false</isListeningOnly><hasJoinedVoice>true</hasJoinedVoice><hasVideo>false</hasVideo><clientType>HTML5</clientType></attendee>`;
  const meeting = (number: number): string => {
    const pin = String(server * meetingsEach + number).padStart(9, "0");
    return `<meeting><meetingName><![CDATA[Room ${pin}]]></meetingName><meetingID>room-${pin}</meetingID><internalMeetingID>${"ab".repeat(20)}-${pin}</internalMeetingID><createTime>1700000000000</createTime><voiceBridge>${pin}</voiceBridge><dialNumber>030</dialNumber><running>true</running><hasBeenForciblyEnded>false</hasBeenForciblyEnded><participantCount>${attendeesEach}</participantCount><attendees>${Array.from({ length: attendeesEach }, (_, guest) => attendee(guest)).join("")}</attendees><metadata></metadata><isBreakout>false</isBreakout></meeting>`;
  };
  return Buffer.from(
    `<response><returncode>SUCCESS</returncode><meetings>${Array.from({ length: meetingsEach }, (_, number) => meeting(number)).join("")}</meetings></response>`,
  );
}

async function serve(answer: Buffer): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/xml" }).end(answer);
  });
  server.unref();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/bigbluebutton/api/`;
}

function configOf(name: string, apiUrl: string): BbbServerConfig {
  return {
    name,
    apiUrl,
    secret: Secret.of("secret"),
    checksum: "sha256",
    sip: { host: "127.0.0.1", port: 5081, transport: "tls", srtp: "mandatory" },
    livekitSip: undefined,
    audioBridge: "freeswitch",
    webhooks: false,
    pollIntervalMs: 600_000,
  };
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function inMs(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.5, 0.99, 0.999, 1].map((share) => percentile(sorted, share).toFixed(3).padStart(8)).join(" ");
}

const answers = Array.from({ length: servers }, (_, server) => answerOf(server));
const configs: BbbServerConfig[] = [];
for (const [at, answer] of answers.entries()) configs.push(configOf(`bbb-${at + 1}`, await serve(answer)));
const pins = Array.from({ length: 10_000 }, () => String(randomInt(servers * meetingsEach)).padStart(9, "0")).flatMap(
  (digits) => {
    const pin = Pin.parse(digits);
    return pin.ok ? [pin.value] : [];
  },
);
const pinAt = (at: number): Pin => pins[at % pins.length] ?? (pins[0] as Pin);

const before = heap();
const directory = makeDirectory(
  configs.map(bbbServerMaker(systemClock)),
  { rooms: () => undefined, audioBridges: new MeetingAudio(() => undefined) },
  pino({ level: "silent" }),
  systemClock,
);
await directory.open();
const known = servers * meetingsEach;
const perPin = (heap() - before) / known;

const begun = performance.now();
for (let at = 0; at < lookUps; at++) directory.matchPrefix(pinAt(at).reveal());
const matches = lookUps / ((performance.now() - begun) / 1_000);
const begunFinding = performance.now();
for (let at = 0; at < lookUps / 10; at++) await directory.lookUp(pinAt(at));
const finds = lookUps / 10 / ((performance.now() - begunFinding) / 1_000);

/** Runs look-ups, one per turn of the event loop, until the work is done. */
async function latencies(work: Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  let isOver: "no" | "yes" = "no";
  const end = work.then(() => {
    isOver = "yes";
  });
  for (let at = 0; (isOver as string) === "no" && at < 10_000_000; at++) {
    const asked = performance.now();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    await directory.lookUp(pinAt(at));
    taken.push(performance.now() - asked);
  }
  await end;
  return taken;
}

const idle = await latencies(sleep(systemClock, 2_000));
const cpuBefore = process.cpuUsage();
const pollsBegun = performance.now();
const busy = await latencies(
  (async () => {
    for (let poll = 0; poll < polls; poll++) await directory.servers[poll % servers]?.pollFresh();
  })(),
);
const pollMs = (performance.now() - pollsBegun) / polls;
const { user, system } = process.cpuUsage(cpuBefore);
const state = directory.servers[0]?.state;
directory.close();

process.stdout.write(
  [
    `directory: ${known} PINs on ${servers} servers, ${meetingsEach} meetings with ${attendeesEach} attendees each`,
    `  match()              ${Math.round(matches).toLocaleString("en")} per second`,
    `  find()               ${Math.round(finds).toLocaleString("en")} per second`,
    `  memory               ${Math.round(perPin)} bytes per PIN`,
    `  a poll               ${((state?.bytes ?? 0) / 1_048_576).toFixed(1)} MiB, ${pollMs.toFixed(0)} ms, at most ${((user + system) / 1_000 / polls).toFixed(0)} ms of CPU (serving and looking up among it)`,
    `  a look-up and a turn of the event loop, ms          p50      p99    p99.9      max`,
    `    nothing else                                ${inMs(idle)}   (${idle.length})`,
    `    while polls are read                        ${inMs(busy)}   (${busy.length})`,
    "",
  ].join("\n"),
);
