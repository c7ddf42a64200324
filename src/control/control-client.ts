import { request } from "node:http";

import type { z } from "zod";

import { messageOf } from "../util/error-message.js";
import { failure, type Result, success } from "../util/result.js";
import { type DrainAnswer, drainAnswer, refusal, type ReloadAnswer, reloadAnswer } from "./answers.js";
import { reachablePath } from "./socket-file.js";

/**
 * Why a request failed. `not-running`: no process listens on the socket; `not-allowed`: it belongs to another user;
 * `refused`: the instance refused with a reason; `broken`: no response, or one that this version does not understand.
 */
export type ControlFailure =
  | { readonly kind: "not-running" }
  | { readonly kind: "not-allowed" }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "broken"; readonly reason: string };

export type ControlResult<Value> = Result<Value, ControlFailure>;

/** Timeout for requests that the instance answers from memory, in milliseconds. */
const answerTimeoutMs = 10_000;
/** Timeout for a reload, which resolves names and queries engines, in milliseconds. */
const workTimeoutMs = 60_000;

interface Sent {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
  readonly withinMs?: number;
}

/** The client of the running instance's control socket. */
export class ControlClient {
  readonly #socket: string;

  /** @param socket the path of the control socket */
  constructor(socket: string) {
    this.#socket = socket;
  }

  async status<Report>(schema: z.ZodType<Report>): Promise<ControlResult<Report>> {
    return await this.ask({ method: "GET", path: "/status" }, schema);
  }

  async reload(): Promise<ControlResult<ReloadAnswer>> {
    return await this.ask({ method: "POST", path: "/reload", withinMs: workTimeoutMs }, reloadAnswer);
  }

  /** Whether it is draining, and its number of calls. */
  async drainState(): Promise<ControlResult<DrainAnswer>> {
    return await this.ask({ method: "GET", path: "/drain" }, drainAnswer);
  }

  async drain(isOn: boolean): Promise<ControlResult<DrainAnswer>> {
    return await this.ask({ method: isOn ? "POST" : "DELETE", path: "/drain" }, drainAnswer);
  }

  /** Sends a request and reads a JSON response. */
  async ask<Answer>(sent: Sent, schema: z.ZodType<Answer>): Promise<ControlResult<Answer>> {
    const text = await this.askText(sent);
    if (!text.ok) return text;
    const parsed = schema.safeParse(parseJson(text.value));
    return parsed.success
      ? success(parsed.data)
      : failure({
          kind: "broken",
          reason: "this version does not understand its response: do both have the same version?",
        });
  }

  /** Sends a request and reads a text response. */
  async askText(sent: Sent): Promise<ControlResult<string>> {
    let reachable: Awaited<ReturnType<typeof reachablePath>>;
    try {
      reachable = await reachablePath(this.#socket);
    } catch (error) {
      return failure(connectFailure(error));
    }
    try {
      const { status, text } = await send(reachable.path, sent);
      if (status === 200) return success(text);
      const parsed = refusal.safeParse(parseJson(text));
      return failure({
        kind: "refused",
        status,
        reason: parsed.success ? parsed.data.reason : `HTTP status ${status}`,
      });
    } catch (error) {
      return failure(connectFailure(error));
    } finally {
      await reachable.done();
    }
  }
}

async function send(
  socketPath: string,
  { method, path, body, withinMs = answerTimeoutMs }: Sent,
): Promise<{ readonly status: number; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { "Content-Type": body.type, "Content-Length": Buffer.byteLength(body.text) };
    const outgoing = request(
      { socketPath, method, path, headers, signal: AbortSignal.timeout(withinMs), agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
        });
        incoming.once("error", reject);
        incoming.once("end", () => {
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body?.text);
  });
}

function connectFailure(error: unknown): ControlFailure {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return { kind: "not-running" };
  if (code === "EACCES" || code === "EPERM") return { kind: "not-allowed" };
  if (error instanceof Error && error.name === "AbortError")
    return { kind: "broken", reason: "it does not answer in time" };
  return { kind: "broken", reason: messageOf(error) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
