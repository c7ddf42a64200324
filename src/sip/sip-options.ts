import type { ByteStream } from "../util/byte-stream.js";
import { failure, type Result, success } from "../util/result.js";
import { newBranch, newDialogIds, sipRequest, type SipTarget, takeResponse } from "./sip-request.js";

/** Limit for provisional responses plus the final one. */
const maxResponses = 10;

/**
 * Sends OPTIONS (RFC 3261 section 11) to a SIP server, which has no side effects.
 *
 * @returns the status of the final response, or the reason for its absence
 */
export async function sendOptions(
  stream: ByteStream,
  target: SipTarget,
  answerTimeoutMs: number,
): Promise<Result<number, string>> {
  stream.write(sipRequest(newDialogIds(target, "", ""), { method: "OPTIONS", cseq: 1, branch: newBranch() }));
  for (let count = 0; count < maxResponses; count++) {
    const response = await stream.read(takeResponse, answerTimeoutMs);
    if (!response.ok) return response;
    if (response.value.status >= 200) return success(response.value.status);
  }
  return failure("no final answer");
}
