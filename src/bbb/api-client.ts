import { type Result, failure } from "../result.js";
import { type ChecksumAlgorithm, apiChecksum } from "./api-checksum.js";
import { type Meeting, readMeetings } from "./meetings-xml.js";

export interface BbbApiOptions {
  /** For example `https://bbb1.example.org/bigbluebutton/`, with or without the `api/` at its end. */
  readonly url: string;
  readonly secret: string;
  readonly algorithm: ChecksumAlgorithm;
  /** The longest that an answer may take, in milliseconds. */
  readonly answerWithinMs: number;
}

/** Two thousand meetings with all their attendees are below this. */
const largestAnswer = 16 * 1024 * 1024;

/** The API of one BBB server. */
export class BbbApi {
  readonly #options: BbbApiOptions;
  readonly #base: string;

  constructor(options: BbbApiOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, "").replace(/\/api$/, "");
  }

  /** The meetings that exist now; the failure says in one line what is wrong, without secrets and names. */
  async getMeetings(): Promise<Result<readonly Meeting[], string>> {
    const { secret, algorithm, answerWithinMs } = this.#options;
    const url = `${this.#base}/api/getMeetings?checksum=${apiChecksum("getMeetings", "", secret, algorithm)}`;
    try {
      // A redirect would carry the checksum to somewhere else.
      const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs), redirect: "error" });
      if (response.status !== 200) {
        await response.body?.cancel();
        return failure(`HTTP status ${response.status}`);
      }
      const text = await readAtMost(response, largestAnswer);
      return text === undefined ? failure("the answer is too large") : readMeetings(text);
    } catch (error) {
      return failure(reason(error));
    }
  }
}

async function readAtMost(response: Response, limit: number): Promise<string | undefined> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error.name === "TimeoutError") return "no answer in time";
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // A host with several addresses gives an AggregateError, which has a code and no message.
  if (cause.message === "" && "code" in cause) return String(cause.code);
  return cause.message;
}
