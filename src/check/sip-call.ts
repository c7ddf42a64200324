import {
  newBranch,
  newDialogIds,
  type SipDialogIds,
  sipRequest,
  type SipResponse,
  type SipTarget,
  takeResponse,
} from "../sip/sip-request.js";
import type { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import { answerTimeoutMs } from "./check.js";

/** Bounds the responses to one INVITE. */
const maxResponses = 20;
/** The timeout of the response to CANCEL or BYE, in milliseconds. */
const endTimeoutMs = 2_000;

/** Plain RTP to the discard port. */
const plainOffer = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.1",
  "s=-",
  "c=IN IP4 192.0.2.1",
  "t=0 0",
  "m=audio 9 RTP/AVP 8",
  "a=inactive",
  "",
].join("\r\n");

/**
 * Calls a number and cancels the call immediately. The offer has no SRTP: a server that requires SRTP
 * responds 488 before it opens a conference; a 200 is followed by ACK and BYE.
 *
 * @param name the caller's display name
 * @returns the final response, or why there is none
 */
export async function tryCall(
  stream: ByteStream,
  target: SipTarget,
  user: string,
  name: string,
  clock: Clock,
): Promise<Result<SipResponse, string>> {
  const call = new TrialCall(stream, newDialogIds(target, user, name), clock);
  return await call.run();
}

class TrialCall {
  readonly #stream: ByteStream;
  readonly #ids: SipDialogIds;
  readonly #clock: Clock;
  readonly #branch = newBranch();

  constructor(stream: ByteStream, ids: SipDialogIds, clock: Clock) {
    this.#stream = stream;
    this.#ids = ids;
    this.#clock = clock;
  }

  async run(): Promise<Result<SipResponse, string>> {
    this.#send({ method: "INVITE", cseq: 1, branch: this.#branch, sdp: plainOffer });
    const answered = await this.#final("1 INVITE", answerTimeoutMs);
    if (answered.ok) {
      await this.#end(answered.value);
      return answered;
    }
    this.#send({ method: "CANCEL", cseq: 1, branch: this.#branch });
    // A 200 may cross the CANCEL (RFC 3261 section 9.1).
    const late = await this.#final("1 INVITE", endTimeoutMs);
    if (late.ok) await this.#end(late.value);
    return answered;
  }

  async #end({ status, to, contact }: SipResponse): Promise<void> {
    if (status >= 300) {
      this.#send({ method: "ACK", cseq: 1, branch: this.#branch, to });
      return;
    }
    const inDialog = { to, ...(contact !== "" && { uri: contact }) };
    this.#send({ method: "ACK", cseq: 1, branch: newBranch(), ...inDialog });
    this.#send({ method: "BYE", cseq: 2, branch: newBranch(), ...inDialog });
    await this.#final("2 BYE", endTimeoutMs);
  }

  #send(parts: Parameters<typeof sipRequest>[1]): void {
    this.#stream.write(sipRequest(this.#ids, parts));
  }

  async #final(cseq: string, withinMs: number): Promise<Result<SipResponse, string>> {
    const deadline = this.#clock.now() + withinMs;
    for (let count = 0; count < maxResponses; count++) {
      const response = await this.#stream.read(takeResponse, Math.max(1, deadline - this.#clock.now()));
      if (!response.ok) return response;
      if (response.value.status >= 200 && response.value.cseq.replace(/\s+/g, " ") === cseq)
        return success(response.value);
    }
    return failure("no final response");
  }
}
