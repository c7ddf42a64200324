import t from "tap";

import { isOnHold, rtpTimeoutFor } from "../../src/media/silence.js";

const timeouts = { mediaTimeoutMs: 30_000, holdTimeoutMs: 1_800_000 };
const sdp = (direction: string): string =>
  `v=0\r\nm=audio 4000 RTP/SAVP 8\r\n${direction === "" ? "" : `a=${direction}\r\n`}`;

await t.test("the RTP timeout by the caller's SDP", (t) => {
  const rows = [
    ["", 30_000, false],
    ["sendrecv", 30_000, false],
    ["sendonly", 1_800_000, true],
    ["inactive", 1_800_000, true],
    ["recvonly", 1_800_000, false],
  ] as const;
  for (const [direction, timeout, onHold] of rows) {
    t.equal(rtpTimeoutFor(sdp(direction), timeouts), timeout, direction);
    t.equal(isOnHold(sdp(direction)), onHold, direction);
  }
  t.equal(
    rtpTimeoutFor(sdp("sendonly"), { mediaTimeoutMs: 3_600_000, holdTimeoutMs: 1_800_000 }),
    3_600_000,
    "never the shorter one",
  );
  t.end();
});
