import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Test } from "tap";

import type { Finding } from "../../../src/check/check.js";
import { makeCertificates } from "../../../src/simulators/certificates.js";
import { typed } from "../../cli/support/typed.js";
import { CommandLine, onlyJson } from "./command-line.js";
import type { Owner } from "./owner.js";
import { freePort } from "./ports.js";
import { scratchFolder } from "./scratch.js";
import { type Settings, World } from "./world.js";

/** An expected finding of `einwahl check`, with its remedy. */
export interface Expected {
  readonly severity: "error" | "warning";
  readonly path: string;
  readonly message: RegExp;
  readonly cure: RegExp;
}

export interface Run {
  /** Arguments besides the configuration and the output format. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A faulty configuration or environment. */
export interface Broken extends Run {
  /** The fault, for the title. */
  readonly name: string;
  /** Introduces the fault, or starts a faulty server, and returns the settings for it. */
  readonly break: (settings: Settings, owner: Owner) => Settings | Promise<Settings>;
  readonly finds: readonly Expected[];
  /** Default: 1 if a finding is an error, otherwise 0. */
  readonly code?: number;
  /** More texts that must not be printed. */
  readonly secrets?: readonly string[];
}

/** The title of its test: the fault, and the findings that are expected. */
export function titleOf({ name, finds }: Broken): string {
  return `${name}: ${finds.map(({ severity, path }) => `${severity} at ${path}`).join(", ")}`;
}

/** A working world whose settings are broken one by one, and `einwahl check` on the command line. */
export class CheckBench {
  readonly world: World;
  readonly folder: string;
  /** The settings for which `einwahl check` reports no fault. */
  readonly settings: Settings;

  private constructor(world: World, folder: string, settings: Settings) {
    this.world = world;
    this.folder = folder;
    this.settings = settings;
  }

  static async start(owner: Owner): Promise<CheckBench> {
    return await CheckBench.at(
      owner,
      await World.start(owner, { line: "straight", certificates: await makeCertificates() }),
      await freePort(),
    );
  }

  /** @param httpPort a free port, for a second einwahl */
  static async at(owner: Owner, world: World, httpPort: number): Promise<CheckBench> {
    const folder = await scratchFolder(owner, "check");
    await writeFile(join(folder, "ca.pem"), world.certificates.ca);
    const settings: Settings = {
      ...(JSON.parse(await readFile(world.settingsFile, "utf8")) as Settings),
      http: {
        port: httpPort,
        operators_port: await freePort(),
        tokens: [{ name: "greenlight", sha256: "0".repeat(64), scopes: ["rooms:read"] }],
      },
      rooms: { store: join(folder, "data") },
      logging: { level: "debug", file: join(folder, "einwahl.log") },
    };
    return new CheckBench(world, folder, settings);
  }

  /** Adds this authority to `--ca` from now on. */
  async trust(authority: string): Promise<void> {
    await appendFile(join(this.folder, "ca.pem"), `\n${authority}`);
  }

  /** Runs it with these settings; a text is the literal file. In a separate process if it needs an environment. */
  async check(
    owner: Owner,
    settings: Settings | string,
    { args = ["--ca", join(this.folder, "ca.pem")], env }: Run = {},
  ): Promise<{ readonly code: number; readonly findings: readonly Finding[]; readonly printed: string }> {
    const file = join(this.folder, "einwahl.yaml");
    await writeFile(file, typeof settings === "string" ? settings : JSON.stringify(settings, null, 2));
    const words = ["check", "--config", file, "--json", ...args];
    const { code, lines } = env === undefined ? await here(words) : await apart(owner, words, this.folder, env);
    return { code, findings: onlyJson(lines)["findings"] as readonly Finding[], printed: lines.join("\n") };
  }

  /** Asserts that this fault is reported with its remedy, that no other fault is, and that no secret is printed. */
  async finds(t: Test, broken: Broken): Promise<void> {
    const { code, findings, printed } = await this.check(t, await broken.break(this.settings, t), broken);
    const faults = findings.filter(({ severity }) => severity !== "ok");
    t.match(faults, broken.finds, JSON.stringify(faults, undefined, 2));
    t.equal(faults.length, broken.finds.length, "no other fault is reported");
    t.equal(code, broken.code ?? (broken.finds.some(({ severity }) => severity === "error") ? 1 : 0), "exit code");
    t.strictSame(
      [...secrets, ...(broken.secrets ?? [])].filter((secret) => printed.includes(secret)),
      [],
      "no secret is printed",
    );
  }
}

interface Printed {
  readonly code: number;
  readonly lines: readonly string[];
}

async function here(words: readonly string[]): Promise<Printed> {
  const { code, output, errors } = await typed(words);
  return { code, lines: `${errors}${output}`.trimEnd().split("\n") };
}

async function apart(
  owner: Owner,
  words: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Printed> {
  const { code, lines } = await new CommandLine(owner, words, folder, env).outcome();
  return { code: Number(code.replace("exit ", "")), lines };
}

const secrets = ["test-drachtio", "test-event-socket", "test-bbb-secret", "+4930", "12345", "04711"] as const;

/** Settings with a changed list entry. */
export function withEntry(settings: Settings, list: string, index: number, change: Settings): Settings {
  const entries = settings[list] as readonly Settings[];
  return { ...settings, [list]: entries.map((entry, at) => (at === index ? { ...entry, ...change } : entry)) };
}

/** Settings with a changed section. */
export function withSection(settings: Settings, section: string, change: Settings): Settings {
  return { ...settings, [section]: { ...(settings[section] as Settings | undefined), ...change } };
}
