import type { z } from "zod";

import {
  apiBase,
  callsAnswer,
  type DialInNumber,
  importAnswer,
  type ImportReport,
  listAnswer,
  numbersAnswer,
  problem,
  type Room,
  room,
  type RoomCalls,
  type RoomStatus,
  type RoomSummary,
  type Statistics,
  statisticsAnswer,
  statusAnswer,
} from "../http/api-schemas.js";
import { failure, type Result, success } from "../util/result.js";
import type { ClientFailure } from "./failure.js";

export interface EinwahlClientOptions {
  /** The URL of einwahl, `http.public_url` of its configuration: `https://phone.example.org` */
  readonly url: string;
  /** Required except for numbers and public statistics. */
  readonly token?: string;
  /** The response timeout in milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
}

export interface NumbersFilter {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** The language of the announcements. */
  readonly language?: "de" | "en";
  /** The language of the countries' names, a BCP 47 tag. */
  readonly lang?: string;
}

type Answer<Value> = Promise<Result<Value, ClientFailure>>;

interface Question {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly type?: string;
}

/** Bounds the loop: more pages than there can be rooms. */
const maxPages = 1_000_000;

export class EinwahlClient {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetch;

  constructor(options: EinwahlClientOptions) {
    this.#base = options.url.replace(/\/+$/, "");
    this.#token = options.token;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#fetch = options.fetch ?? fetch;
  }

  /** The numbers for all conferences, in a stable order. */
  async numbers(filter: NumbersFilter = {}): Answer<readonly DialInNumber[]> {
    const answer = await this.#ask({ method: "GET", path: "/dial-in-numbers", query: { ...filter } }, numbersAnswer);
    return answer.ok ? success(answer.value.numbers) : answer;
  }

  /**
   * The PIN of the room and all facts to show; reserves a PIN if the room has none. Idempotent.
   *
   * @param validUntil when the reservation ends; `null`: never; omitted: unchanged
   */
  async reserve(meetingID: string, { validUntil }: { readonly validUntil?: Date | null } = {}): Answer<Room> {
    const body = validUntil === undefined ? {} : { validUntil: validUntil === null ? null : validUntil.toISOString() };
    return await this.#askRoom(meetingID, "", { method: "PUT", body: JSON.stringify(body) }, room);
  }

  /** Fails with `room-not-found` if the room has no PIN. */
  async room(meetingID: string): Answer<Room> {
    return await this.#askRoom(meetingID, "", { method: "GET" }, room);
  }

  /** Whether the meeting is running, and the number of callers in it. */
  async status(meetingID: string): Answer<RoomStatus> {
    return await this.#askRoom(meetingID, "/status", { method: "GET" }, statusAnswer);
  }

  /** The ids of the calls in the meeting: the operator's log has the details of each call under its id. */
  async calls(meetingID: string): Answer<RoomCalls> {
    return await this.#askRoom(meetingID, "/calls", { method: "GET" }, callsAnswer);
  }

  /** Deletes the PIN of the room. It rests before another room gets it; this room gets a new one next time. */
  async delete(meetingID: string): Answer<void> {
    const answer = await this.#askRoom(meetingID, "", { method: "DELETE" }, undefined);
    return answer.ok ? success(undefined) : answer;
  }

  /** All rooms, page by page; the first failure ends the iteration. */
  async *rooms(pageSize = 100): AsyncGenerator<Result<RoomSummary, ClientFailure>> {
    let after: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const answer = await this.#ask(
        { method: "GET", path: "/rooms", query: { after, limit: String(pageSize) } },
        listAnswer,
      );
      if (!answer.ok) {
        yield answer;
        return;
      }
      for (const each of answer.value.rooms) yield success(each);
      if (answer.value.next === null) return;
      after = answer.value.next;
    }
  }

  /** Imports rooms from JSON lines in the format of an export: `{"meetingID":…,"pin":…,"reservedAt":…}` */
  async import(lines: string): Answer<ImportReport> {
    return await this.#ask(
      { method: "POST", path: "/rooms.jsonl", body: lines, type: "application/jsonl" },
      importAnswer,
    );
  }

  /** Sums of calls, if the operator enabled statistics. */
  async statistics(days?: number): Answer<Statistics> {
    return await this.#ask(
      { method: "GET", path: "/statistics", query: { days: days === undefined ? undefined : String(days) } },
      statisticsAnswer,
    );
  }

  async #askRoom<Schema extends z.ZodType>(
    meetingID: string,
    rest: string,
    question: Omit<Question, "path">,
    schema: Schema | undefined,
  ): Answer<z.output<Schema>> {
    // URL parsers treat these as path steps, even percent-encoded, so they cannot be sent.
    if (meetingID === "." || meetingID === "..")
      return failure({ kind: "unexpected", status: 0, message: `"${meetingID}" can't be part of a URL` });
    return await this.#ask({ ...question, path: `/rooms/${encode(meetingID)}${rest}` }, schema);
  }

  async #ask<Schema extends z.ZodType>(question: Question, schema: Schema | undefined): Answer<z.output<Schema>> {
    const url = new URL(`${this.#base}${apiBase}${question.path}`);
    for (const [name, value] of Object.entries(question.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, value);
    const headers: Record<string, string> = { accept: "application/json, application/problem+json" };
    if (this.#token !== undefined) headers["authorization"] = `Bearer ${this.#token}`;
    if (question.body !== undefined) headers["content-type"] = question.type ?? "application/json";
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(url, {
        method: question.method,
        headers,
        redirect: "error",
        signal: AbortSignal.timeout(this.#timeoutMs),
        ...(question.body !== undefined && { body: question.body }),
      });
      text = await response.text();
    } catch (error) {
      return failure({ kind: "unreachable", message: reason(error) });
    }
    return read(response, text, schema);
  }
}

function read<Schema extends z.ZodType>(
  response: Response,
  text: string,
  schema: Schema | undefined,
): Result<z.output<Schema>, ClientFailure> {
  const { status } = response;
  const value = parse(text);
  if (!response.ok) {
    const known = problem.safeParse(value);
    if (!known.success) return failure({ kind: "unexpected", status, message: "the response is not from einwahl" });
    const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
    return failure({ kind: "problem", problem: known.data, retryAfterSeconds: Number.isNaN(wait) ? undefined : wait });
  }
  if (schema === undefined) return success(undefined as z.output<Schema>);
  const parsed = schema.safeParse(value);
  return parsed.success
    ? success(parsed.data)
    : failure({ kind: "unexpected", status, message: "the response is not from a compatible version of einwahl" });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A lone surrogate cannot be encoded; send the replacement character instead. */
function encode(meetingID: string): string {
  return encodeURIComponent(meetingID.replace(/\p{Cs}/gu, "\ufffd"));
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error.name === "TimeoutError") return "no response in time";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
