import { dirname } from "node:path";

import { CommandLine, onlyJson } from "./command-line.js";
import type { Owner } from "./owner.js";
import type { World } from "./world.js";

/** einwahl in a process of its own, with the settings and the engines of a world whose own einwahl is stopped. */
export class HostProcess {
  readonly #owner: Owner;
  readonly #settingsFile: string;
  readonly #within: readonly string[];
  #server: CommandLine;

  private constructor(owner: Owner, settingsFile: string, within: readonly string[]) {
    this.#owner = owner;
    this.#settingsFile = settingsFile;
    this.#within = within;
    this.#server = this.#launch();
  }

  /**
   * @param world its settings need free ports and a control socket
   * @param within the beginning of the command line of `einwahl run`, for another network namespace
   */
  static async start(
    owner: Owner,
    world: Pick<World, "settingsFile">,
    within: readonly string[] = [],
  ): Promise<HostProcess> {
    const host = new HostProcess(owner, world.settingsFile, within);
    await host.#up();
    return host;
  }

  /** Starts it again after `kill` or `stop`. */
  async startAgain(): Promise<void> {
    this.#server = this.#launch();
    await this.#up();
  }

  async kill(): Promise<void> {
    await this.#server.program.stop("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#server.program.stop();
  }

  /** The JSON of `einwahl status`. */
  async status(): Promise<Readonly<Record<string, unknown>>> {
    const { lines } = await this.#run("status", "--json").outcome();
    return onlyJson(lines);
  }

  async command(...args: readonly string[]): Promise<string> {
    const { lines } = await this.#run(...args).outcome();
    return lines.join("\n");
  }

  get log(): readonly string[] {
    return this.#server.program.lines.past;
  }

  async #up(): Promise<void> {
    for (const line of ["BBB server is up", "media server is up", "einwahl is running"])
      await this.#server.program.line(line, new RegExp(line));
  }

  #launch(): CommandLine {
    return new CommandLine(this.#owner, ["run", "--config", this.#settingsFile], this.#folder, {}, this.#within);
  }

  #run(...args: readonly string[]): CommandLine {
    return new CommandLine(this.#owner, [...args, "--config", this.#settingsFile], this.#folder);
  }

  get #folder(): string {
    return dirname(this.#settingsFile);
  }
}
