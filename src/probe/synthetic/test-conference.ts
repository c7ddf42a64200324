import type { BbbApi } from "../../bbb/api-client.js";
import { failure, type Result, success } from "../../util/result.js";

export interface TestConferenceOptions {
  readonly api: Pick<BbbApi, "create" | "end">;
  /** Digits not used by another conference. */
  readonly voiceBridge: string;
  /** Unique for each call. */
  readonly meetingId: string;
  /** Random, and never disclosed. */
  readonly password: string;
}

/** BBB ends the meeting after this many minutes if the end request fails. */
const endsByItselfAfter = "3";

/** A private conference for one synthetic call. */
export class TestConference {
  readonly #options: TestConferenceOptions;

  private constructor(options: TestConferenceOptions) {
    this.#options = options;
  }

  /** The failure is one line. Ends a conference whose create response was lost. */
  static async open(options: TestConferenceOptions): Promise<Result<TestConference, string>> {
    const { api, voiceBridge, meetingId, password } = options;
    const conference = new TestConference(options);
    const created = await api.create({
      meetingID: meetingId,
      name: "einwahl test call",
      voiceBridge,
      moderatorPW: password,
      // The two phones must hear each other, regardless of the server's default mute settings.
      muteOnStart: "false",
      guestPolicy: "ALWAYS_ACCEPT",
      record: "false",
      duration: endsByItselfAfter,
      meetingExpireIfNoUserJoinedInMinutes: endsByItselfAfter,
    });
    if (created.ok && created.value.get("voiceBridge")?.trim() === voiceBridge) return success(conference);
    await conference.end();
    return failure(created.ok ? "it created the conference with another voiceBridge" : created.failure);
  }

  /** The failure is the reason why the conference may still exist. */
  async end(): Promise<Result<unknown, string>> {
    const { api, meetingId, password } = this.#options;
    return await api.end(meetingId, password);
  }
}
