import t from "tap";

import { DirectoryBench } from "../support/directory-bench.js";
import { fakeMeeting } from "../support/fake-bbb-api.js";
import { fakePin } from "../support/fake-directory.js";

await t.test("the audio bridge of a webhook is stored, and a missing route to LiveKit is reported once", async (t) => {
  const bench = await new DirectoryBench(["12345"]).opened();
  bench.directory.onWebhookEvents("bbb1", [
    { kind: "created", meeting: fakeMeeting("54321", { meetingId: "in-livekit", audioBridge: "livekit" }) },
  ]);
  t.equal(await bench.audioBridges.of("in-livekit"), "livekit");
  t.equal(bench.directory.usualAudio, "freeswitch");
  const found = await bench.directory.lookUp(fakePin("54321"));
  t.match(found, {
    kind: "open",
    conference: { audio: { told: "livekit", usual: "freeswitch", livekitNode: undefined } },
  });
  if (found.kind !== "open") return;
  bench.told.length = 0;
  for (const works of [false, false, true, true]) bench.directory.noteLivekitWay(found.conference, works);
  t.strictSame(bench.told, ["bbb1: LiveKit missing", "bbb1: LiveKit works"]);
  t.equal(bench.server(0).state.livekitWay, "works");
  bench.directory.close();
});
