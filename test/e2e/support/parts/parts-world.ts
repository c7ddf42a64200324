import { createHash } from "node:crypto";

import { EinwahlClient } from "einwahl/client";

import type { SampleBbb } from "../../../../src/simulators/bbb/sample-bbb.js";
import { makeCertificates } from "../../../../src/simulators/certificates.js";
import type { TestPhone } from "../../../../src/softphone/test-phone.js";
import { RedisServer } from "../../../store/support/redis-server.js";
import { Kamailio } from "../kamailio.js";
import { missingPrograms } from "../missing-programs.js";
import type { Owner } from "../owner.js";
import { freePorts, taken } from "../ports.js";
import { Rtpengine } from "../rtpengine.js";
import { numbers, type Settings, World, type WorldOptions } from "../world.js";
import { Caller } from "./caller.js";
import { EinwahlProcess } from "./einwahl-process.js";
import { type EndSignal, type Part, type PartEngines, startPartEngines } from "./part.js";
import { Stalls } from "./stalls.js";

const token = "front-end-token";
/** Such a world has up to ten processes, whose pauses are measured: one at a time on a machine, until this process ends. */
let turn: Promise<void> | undefined;
/** An incoming caller records this much: tests look at pauses and prompts, which are kept apart. */
const recordingMs = 1_000;

export interface PartsOptions extends Pick<WorldOptions, "line" | "settings" | "trunk"> {
  /** Default 1. */
  readonly mediaServers?: number;
  /** Where einwahl keeps what outlives it; default `disk`. */
  readonly store?: "disk" | "redis";
  /** The number of calls for which the carrier has ports; default 30. */
  readonly maxCalls?: number;
}

/** An installation whose parts run in processes of their own; each of them can be ended and started again. */
export class PartsWorld {
  readonly world: World;
  readonly einwahl: EinwahlProcess;
  readonly engines: PartEngines;
  /** `undefined` without Redis. */
  readonly redis: Part | undefined;
  readonly stalls: Stalls;
  readonly phone: TestPhone;
  readonly #httpPort: number;

  private constructor(
    parts: Pick<PartsWorld, "world" | "einwahl" | "engines" | "redis" | "stalls" | "phone">,
    httpPort: number,
  ) {
    this.world = parts.world;
    this.einwahl = parts.einwahl;
    this.engines = parts.engines;
    this.redis = parts.redis;
    this.stalls = parts.stalls;
    this.phone = parts.phone;
    this.#httpPort = httpPort;
  }

  /** Resolves when a call would work. The test itself checks that nothing is left behind. */
  static async start(owner: Owner, options: PartsOptions = {}): Promise<PartsWorld> {
    await (turn ??= taken("parts-world"));
    const certificates = await makeCertificates();
    const redis = options.store === "redis" ? await startRedis(owner) : undefined;
    const [port = 0, operatorsPort = 0] = await freePorts(2);
    let engines: PartEngines | undefined;
    const carrier = await manyCalls(owner, options, certificates);
    const world = await World.start(owner, {
      ...options,
      ...(carrier !== undefined && { carrier }),
      certificates,
      einwahl: "elsewhere",
      released: "unchecked",
      engines: async (given, soundsDirectory) =>
        (engines = await startPartEngines(given, soundsDirectory, options.mediaServers ?? 1)),
      settings: (settings) => {
        const known = settings["bbb_servers"] as readonly Settings[];
        const own = {
          ...settings,
          media_servers: engines?.media.map(({ name, eventSocket }) => ({ name, event_socket: eventSocket })),
          bbb_servers: known.map((server) => ({ ...server, poll_interval: "1s" })),
          http: { port, operators_port: operatorsPort, tokens: [frontEnd], rate_limit: { per_address: 100_000 } },
          rooms: { store: redis === undefined ? "store" : redis.url },
          control: { socket: "control.sock" },
        };
        return options.settings?.(own) ?? own;
      },
    });
    if (engines === undefined) throw new Error("a world has engines");
    const einwahl = new EinwahlProcess({
      settingsFile: world.settingsFile,
      operatorsPort,
      log: (line) => {
        world.log.happen(line);
      },
    });
    owner.teardown(() => einwahl.end("SIGKILL"));
    await einwahl.start();
    const phone = await world.phone({ maxRecordingMs: recordingMs });
    return new PartsWorld({ world, einwahl, engines, redis, stalls: Stalls.watch(owner), phone }, port);
  }

  /** The FreeSWITCH of the first BBB server. */
  get node(): Part {
    const [bbb] = this.world.bbbs;
    return {
      name: "node",
      end: async (signal) => {
        await (signal === "SIGKILL" ? bbb.voice.down() : bbb.stopFreeswitch());
      },
      start: async () => {
        await bbb.voice.up();
      },
    };
  }

  /** The API of the first BBB server. */
  get api(): Part {
    const [bbb] = this.world.bbbs;
    return {
      name: "bbb-api",
      end: async () => {
        await bbb.api.down();
      },
      start: async () => {
        await bbb.api.up();
      },
    };
  }

  /** Dials einwahl's number. @param recognises prompts, which costs processor time */
  async dial(number: string, { recognises = true } = {}): Promise<Caller> {
    const { world, phone, stalls } = this;
    return await Caller.dial({
      phone,
      line: world.line(numbers.german),
      number,
      bbbs: world.bbbs,
      stalls,
      ...(recognises && { prompts: world.prompts }),
      evidence: () => world.tail(12),
    });
  }

  /** A caller who has typed the PIN of a conference and is in it. */
  async talk(
    number: string,
    pin: string,
    bbb: SampleBbb,
    options: { readonly recognises?: boolean } = {},
  ): Promise<Caller> {
    const caller = await this.dial(number, options);
    await caller.greeted();
    await caller.join(pin, bbb);
    return caller;
  }

  /** Reserves a PIN for a room, like a front end. */
  async reserve(room: string): Promise<string> {
    const client = new EinwahlClient({ url: `http://127.0.0.1:${this.#httpPort}`, token });
    const answer = await client.reserve(room);
    if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
    return answer.value.pin;
  }

  /** Ends a part and starts it again at once. */
  async update(part: Part, signal: EndSignal): Promise<void> {
    await part.end(signal);
    await part.start();
  }
}

const frontEnd = {
  name: "front-end",
  sha256: createHash("sha256").update(token).digest("hex"),
  scopes: ["rooms:read", "rooms:write"],
};

/** A carrier for more calls than the default one; `undefined`: the default one will do. */
async function manyCalls(
  owner: Owner,
  { line, maxCalls }: PartsOptions,
  certificates: Awaited<ReturnType<typeof makeCertificates>>,
): Promise<Kamailio | undefined> {
  if (line === "straight" || maxCalls === undefined) return undefined;
  if (missingPrograms("kamailio", "rtpengine") !== false) return undefined;
  return await Kamailio.start(owner, { certificates, mediaRelay: await Rtpengine.start(owner, maxCalls) });
}

async function startRedis(owner: Owner): Promise<Part & { readonly url: string }> {
  const server = await RedisServer.start();
  owner.teardown(() => server.stop());
  return {
    name: "redis",
    url: server.url,
    end: async (signal) => {
      await server.down(signal);
    },
    start: async () => {
      await server.up();
    },
  };
}
