import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";

import { apiChecksum } from "../../bbb/api-checksum.js";
import { BbbApi } from "../../bbb/api-client.js";
import { askApi, exchangeFault } from "../../bbb/api-exchange.js";
import type { BbbServerConfig } from "../../config/config.js";
import { TestConference } from "../../probe/synthetic/test-conference.js";
import { failure, type Result, success } from "../../util/result.js";
import { answerTimeoutMs, type Permission, type Place, type Plant, plantWord } from "../place.js";
import type { Piece } from "../search.js";

const callName = "getMeetings";

/** The response to getMeetings, which includes callers' names. */
export function bbbPlace(servers: readonly BbbServerConfig[], permits: Permission, plants: readonly Plant[]): Place {
  return {
    id: "bbb",
    name: "BBB: getMeetings of each server, with participants' names",
    when: "calls",
    permits,
    plants,
    begin: () => Promise.resolve(),
    look: async () => {
      const answers = await Promise.all(servers.map(meetingsOf));
      return {
        pieces: answers.flatMap((answer) => (answer.ok ? [answer.value] : [])),
        unseen: answers.flatMap((answer) => (answer.ok ? [] : [answer.failure])),
      };
    },
  };
}

/** A conference whose id contains the mark. BBB lists a conference for a while after its end. */
export function plantConference({ name, apiUrl, secret, checksum }: BbbServerConfig, newPin: () => string): Plant {
  return {
    how: `as the id of a conference on ${name}`,
    put: async (mark) => {
      const opened = await TestConference.open({
        api: new BbbApi({
          url: apiUrl,
          secret: secret.reveal(),
          algorithm: checksum,
          answerTimeoutMs: answerTimeoutMs,
        }),
        voiceBridge: newPin(),
        meetingId: `${plantWord}-${mark.reveal().replace("+", "")}`,
        password: randomBytes(18).toString("base64url"),
      });
      if (!opened.ok) return opened;
      return success({
        isGone: "later",
        remove: async () => {
          await opened.value.end();
        },
      });
    },
  };
}

/** The raw response: `BbbApi` would drop names. */
async function meetingsOf({ name, apiUrl, secret, checksum }: BbbServerConfig): Promise<Result<Piece, string>> {
  const url = `${apiUrl}${callName}?checksum=${apiChecksum(callName, "", secret.reveal(), checksum)}`;
  const answer = await askApi(url, answerTimeoutMs, async ({ status, body }) => ({
    status,
    bytes: status === 200 ? await buffer(body) : Buffer.alloc(0),
  }));
  if (!answer.ok) return failure(`${name}: ${callName} is not answered: ${exchangeFault(answer.failure)}`);
  const { status, bytes } = answer.value;
  return status === 200
    ? success({ source: `${name} ${callName}`, bytes })
    : failure(`${name}: ${callName} is answered with ${status}`);
}
