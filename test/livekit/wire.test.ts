import { setTimeout } from "node:timers/promises";

import t from "tap";

import { missingPrograms } from "../e2e/support/missing-programs.js";
import { audioOf, Capture, understood, withTone } from "../engines/capture.js";
import { startRealEngines } from "../engines/real-engines.js";
import { timeoutMs } from "../support/deadline.js";
import { isReal } from "./support/livekit-side.js";
import { startLiveKitWorld } from "./support/livekit-world.js";

const number = "+4915223125678";
const pin = "800001";
const tones = { room: 620, caller: 1_040 } as const;
const tonesMs = 2_000;

const missing = isReal ? missingPrograms("tshark") : "of the real LiveKit only: npm run test:livekit";

await t.test("the packets of a call into a LiveKit meeting", { skip: missing, timeout: 120_000 }, async (t) => {
  const { world, livekit, nodePort, createMeeting } = await startLiveKitWorld(t, {
    line: "straight",
    engines: startRealEngines,
  });
  const meeting = await createMeeting({ meetingID: "Course", voiceBridge: pin });
  const microphone = await livekit.microphone(meeting);
  const phone = await world.phone();
  const capture = await Capture.start(t);
  const call = await phone.dial({ ...world.line(), number, codecs: ["PCMA"], srtp: "mandatory" });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await call.audio.waitForPrompt("de/welcome", timeoutMs);
  await call.sendDigits(`${pin}#`);
  call.playTone(tones.caller);
  t.ok(await microphone.hears(tones.caller, timeoutMs), "the room hears the caller");
  microphone.playTone(tones.room);
  t.ok(await call.audio.waitForTone(tones.room, timeoutMs), "the caller hears the room");
  await setTimeout(tonesMs);
  const report = world.reports.next("the call's report", () => true);
  await call.hangUp();
  const { srtp } = await report;
  const flows = await capture.stop();

  const isInside = ({ source, destination }: (typeof flows)[number]): boolean =>
    livekit.hasAudioPort(source) || livekit.hasAudioPort(destination);
  const inside = audioOf(flows.filter(isInside));
  t.ok(inside.length >= 2, "audio between the BBB server's FreeSWITCH and LiveKit, on its loopback, has been captured");
  const outside = audioOf(flows.filter((flow) => !isInside(flow)));
  t.ok(outside.length >= 4, "audio both ways of the caller's leg and of the leg to the node has been captured");
  t.strictSame(understood(outside, world.prompts), [], "no prompt");
  t.strictSame([withTone(outside, tones.caller), withTone(outside, tones.room)], [0, 0], "no tone");
  const signalling = flows.filter(({ source, destination }) => source === nodePort || destination === nodePort);
  t.ok(signalling.length >= 2, "signalling to the node has been captured");
  t.notOk(
    signalling.some(({ protocol, payloads }) => protocol !== "tcp" || Buffer.concat(payloads).includes("SIP/2.0")),
    "none of it is readable",
  );
  t.comment(`suites: ${JSON.stringify(srtp)}`);
});
