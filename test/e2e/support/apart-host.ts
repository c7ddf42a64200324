import { execFile, spawnSync } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { promisify } from "node:util";

import { missingPrograms } from "./missing-programs.js";
import type { Owner } from "./owner.js";
import { Program } from "./program.js";

const run = promisify(execFile);
const loopback = "127.0.0.1";
/** Of the cable, at the host's end. */
const plug = "eth0";

/** Why tests with hosts of their own are skipped; `false`: this process may make network namespaces. */
export function noApartHosts(): string | false {
  const missing = missingPrograms("ip", "unshare", "nsenter");
  if (missing !== false) return missing;
  const trial = ["--net", "ip", "link", "add", "one", "type", "veth", "peer", "name", "two"];
  return spawnSync("unshare", trial).status === 0 ? false : "needs root and network namespaces";
}

/**
 * Another host: a network namespace with a cable to this machine. It reaches servers on this machine's 127.0.0.1 only through
 * `forward`. It ends with its holder, a process, so that a killed test leaves nothing behind.
 */
export class ApartHost {
  /** The host's address. */
  readonly address: string;
  /** This machine's address at the other end of the cable. */
  readonly gateway: string;
  readonly #owner: Owner;
  readonly #holder: Program;

  private constructor(owner: Owner, holder: Program, index: number) {
    this.#owner = owner;
    this.#holder = holder;
    // RFC 2544's network for tests; two runs at once differ in the third octet.
    const network = `198.18.${process.pid % 256}`;
    this.gateway = `${network}.${4 * index + 1}`;
    this.address = `${network}.${4 * index + 2}`;
  }

  /** @param index below 63, different for each host of a test */
  static async open(owner: Owner, index: number): Promise<ApartHost> {
    const holder = new Program("unshare", ["--net", "sh", "-c", "echo open; exec sleep infinity"], { cwd: "/" });
    owner.teardown(async () => {
      await holder.stop("SIGKILL");
    });
    await holder.line("opens a network namespace", /^open$/);
    const host = new ApartHost(owner, holder, index);
    const cable = `ew${index}-${process.pid}`;
    await run("ip", ["link", "add", cable, "type", "veth", "peer", "name", plug, "netns", String(holder.pid)]);
    await run("ip", ["address", "add", `${host.gateway}/30`, "dev", cable]);
    await run("ip", ["link", "set", cable, "up"]);
    await host.#inside("ip", "link", "set", "lo", "up");
    await host.#inside("ip", "address", "add", `${host.address}/30`, "dev", plug);
    await host.plugIn();
    await host.#inside("ip", "route", "add", "default", "via", host.gateway);
    return host;
  }

  /** The beginning of the command line of a program on this host. */
  get within(): readonly string[] {
    return ["nsenter", `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  /** Nothing gets out or in from now on: the other ends learn nothing of connections that end. */
  async unplug(): Promise<void> {
    await this.#inside("ip", "link", "set", plug, "down");
  }

  async plugIn(): Promise<void> {
    await this.#inside("ip", "link", "set", plug, "up");
  }

  /** Connections from this host to `gateway` and this port lead to the same port of this machine's 127.0.0.1. */
  async forward(port: number): Promise<void> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(port, loopback);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.setNoDelay(true);
        one.on("error", () => undefined);
        one.once("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, this.gateway, resolve);
    });
    this.#owner.teardown(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
  }

  async #inside(...command: readonly string[]): Promise<void> {
    const [program = "", ...args] = [...this.within, ...command];
    await run(program, args);
  }
}
