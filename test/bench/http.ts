import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { noRedis, RedisServer } from "../store/support/redis-server.js";
import { load, type LoadResult, type MakeRequest } from "./load.js";

const connections = Number(process.env["CONNECTIONS"] ?? "20");
const forMs = Number(process.env["FOR_MS"] ?? "3000");
const rounds = 3;
const server = fileURLToPath(new URL("http-server.js", import.meta.url));

interface Case {
  readonly name: string;
  readonly port: "bare" | "einwahl";
  readonly expected: readonly number[];
  readonly make: MakeRequest;
}

let fresh = 0;

function get(path: string): MakeRequest {
  const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Language: de\r\n\r\n`;
  return () => request;
}

function put(room: () => string): MakeRequest {
  return () =>
    `PUT /api/v1/rooms/${room()} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bench-token-7\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
}

const bare: Case = { name: "bare Fastify route, GET {hello}", port: "bare", expected: [200], make: get("/") };
const puts: readonly Case[] = [
  {
    name: "PUT /rooms, of 1000 rooms that have their PIN",
    port: "einwahl",
    expected: [200, 201],
    make: put(() => `room-${Math.floor(Math.random() * 1_000)}`),
  },
  { name: "PUT /rooms, a new room each time", port: "einwahl", expected: [201], make: put(() => `new-${fresh++}`) },
];
const all: readonly Case[] = [
  bare,
  { name: "GET /dial-in-numbers", port: "einwahl", expected: [200], make: get("/api/v1/dial-in-numbers") },
  {
    name: "GET /dial-in-numbers, nothing new (304)",
    port: "einwahl",
    expected: [304],
    make: () => "GET /api/v1/dial-in-numbers HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n",
  },
  ...puts,
];

async function start(
  place: string,
): Promise<{ readonly child: ChildProcess; readonly ports: Readonly<Record<Case["port"], number>> }> {
  const child = spawn(process.execPath, [server, place], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.once("exit", reject);
    createInterface({ input: child.stdout }).once("line", resolve);
  });
  return { child, ports: JSON.parse(line) as Record<Case["port"], number> };
}

function median(results: readonly LoadResult[]): LoadResult {
  const sorted = [...results].sort((left, right) => left.perSecond - right.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("no result");
  return { ...middle, wrong: results.reduce((sum, { wrong }) => sum + wrong, 0) };
}

/** Runs all cases in turn, several times, so that other load on the machine affects all of them. */
async function measure(store: string, place: string, cases: readonly Case[]): Promise<void> {
  const { child, ports } = await start(place);
  const results = new Map<Case, LoadResult[]>();
  for (const each of cases)
    await load(ports[each.port], each.make, { connections, forMs: 500, expected: each.expected });
  for (let round = 0; round < rounds; round++) {
    for (const each of cases)
      results.set(each, [
        ...(results.get(each) ?? []),
        await load(ports[each.port], each.make, { connections, forMs, expected: each.expected }),
      ]);
  }
  child.kill();
  print(`\n${store}\n`);
  const basis = median(results.get(bare) ?? []).perSecond;
  for (const [{ name }, found] of results) {
    const { perSecond, p50, p99, wrong } = median(found);
    print(
      `  ${name.padEnd(48)}${String(Math.round(perSecond)).padStart(8)} /s ${String(Math.round((100 * perSecond) / basis)).padStart(5)} %   p50 ${p50.toFixed(2).padStart(7)} ms   p99 ${p99.toFixed(2).padStart(7)} ms${wrong > 0 ? `   ${wrong} WRONG ANSWERS` : ""}\n`,
    );
    if (wrong > 0) process.exitCode = 1;
  }
}

function print(text: string): void {
  process.stdout.write(text);
}

print(
  `${connections} connections, ${rounds} rounds of ${forMs} ms, the median; Node ${process.version}, ${cpus().length} cores; load and servers are two processes of one machine\n`,
);
const directory = await mkdtemp(join(tmpdir(), "einwahl-bench-"));
try {
  await measure("embedded store, every new PIN on disk (fdatasync) before the response", directory, all);
} finally {
  await rm(directory, { recursive: true });
}
if (noRedis === false) {
  const redis = await RedisServer.start();
  try {
    await measure("Redis, appendfsync always", redis.url, [bare, ...puts]);
  } finally {
    await redis.stop();
  }
} else {
  print(`\nRedis: ${noRedis}\n`);
}
