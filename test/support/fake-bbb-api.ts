import type { MeetingsAnswer } from "../../src/bbb/api-client.js";
import type { Meeting } from "../../src/bbb/meeting.js";
import type { Clock } from "../../src/util/clock.js";
import { failure, type Result, success } from "../../src/util/result.js";
import { fakePin } from "./fake-directory.js";

/** A meeting that somebody is in, if nothing else is said. */
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

/** The API of a BBB server that is not there. */
export class FakeBbbApi {
  /** What is answered next: meetings, or their voiceBridges only, or what is wrong with the server. */
  says: FakeAnswer;
  requests = 0;
  /** Questions that have not been answered yet. */
  open = 0;
  /** How long an answer takes, in milliseconds. */
  answerMs: number;
  /** When it was asked. */
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
    // As a server does: what is there when it is asked, told later.
    const { says } = this;
    await new Promise<void>((resolve) => {
      this.#clock.after(this.answerMs, resolve);
    });
    this.open -= 1;
    if ("fault" in says) return failure(says.fault);
    return success({
      meetings: says.map((each) => (typeof each === "string" ? fakeMeeting(each) : each)),
      bytes: says.length * 1_000,
    });
  }
}
