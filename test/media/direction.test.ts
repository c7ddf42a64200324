import t from "tap";

import { forCaller, forFreeswitch } from "../../src/media/direction.js";

const sdp = (direction: string | undefined): string =>
  [
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.1",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    "m=audio 4000 RTP/SAVP 8 101",
    "a=rtpmap:8 PCMA/8000",
    ...(direction === undefined ? [] : [`a=${direction}`]),
    "a=ptime:20",
    "",
  ].join("\r\n");

await t.test(
  "FreeSWITCH gets a direction in which the leg to BBB may send, and the caller gets the correct answer",
  (t) => {
    for (const [caller, told, answer, answered] of [
      ["sendrecv", "sendrecv", undefined, undefined],
      ["sendonly", "sendonly", "recvonly", "recvonly"],
      ["recvonly", "sendrecv", undefined, "sendonly"],
      ["recvonly", "sendrecv", "sendrecv", "sendonly"],
      ["inactive", "sendonly", "recvonly", "inactive"],
    ] as const) {
      t.equal(forFreeswitch(sdp(caller)), sdp(told), caller);
      const got = forCaller(sdp(caller), sdp(answer));
      t.strictSame(
        got.match(/a=(?:send|recv|inact)\w*/g) ?? [],
        answered === undefined ? [] : [`a=${answered}`],
        `${caller}, answered`,
      );
      t.match(got, /\r\n$/);
      t.notMatch(got, /\r\n\r\n/);
    }
    t.end();
  },
);
