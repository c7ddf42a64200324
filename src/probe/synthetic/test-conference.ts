import type { BbbApi } from "../../bbb/api-client.js";
import { failure, type Result, success } from "../../util/result.js";

export interface TestConferenceOptions {
  readonly api: Pick<BbbApi, "create" | "end">;
  /** Digits that no conference has. */
  readonly voiceBridge: string;
  /** Nobody else's, and new each time. */
  readonly meetingId: string;
  /** What its moderators would know; nobody does. */
  readonly password: string;
}

/** BBB itself ends the meeting after so many minutes, should we not get to it. */
const endsByItselfAfter = "3";

/** A conference that is opened for one synthetic call, and nobody else ever hears of. */
export class TestConference {
  readonly #options: TestConferenceOptions;

  private constructor(options: TestConferenceOptions) {
    this.#options = options;
  }

  /** The failure says in one line what is wrong. What has been opened although we did not hear of it is ended. */
  static async open(options: TestConferenceOptions): Promise<Result<TestConference, string>> {
    const { api, voiceBridge, meetingId, password } = options;
    const conference = new TestConference(options);
    const created = await api.create({
      meetingID: meetingId,
      name: "einwahl test call",
      voiceBridge,
      moderatorPW: password,
      // Two telephones have to hear each other, whatever the server does with people.
      muteOnStart: "false",
      guestPolicy: "ALWAYS_ACCEPT",
      record: "false",
      duration: endsByItselfAfter,
      meetingExpireIfNoUserJoinedInMinutes: endsByItselfAfter,
    });
    if (created.ok && created.value.get("voiceBridge")?.trim() === voiceBridge) return success(conference);
    await conference.end();
    return failure(created.ok ? "it has opened the conference with another number" : created.failure);
  }

  /** The failure says why the server may still have it. */
  async end(): Promise<Result<unknown, string>> {
    const { api, meetingId, password } = this.#options;
    return await api.end(meetingId, password);
  }
}
