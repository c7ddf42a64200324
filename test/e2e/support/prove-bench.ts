import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { ControlClient } from "../../../src/control/control-client.js";
import { RemotePinBook } from "../../../src/control/remote-pin-book.js";
import type { RealEngines } from "../../engines/real-engines.js";
import { CommandLine, onlyJson } from "./command-line.js";
import type { Engines } from "./engines.js";
import type { Owner } from "./owner.js";
import { freePort } from "./ports.js";
import type { Program } from "./program.js";
import { scratchFolder } from "./scratch.js";
import { type Settings, World } from "./world.js";

const token = "prove-token";

/** The output of `einwahl prove --json`. */
export interface Proved {
  readonly verdict: string;
  readonly calls: readonly { readonly title: string; readonly ok: boolean; readonly what: string }[];
  readonly encryption: readonly { readonly ok: boolean; readonly leg: string; readonly what: string }[];
  readonly places: readonly ProvedPlace[];
  readonly faults: readonly string[];
  readonly levels: readonly { readonly part: string; readonly level: string; readonly raised: boolean }[];
}

export interface ProvedPlace {
  readonly id: string;
  readonly whole: boolean;
  readonly bytes: number;
  readonly plants: readonly { readonly how: string; readonly outcome: string; readonly removed: string }[];
  readonly found: readonly {
    readonly mark: string;
    readonly kind: string;
    readonly form: string;
    readonly source: string;
    readonly around: string;
  }[];
  readonly unseen: readonly string[];
}

/** An installation in separate processes, with the output files of its components, and `einwahl prove` on the command line. */
export class ProveBench {
  readonly world: World;
  readonly folder: string;
  readonly einwahl: CommandLine;
  /** By component; a simulator prints nothing. */
  readonly outputs: Readonly<Record<"einwahl" | "drachtio" | "freeswitch", string>>;
  readonly #owner: Owner;
  readonly #client: ControlClient;

  private constructor(world: World, folder: string, einwahl: CommandLine, owner: Owner) {
    this.world = world;
    this.folder = folder;
    this.einwahl = einwahl;
    this.#owner = owner;
    this.#client = new ControlClient(join(folder, "data", "control.sock"));
    const output = (part: string): string => join(folder, `${part}.output`);
    this.outputs = { einwahl: output("einwahl"), drachtio: output("drachtio"), freeswitch: output("freeswitch") };
  }

  static async start(
    owner: Owner,
    change: (settings: Settings, folder: string, world: World) => Settings | Promise<Settings> = (settings) => settings,
  ): Promise<ProveBench> {
    const world = await World.start(owner, { line: "straight", waitUntilReady: false });
    await world.stopEinwahl();
    const folder = await scratchFolder(owner, "prove");
    const port = await freePort();
    const settings: Settings = {
      ...(JSON.parse(await readFile(world.settingsFile, "utf8")) as Settings),
      http: {
        port,
        operators_port: await freePort(),
        tokens: [
          {
            name: "operator",
            sha256: createHash("sha256").update(token).digest("hex"),
            scopes: ["rooms:list", "status:read", "metrics:read"],
          },
        ],
      },
      rooms: { store: join(folder, "data") },
      logging: { level: "info", file: join(folder, "log", "einwahl.log") },
    };
    await writeFile(join(folder, "einwahl.yaml"), JSON.stringify(await change(settings, folder, world)));
    await writeFile(join(folder, "token"), token);
    await writeFile(join(folder, "ca.pem"), world.certificates.ca);
    const einwahl = new CommandLine(owner, ["run", "--config", "einwahl.yaml"], folder);
    const bench = new ProveBench(world, folder, einwahl, owner);
    for (const [part, program] of programsOf(world.engines, einwahl.program)) keep(owner, program, bench.outputs[part]);
    await bench.#untilReady();
    return bench;
  }

  /** Whether the engines are drachtio-server and FreeSWITCH. */
  get isReal(): boolean {
    return this.world.engines.kind === "real";
  }

  /** Arguments common to all runs; the simulators print nothing and write no files. */
  get args(): readonly string[] {
    const { sip } = this.world.engines;
    const logs = Object.entries(this.outputs).flatMap(([part, file]) =>
      part === "einwahl" || this.isReal ? ["--log", `${part}=${file}`] : ["--without", `${part}-output`],
    );
    return [
      "prove",
      "--config",
      "einwahl.yaml",
      "--server",
      `127.0.0.1:${sip.tls}`,
      "--plain-port",
      String(sip.tcp),
      "--ca",
      "ca.pem",
      "--token-file",
      "token",
      ...logs,
      ...(this.isReal ? [] : ["--without", "freeswitch-files"]),
    ];
  }

  start(more: readonly string[] = [], args: readonly string[] = this.args): CommandLine {
    return new CommandLine(this.#owner, [...args, ...more], this.folder);
  }

  async prove(
    more: readonly string[] = [],
    args: readonly string[] = this.args,
  ): Promise<{ readonly code: string; readonly report: Proved }> {
    const { code, lines } = await this.start(["--json", ...more], args).outcome(300_000);
    return { code, report: onlyJson(lines) as unknown as Proved };
  }

  /** The output of `einwahl status`. */
  async status(): Promise<Readonly<Record<string, unknown>>> {
    const { lines } = await new CommandLine(
      this.#owner,
      ["status", "--config", "einwahl.yaml", "--json"],
      this.folder,
    ).outcome();
    return onlyJson(lines);
  }

  async logLevel(): Promise<string> {
    const answer = await this.#client.ask({ method: "GET", path: "/log/level" }, z.object({ level: z.string() }));
    return answer.ok ? answer.value.level : answer.failure.kind;
  }

  /** `undefined`: a simulator has none. */
  async freeSwitchLevel(): Promise<string | undefined> {
    if (!this.isReal) return undefined;
    const answer = await (this.world.engines as RealEngines).media.api("console loglevel");
    return /set to (\w+)/.exec(answer)?.[1];
  }

  /** The ids of rooms with a PIN. */
  async rooms(): Promise<readonly string[]> {
    const page = await new RemotePinBook(this.#client).list(undefined, 100);
    return page.ok ? page.value.items.map(({ meetingID }) => meetingID) : [page.failure];
  }

  /** Current calls. */
  async calls(): Promise<number> {
    const state = await this.#client.drainState();
    return state.ok ? state.value.calls : 0;
  }

  async #untilReady(): Promise<void> {
    for (let looks = 0; looks < 60; looks++) {
      const { code } = await new CommandLine(
        this.#owner,
        ["status", "--config", "einwahl.yaml"],
        this.folder,
      ).outcome();
      if (code === "exit 0") return;
    }
    throw new Error(`einwahl is not ready\n${this.einwahl.program.tail()}`);
  }
}

function programsOf(
  engines: Engines,
  einwahl: Program,
): readonly (readonly ["einwahl" | "drachtio" | "freeswitch", Program])[] {
  if (engines.kind !== "real") return [["einwahl", einwahl]];
  const { drachtio, freeswitch } = engines as RealEngines;
  return [
    ["einwahl", einwahl],
    ["drachtio", drachtio],
    ["freeswitch", freeswitch],
  ];
}

/** Like `> FILE 2>&1`. */
function keep(owner: Owner, program: Program, file: string): void {
  appendFileSync(file, program.lines.past.map((line) => `${line}\n`).join(""));
  owner.teardown(
    program.lines.watch((line) => {
      appendFileSync(file, `${line}\n`);
    }),
  );
}
