import { createHash, randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Test } from "tap";

import { Pin } from "../../../src/caller/secret.js";
import type { HttpConfig, Scope, TokenConfig } from "../../../src/config/config.js";
import type { ApiRouterOptions } from "../../../src/http/api-router.js";
import type { WebhookSource } from "../../../src/http/bbb-webhooks.js";
import { HttpServer } from "../../../src/http/server.js";
import type { ApiServices, OperatorServices } from "../../../src/http/services.js";
import type { DaySums } from "../../../src/store/day-sums.js";
import { EmbeddedRooms } from "../../../src/store/embedded-rooms.js";
import type { RoomStore } from "../../../src/store/room-store.js";
import { type Clock, systemClock } from "../../../src/util/clock.js";
import { success } from "../../../src/util/result.js";
import { firstMinute } from "../../monitoring/status/support/reports.js";
import { value } from "../../store/support/room-store-suite.js";

export const token = "token-of-the-tests";

export function tokenConfig(name: string, text: string, scopes: readonly Scope[]): TokenConfig {
  return { name, sha256: createHash("sha256").update(text).digest("hex"), scopes };
}

export const someNumbers: ApiServices["numbers"] = [
  { number: "+493023125001", languages: ["de", "en"], city: "Berlin" },
  { number: "+498001234567", languages: ["de"], city: undefined },
  { number: "+43720123456", languages: ["en", "de"], city: "Wien" },
  { number: "+442079460123", languages: ["en"], city: "London" },
];

export interface WebWorldOptions {
  readonly http?: Partial<HttpConfig>;
  readonly services?: Partial<Omit<ApiServices, "base">>;
  readonly operators?: Partial<OperatorServices>;
  readonly clock?: Clock;
  readonly limits?: ApiRouterOptions["limits"];
  readonly onOperatorsFault?: (fault: string | undefined) => void;
  readonly webhooks?: readonly WebhookSource[];
  /** Replaces the default embedded store. */
  readonly rooms?: RoomStore;
}

/** An HTTP server with its own store, and with calls as set by the test. */
export class HttpHarness {
  readonly server: HttpServer;
  readonly rooms: RoomStore;
  readonly bugs: unknown[];
  readonly callers: Map<string, number>;
  /** Routes and statuses of responses, as counted by metrics. */
  readonly answered: readonly string[];
  readonly url: string;
  /** URL of the operators listener. */
  readonly operatorsUrl: string;

  private constructor(
    server: HttpServer,
    rooms: RoomStore,
    bugs: unknown[],
    callers: Map<string, number>,
    answered: readonly string[],
  ) {
    this.server = server;
    this.rooms = rooms;
    this.bugs = bugs;
    this.callers = callers;
    this.answered = answered;
    this.url = `http://127.0.0.1:${server.port}`;
    this.operatorsUrl = `http://127.0.0.1:${server.operatorsPort}`;
  }

  static async start(t: Test, options: WebWorldOptions = {}): Promise<HttpHarness> {
    const rooms = options.rooms ?? (await ownRooms(t));
    const bugs: unknown[] = [];
    const answered: string[] = [];
    const callers = new Map<string, number>();
    const daySums: DaySums = {
      add: () => Promise.resolve(success(undefined)),
      latest: (most) =>
        Promise.resolve(
          success(
            [
              { day: "2026-11-19", calls: 3, seconds: 125 },
              { day: "2026-11-20", calls: 1, seconds: 29 },
            ].slice(-most),
          ),
        ),
    };
    const server = await HttpServer.listen({
      config: {
        host: "127.0.0.1",
        port: 0,
        operatorsPort: 0,
        publicUrl: undefined,
        trustedProxies: [],
        corsOrigins: [],
        tokens: [
          tokenConfig("tests", token, ["rooms:read", "rooms:write", "rooms:list", "rooms:import", "statistics:read"]),
        ],
        rateLimit: { windowMs: 60_000, perAddress: 1_000_000, perToken: 1_000_000 },
        metrics: "local",
        status: "local",
        ...options.http,
      },
      clock: options.clock ?? systemClock,
      operators: {
        health: () => ({ state: "ready", reasons: [] }),
        status: () => firstMinute,
        metrics: {
          text: () => Promise.resolve("# no metrics\n"),
          requestAnswered: (route, status) => answered.push(`${route} ${status}`),
        },
        ...options.operators,
      },
      webhooks: () => options.webhooks ?? [],
      onBug: (error) => bugs.push(error),
      onOperatorsFault: options.onOperatorsFault ?? (() => undefined),
      ...(options.limits !== undefined && { limits: options.limits }),
      services: {
        version: "1.2.3",
        language: "de",
        numbers: someNumbers,
        rooms,
        jitsiConfCode: "token",
        statistics: "public",
        daySums,
        live: {
          get calls() {
            return [...callers.values()].reduce((sum, each) => sum + each, 0);
          },
          get conferences() {
            return callers.size;
          },
          callsIn: (pin) =>
            Array.from({ length: callers.get(pin.reveal()) ?? 0 }, (_, at) => ({
              id: `call-${at + 1}`,
              since: Date.UTC(2026, 10, 20, 8, at),
            })),
        },
        isRunning: (pin) => callers.has(pin.reveal()),
        page: {
          title: { de: "Per Telefon teilnehmen", en: "Join by phone" },
          operator: {
            name: "Beispiel <e> & V.",
            address: ["Weg 1", "12345 Ort"],
            email: "phone@example.org",
            phone: "+49 30 123456",
            dataProtection: "Datenschutz, datenschutz@example.org",
            imprintUrl: "https://example.org/imprint",
            privacyUrl: "https://example.org/privacy",
          },
          privacyNote: {
            de: ["Der Anbieter speichert Verbindungsdaten sieben Tage."],
            en: ["The provider keeps connection data for seven days."],
          },
        },
        promises: { isEncrypted: true, showsLastFour: true, anonymous: { de: "Anonym", en: "No number" } },
        dialogue: { leaveKey: "#", waitsForStart: true },
        ...options.services,
      },
    });
    t.teardown(async () => {
      await server.close();
      if (bugs.length > 0) throw new Error(`unexpected errors: ${bugs.map(String).join(", ")}`);
    });
    return new HttpHarness(server, rooms, bugs, callers, answered);
  }

  /** @param path relative to the API base */
  async api(
    method: string,
    path: string,
    options: {
      readonly body?: unknown;
      readonly token?: string | null;
      readonly headers?: Record<string, string>;
    } = {},
  ): Promise<Response> {
    const bearer = options.token === undefined ? token : options.token;
    return await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(options.body !== undefined && { "content-type": "application/json" }),
        ...options.headers,
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
  }

  /** The body of a 2xx response. */
  async json<Body>(method: string, path: string, options: Parameters<HttpHarness["api"]>[2] = {}): Promise<Body> {
    const response = await this.api(method, path, options);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }
}

async function ownRooms(t: Test): Promise<RoomStore> {
  const directory = await mkdtemp(join(tmpdir(), "einwahl-web-"));
  const rooms = value(
    await EmbeddedRooms.open(
      directory,
      {
        pinLength: 9,
        restMs: 1_000_000,
        now: Date.now,
        randomBelow: (limit) => randomInt(limit),
        isInUse: () => false,
      },
      () => undefined,
    ),
  );
  t.teardown(async () => {
    await rooms.close();
    await rm(directory, { recursive: true });
  });
  return rooms;
}

export function pin(digits: string): Pin {
  const parsed = Pin.parse(digits);
  if (!parsed.ok) throw new Error("no PIN");
  return parsed.value;
}
