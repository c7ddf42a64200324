import t from "tap";

import { suiteIn } from "../../src/media/sdes.js";

const key = "a=crypto:1 AEAD_AES_256_GCM inline:c2VjcmV0";

await t.test("the suite in an answer", (t) => {
  const rows: readonly (readonly [what: string, lines: readonly string[], suite: string | undefined])[] = [
    ["SAVP", ["m=audio 20000 RTP/SAVP 8 101", "a=rtpmap:8 PCMA/8000", key], "AEAD_AES_256_GCM"],
    ["SAVPF", ["m=audio 20000 RTP/SAVPF 8", key], "AEAD_AES_256_GCM"],
    ["AVP", ["m=audio 20000 RTP/AVP 8"], undefined],
    ["keys that were not taken", ["m=audio 20000 RTP/AVP 8", key], undefined],
    ["SAVP without keys", ["m=audio 20000 RTP/SAVP 8"], undefined],
    ["the refused line is the encrypted one", ["m=audio 0 RTP/SAVP 8", key, "m=audio 20000 RTP/AVP 8"], undefined],
    ["the refused line is the plain one", ["m=audio 0 RTP/AVP 8", "m=audio 20000 RTP/SAVP 8", key], "AEAD_AES_256_GCM"],
    ["everything refused", ["m=audio 0 RTP/SAVP 8", key], undefined],
    ["the key of the video", ["m=audio 20000 RTP/SAVP 8", "m=video 0 RTP/SAVP 96", key], undefined],
    ["nothing", [], undefined],
  ];
  for (const [what, lines, suite] of rows) {
    for (const end of ["\r\n", "\n"]) t.equal(suiteIn(["v=0", "s=-", ...lines, ""].join(end)), suite, what);
  }
  t.end();
});
