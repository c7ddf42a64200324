import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { Certificates } from "../../src/simulators/certificates.js";
import { Program } from "../e2e/support/program.js";

export const host = "127.0.0.1";

const lookEveryMs = 50;
const readyTimeoutMs = 30_000;
const starts = 3;

/** A real engine with its own folder, which is deleted with it. */
export interface EngineProgram {
  readonly folder: string;
  /** The running process, or the last one. */
  readonly program: Program;
  /** Ends it and waits until it has exited. SIGKILL reaches its start script and all its children. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts it on the same ports and waits until it is ready. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Polls until the condition is true. */
  readonly isReady: () => Promise<boolean>;
}

/**
 * Starts a program and waits until it is ready. Another test may take a chosen free port before the program
 * binds it: then the start is retried with other ports.
 * @param prepare chooses ports and writes files into the folder
 */
export async function startEngine(name: string, prepare: (folder: string) => Promise<Launch>): Promise<EngineProgram> {
  const folder = await mkdtemp(join(tmpdir(), `einwahl-${name}-`));
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 1; ; attempt++) {
    const launch = await prepare(folder);
    const run = (): Program => new Program(launch.command, launch.args, { cwd: folder, env: launch.env });
    let program = run();
    try {
      await untilReady(name, program, launch.isReady);
      return {
        folder,
        get program() {
          return program;
        },
        end: async (signal) => {
          if (signal === "SIGKILL") program.signalAll(signal);
          await program.stop(signal);
        },
        restart: async () => {
          program = run();
          await untilReady(name, program, launch.isReady);
        },
        close: async () => {
          await program.stop("SIGTERM", 3_000);
          await remove();
        },
      };
    } catch (error) {
      await program.stop("SIGKILL");
      if (attempt === starts) {
        await remove();
        throw error;
      }
    }
  }
}

async function untilReady(name: string, program: Program, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await isReady())) {
    if (program.isGone) throw new Error(`${name} ended: ${await program.gone}\n${program.tail()}`);
    if (performance.now() > deadline)
      throw new Error(`${name} is not ready after ${readyTimeoutMs} ms\n${program.tail()}`);
    await setTimeout(lookEveryMs);
  }
}

/**
 * Installs a certificate for FreeSWITCH: it would generate RSA keys of 4096 bits at its first start,
 * which takes seconds (it still does for DTLS).
 * @param more names in addition to FreeSWITCH's usual ones
 */
export async function writeOwnCertificates(
  folder: string,
  { key, cert }: Certificates,
  more: readonly string[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["wss", ...more]) await writeFile(join(folder, `${name}.pem`), `${key}\n${cert}`);
}

/** Whether a program accepts TCP connections there. */
export async function listens(port: number): Promise<boolean> {
  return await listensAt(host, port);
}

export async function listensAt(address: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, address);
    const done = (outcome: boolean): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once("connect", () => {
      done(true);
    });
    socket.once("error", () => {
      done(false);
    });
  });
}
