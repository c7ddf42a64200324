import { EventEmitter } from "node:events";

import t from "tap";

import { MediaEndpoint } from "../../src/media/endpoint.js";
import { makeSrf, type SrfDialog } from "../../src/sip/srf.js";
import { systemClock } from "../../src/util/clock.js";
import { failure, success } from "../../src/util/result.js";

const key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
const session = "v=0\r\no=FreeSWITCH 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
const secure = `${session}m=audio 4000 RTP/SAVP 8\r\n${key}`;
const plain = `${session}m=audio 4000 RTP/AVP 8\r\n`;
const refused = `${session}m=audio 0 RTP/AVP 8\r\n${key}`;

/** A channel whose first answer is `first`; re-INVITEs are answered with `later`. */
function endpoint(first: string, later: string): MediaEndpoint {
  const dialog = Object.assign(new EventEmitter(), {
    id: "1",
    local: { contact: "", sdp: "" },
    _reinvitesInProgress: { count: 0 },
    modify: async () => await Promise.resolve(later),
  });
  const raw = Object.assign(new EventEmitter(), {
    uuid: "1",
    local: { sdp: first },
    conn: undefined,
    dialog: dialog as unknown as SrfDialog,
    execute: () => undefined,
    api: (_command: string, _argument: string, callback: (error: null) => void) => {
      callback(null);
    },
    destroy: () => undefined,
  });
  const settings = {
    mediaServer: "fs1",
    profile: "drachtio_mrf",
    soundsDirectory: "",
    publicAddress: undefined,
    mediaTimeoutMs: 30_000,
    holdTimeoutMs: 1_800_000,
    seal: (record: string) => record,
    clock: systemClock,
    srf: makeSrf(),
  };
  return new MediaEndpoint(raw, settings, () => undefined, "");
}

await t.test("in an encrypted call FreeSWITCH's answer without SRTP is never forwarded", async (t) => {
  for (const { what, first, later, result } of [
    { what: "new answer with SRTP", first: secure, later: secure, result: success(secure) },
    { what: "new answer without SRTP", first: secure, later: plain, result: failure("plain-rtp") },
    {
      what: "new answer with keys in a plain RTP/AVP line",
      first: secure,
      later: `${plain}${key}`,
      result: failure("plain-rtp"),
    },
    {
      what: "new answer that refuses the audio line",
      first: secure,
      later: refused,
      result: failure("unusable-offer"),
    },
    { what: "plain call, new plain answer", first: plain, later: plain, result: success(plain) },
  ]) {
    const channel = endpoint(first, later);
    t.same(await channel.renegotiate("an offer"), result, `${what}: ${result.ok ? "forwarded" : result.failure}`);
    t.equal(channel.sdp, result.ok ? later : first, `${what}: the ${result.ok ? "new" : "old"} answer is in force`);
  }
});
