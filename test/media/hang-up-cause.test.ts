import t from "tap";

import { endOfCause, endOfReason } from "../../src/media/hang-up-cause.js";

await t.test("only a FreeSWITCH that stops is a lost media server", (t) => {
  for (const [cause, end] of [
    ["SYSTEM_SHUTDOWN", "media-server-lost"],
    ["MEDIA_TIMEOUT", "media-lost"],
    ["NORMAL_CLEARING", "channel-ended"],
    ["MANAGER_REQUEST", "channel-ended"],
    ["", "channel-ended"],
  ] as const)
    t.equal(endOfCause(cause), end, cause);
  for (const [reason, end] of [
    ['SIP;cause=701;text="SYSTEM_SHUTDOWN"', "media-server-lost"],
    ['SIP;cause=604;text="MEDIA_TIMEOUT"', "media-lost"],
    ['Q.850;cause=16;text="NORMAL_CLEARING"', "channel-ended"],
    ['SIP;cause=703;text="MANAGER_REQUEST"', "channel-ended"],
    [undefined, "channel-ended"],
  ] as const)
    t.equal(endOfReason(reason), end, reason ?? "no Reason header");
  t.end();
});
