import type { MeetingsAnswer } from "../../src/bbb/api-client.js";
import type { Meeting } from "../../src/bbb/meeting.js";
import type { Clock } from "../../src/util/clock.js";
import { failure, type Result, success } from "../../src/util/result.js";
import { sleep } from "../../src/util/wait.js";
import { fakePin } from "./fake-directory.js";

/** A meeting with a participant, unless specified otherwise. */
export function fakeMeeting(voiceBridge: string, changes: Partial<Meeting> = {}): Meeting {
  return {
    createdAt: undefined,
    meetingId: `meeting-${voiceBridge}`,
    voiceBridge: fakePin(voiceBridge),
    isOccupied: true,
    parentId: undefined,
    audioBridge: undefined,
    ...changes,
  };
}

export type FakeAnswer = readonly (string | Meeting)[] | { readonly fault: string };

/** A fake API of a BBB server. */
export class FakeBbbApi {
  /** The next response: meetings, their voiceBridges only, or a failure. */
  says: FakeAnswer;
  requests = 0;
  /** Bytes of the response per meeting. */
  meetingBytes = 1_000;
  /** Requests without a response yet. */
  open = 0;
  /** Response time, milliseconds. */
  answerMs: number;
  /** Times of the requests. */
  readonly askedAt: number[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock, says: FakeAnswer, answerMs = 50) {
    this.#clock = clock;
    this.says = says;
    this.answerMs = answerMs;
  }

  async getMeetings(): Promise<Result<MeetingsAnswer, string>> {
    this.requests += 1;
    this.open += 1;
    this.askedAt.push(this.#clock.now());
    // Like a real server: the state at the time of the request, delivered later.
    const { says } = this;
    await sleep(this.#clock, this.answerMs);
    this.open -= 1;
    if ("fault" in says) return failure(says.fault);
    return success({
      meetings: says.map((each) => (typeof each === "string" ? fakeMeeting(each) : each)),
      bytes: says.length * this.meetingBytes,
    });
  }
}
