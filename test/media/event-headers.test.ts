import t from "tap";

import { readEventHeaders } from "../../src/media/event-headers.js";

await t.test("an escape that is not UTF-8 does not lose the event", (t) => {
  const text = [
    "Event-Name: CHANNEL_ANSWER",
    "variable_switch_r_sdp: v%3D0%0D%0As%3DGespr%E4ch",
    "Content-Length: 12",
    "variable_rtp_use_codec_name: PCMA",
    "variable_colon: a%3A%20b: c",
  ].join("\n");
  t.same(readEventHeaders(text), {
    "Event-Name": "CHANNEL_ANSWER",
    variable_switch_r_sdp: "v%3D0%0D%0As%3DGespr%E4ch",
    "Content-Length": 12,
    variable_rtp_use_codec_name: "PCMA",
    variable_colon: "a: b: c",
  });
  t.end();
});
