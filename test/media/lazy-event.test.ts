import t from "tap";

import { LazyEvent } from "../../src/media/lazy-event.js";

const head = [
  "Event-Name: CHANNEL_ANSWER",
  "variable_switch_r_sdp: v%3D0%0D%0As%3DGespr%E4ch",
  "Content-Length: 12",
  "variable_rtp_use_codec_name: PCMA",
  "variable_colon: a%3A%20b: c",
  "variable_last: %C3%A4",
].join("\n");

await t.test("values are decoded, and one with an escape that is not UTF-8 is kept", (t) => {
  const event = new LazyEvent(head, "the body");
  t.equal(event.getHeader("Event-Name"), "CHANNEL_ANSWER");
  t.equal(event.getHeader("variable_switch_r_sdp"), "v%3D0%0D%0As%3DGespr%E4ch");
  t.equal(event.getHeader("variable_rtp_use_codec_name"), "PCMA");
  t.equal(event.getHeader("variable_colon"), "a: b: c");
  t.equal(event.getHeader("variable_last"), "ä");
  t.equal(event.getBody(), "the body");
  t.end();
});

await t.test("a name is neither the end of another name nor in a value", (t) => {
  const event = new LazyEvent("Other-Name: Name: x\nName: y");
  t.equal(event.getHeader("Name"), "y");
  t.equal(event.getHeader("Missing"), null);
  t.equal(new LazyEvent("Other-Name: x").getHeader("Name"), null);
  t.end();
});
