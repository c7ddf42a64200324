import { Buffer } from "node:buffer";

import { type Clock, systemClock } from "../util/clock.js";
import { LoopTurns } from "../util/loop-turns.js";
import { failure, type Result, success } from "../util/result.js";
import { apiChecksum, type ChecksumAlgorithm } from "./api-checksum.js";
import { type ApiResponse, askApi, exchangeFault } from "./api-exchange.js";
import { KeptConnections } from "./kept-connections.js";
import type { Meeting } from "./meeting.js";
import { MeetingsReader } from "./meetings-reader.js";
import { readShortAnswer } from "./short-answer.js";

export interface BbbApiOptions {
  /** For example `https://bbb1.example.org/bigbluebutton/`, with or without the `api/` at its end. */
  readonly url: string;
  readonly secret: string;
  readonly algorithm: ChecksumAlgorithm;
  /** Timeout of a whole request, including the response body, in milliseconds. */
  readonly answerTimeoutMs: number;
  /** Shared with other servers, whose responses arrive at the same time; default: its own. */
  readonly turns?: LoopTurns;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface MeetingsAnswer {
  readonly meetings: readonly Meeting[];
  /** Size of the response body after decompression. */
  readonly bytes: number;
}

/** 2,000 meetings with all their attendees stay below this limit. */
const largestAnswer = 16 * 1024 * 1024;
const largestShortAnswer = 64 * 1024;
/** Bytes parsed before the event loop gets a turn; parsing them takes less than a millisecond. */
const bytesAtOnce = 16 * 1024;

/** The API of one BBB server. */
export class BbbApi {
  readonly #options: BbbApiOptions;
  readonly #base: string;
  readonly #turns: LoopTurns;
  readonly #kept: KeptConnections;

  constructor(options: BbbApiOptions) {
    this.#options = options;
    this.#turns = options.turns ?? new LoopTurns();
    this.#kept = new KeptConnections(options.url, options.clock ?? systemClock);
    this.#base = options.url.replace(/\/+$/, "").replace(/\/api$/, "");
  }

  /** The current meetings. The failure is one line without secrets and names. */
  async getMeetings(): Promise<Result<MeetingsAnswer, string>> {
    return await this.#ask("getMeetings", "", (body) => readMeetings(body, this.#turns), this.#kept);
  }

  /** Creates a meeting, or returns the existing one with the same settings. Failure as above. */
  async create(parameters: Readonly<Record<string, string>>): Promise<Result<ReadonlyMap<string, string>, string>> {
    return await this.#ask("create", new URLSearchParams(parameters).toString(), readShort);
  }

  /** Ends a meeting. Failure as above. @param password the moderator password, required by BBB up to 2.5 */
  async end(meetingId: string, password: string): Promise<Result<ReadonlyMap<string, string>, string>> {
    return await this.#ask("end", new URLSearchParams({ meetingID: meetingId, password }).toString(), readShort);
  }

  async #ask<Answer>(
    name: string,
    query: string,
    readAnswer: (body: ApiResponse["body"]) => Promise<Result<Answer, string>>,
    kept?: KeptConnections,
  ): Promise<Result<Answer, string>> {
    const { secret, algorithm, answerTimeoutMs } = this.#options;
    const url = `${this.#base}/api/${name}?${query}${query === "" ? "" : "&"}checksum=${apiChecksum(name, query, secret, algorithm)}`;
    const answer = await askApi(
      url,
      answerTimeoutMs,
      async (response) => (response.status === 200 ? await readAnswer(response.body) : failure(statusFault(response))),
      kept,
    );
    return answer.ok ? answer.value : failure(exchangeFault(answer.failure));
  }
}

function statusFault({ status, headers }: ApiResponse): string {
  const isRedirect = status >= 300 && status < 400 && headers.location !== undefined;
  return `HTTP status ${status}${isRedirect ? ": redirects are not followed; set api_url to the target address" : ""}`;
}

async function readShort(body: ApiResponse["body"]): Promise<Result<ReadonlyMap<string, string>, string>> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > largestShortAnswer) return failure("the response is too large");
    parts.push(chunk);
  }
  return readShortAnswer(Buffer.concat(parts).toString("utf8"));
}

/** Parses the response while it arrives, in turns of the event loop, so that neither a large one nor many delay calls. */
export async function readMeetings(
  body: AsyncIterable<Uint8Array>,
  turns: LoopTurns,
): Promise<Result<MeetingsAnswer, string>> {
  const reader = new MeetingsReader();
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > largestAnswer) return failure("the response is too large");
    for (let at = 0; at < chunk.length; at += bytesAtOnce) {
      await turns.next();
      reader.read(chunk.subarray(at, at + bytesAtOnce));
      if (reader.fault !== undefined) return failure(reader.fault);
    }
  }
  const meetings = reader.end();
  return meetings.ok ? success({ meetings: meetings.value, bytes }) : meetings;
}
