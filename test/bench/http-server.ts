import { createHash } from "node:crypto";
import process from "node:process";

import Fastify from "fastify";

import { HttpServer } from "../../src/http/server.js";
import { EmbeddedRooms } from "../../src/store/embedded-rooms.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { RedisRooms } from "../../src/store/redis-rooms.js";
import type { RoomStore } from "../../src/store/room-store.js";
import { systemClock } from "../../src/util/clock.js";
import { roomSettings } from "./support/room-settings.js";

/* The measured servers, in a separate process: einwahl's HTTP services and a bare Fastify route. Prints their ports. */
const [place = ""] = process.argv.slice(2);

async function openRooms(): Promise<RoomStore> {
  if (place.startsWith("redis:"))
    return new RedisRooms(
      await RedisConnection.open({ url: place, clock: systemClock, onState: () => undefined }),
      "bench",
      roomSettings,
    );
  const opened = await EmbeddedRooms.open(place, roomSettings, (what) => {
    process.stderr.write(`${what}\n`);
  });
  if (!opened.ok) throw new Error(opened.failure);
  return opened.value;
}

const rooms = await openRooms();
const bare = Fastify({ logger: false });
bare.get("/", () => ({ hello: "world" }));
await bare.listen({ host: "127.0.0.1", port: 0 });
const [address] = bare.addresses();

const einwahl = await HttpServer.listen({
  config: {
    host: "127.0.0.1",
    port: 0,
    operatorsPort: 0,
    publicUrl: "https://phone.example.org",
    trustedProxies: [],
    corsOrigins: ["*"],
    tokens: Array.from({ length: 10 }, (_, number) => ({
      name: `t${number}`,
      sha256: createHash("sha256").update(`bench-token-${number}`).digest("hex"),
      scopes: ["rooms:read", "rooms:write"] as const,
    })),
    rateLimit: { windowMs: 1_000, perAddress: 1_000_000, perToken: 1_000_000 },
    metrics: "off",
    status: "off",
  },
  webhooks: () => [],
  clock: systemClock,
  operators: {
    health: () => ({ state: "ready", reasons: [] }),
    status: () => {
      throw new Error("off");
    },
    metrics: { text: () => Promise.resolve(""), requestAnswered: () => undefined },
  },
  onOperatorsFault: () => undefined,
  onBug: (error) => {
    process.stderr.write(`${String(error)}\n`);
  },
  services: {
    version: "0",
    language: "de",
    numbers: [
      { number: "+493023125001", languages: ["de", "en"], city: "Berlin" },
      { number: "+493023125002", languages: ["en", "de"], city: "Berlin" },
      { number: "+43720123456", languages: ["de"], city: "Wien" },
    ],
    rooms,
    jitsiConfCode: "token",
    statistics: "off",
    daySums: undefined,
    live: { calls: 0, conferences: 0, callsIn: () => [] },
    isRunning: () => false,
    page: { title: { de: "Telefon", en: "Phone" }, operator: undefined, privacyNote: { de: [], en: [] } },
    promises: { isEncrypted: true, showsLastFour: true, anonymous: { de: "Anonym", en: "No number" } },
    dialogue: { leaveKey: "#", waitsForStart: true },
  },
});
// Exits normally, so that a profile is written.
process.once("SIGINT", () => {
  process.exit(0);
});
process.stdout.write(
  `${JSON.stringify({ bare: typeof address === "object" ? address.port : 0, einwahl: einwahl.port })}\n`,
);
