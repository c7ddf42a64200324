import { setTimeout } from "node:timers/promises";

import t from "tap";

import { conferences } from "../e2e/support/world.js";
import { timeoutMs } from "../support/deadline.js";
import type { BbbLike, ConferenceMember } from "./bbb-like.js";
import { missingEngines } from "./programs.js";
import { startRealWorld } from "./real-world.js";
import { greatestToneShare } from "./sound.js";

const caller = "+4915223125684";
const [{ pin }] = conferences;
const tones = { conference: 620, caller: 1040 } as const;
const toneMs = 1_500;
/** Longer than RTP may be absent without a hold: 4 s on BBB's leg at the media server, 10 s in 01_einwahl.xml. */
const heldMs = 12_000;
const lookEveryMs = 50;

async function memberOf(node: BbbLike): Promise<ConferenceMember> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const [member] = await node.members(pin);
    if (member !== undefined) return member;
    if (performance.now() > deadline) throw new Error(`no member in ${pin}\n${node.log().slice(-40).join("\n")}`);
    await setTimeout(lookEveryMs);
  }
}

await t.test("uuid_hold on a BBB-like FreeSWITCH", { skip: missingEngines() ?? false, timeout: 240_000 }, async (t) => {
  const { world, nodes } = await startRealWorld(t, { mediaEnv: { EINWAHL_FS_BBB_MEDIA_TIMEOUT_S: "4" } });
  const [node] = nodes;
  const phone = await world.phone();
  const call = await phone.dial({ ...world.line(), number: caller });
  call.audio.listenForPrompts(world.prompts);
  t.ok((await call.answered).ok);
  await call.audio.waitForPrompt("de/welcome", timeoutMs);
  await call.sendDigits(`${pin}#`);
  const member = await memberOf(node);

  call.stopRtp();
  await setTimeout(heldMs);
  t.equal(
    (await memberOf(node)).memberId,
    member.memberId,
    "a caller who sends no RTP: the media server keeps sending to BBB",
  );
  call.resumeRtp();
  t.ok((await call.hold()).ok);
  await setTimeout(heldMs);
  t.equal((await memberOf(node)).memberId, member.memberId, "nor does a hold by the caller end the leg");
  t.ok((await call.resume()).ok);

  // Sent by BBB's akka-bbb-fsesl (HoldUserCommand.java).
  t.match(await node.socket.api(`uuid_hold toggle ${member.channel}`), "+OK");
  t.ok(await call.audio.waitForSound(timeoutMs), "the caller hears music");
  const heard = call.audio.recording.durationMs;
  await setTimeout(heldMs);
  t.ok(call.audio.recording.durationMs - heard > heldMs / 2, "RTP goes to the caller all the time");
  t.equal((await memberOf(node)).memberId, member.memberId, "the leg is still there");
  t.match(await node.socket.api(`uuid_hold off ${member.channel}`), "+OK");
  call.playTone(tones.caller);
  const stop = await node.recordMember(member);
  await node.playTone(pin, tones.conference, toneMs);
  t.ok(await call.audio.waitForTone(tones.conference, timeoutMs), "the caller hears the conference again");
  await setTimeout(toneMs);
  t.ok(greatestToneShare(await stop(), tones.caller) > 0.8, "the conference hears the caller again");

  t.match(await node.socket.api(`uuid_hold toggle ${member.channel}`), "+OK");
  await call.audio.waitForSound(timeoutMs);
  await node.empty(pin);
  t.match(await call.ended, { by: "remote" }, "a leg that ends on hold ends the call");
});
