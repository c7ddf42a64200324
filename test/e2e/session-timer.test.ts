import t from "tap";

import { inTime, timeoutMs } from "../support/deadline.js";
import { keyIn, talk, Tones } from "./support/talk.js";
import { World } from "./support/world.js";

const caller = "+4915223125678";
/** The minimum session interval (RFC 4028 section 5); the refresher refreshes after half of it. */
const intervalSeconds = 90;
const refreshTimeoutMs = 60_000;

await t.test(
  "einwahl is the refresher: it refreshes in time, and the audio continues, also with a new key in the answer",
  { timeout: 180_000 },
  async (t) => {
    const world = await World.start(t, { line: "straight" });
    const phone = await world.phone();
    const before = await world.counts();
    const headers = [
      ["Supported", "timer"],
      ["Session-Expires", `${intervalSeconds};refresher=uas`],
    ] as const;
    const there = await talk(world, phone, { number: caller, headers });
    const { call } = there;
    t.equal(
      call.dialog?.answer.headers.get("Session-Expires"),
      `${intervalSeconds};refresher=uas`,
      "the 200 names the UAS as refresher",
    );
    const tones = new Tones(world, there);
    await tones.bothWays(t, "at first");
    t.match(await call.renegotiate("sendrecv", headers), { ok: true }, "new keys before the refresh");
    const key = keyIn(call.remoteSdp);
    const own = keyIn(call.localSdp);
    call.answersWithNewKeys = true;

    let off: () => void = () => undefined;
    const refreshed = new Promise<boolean>((resolve) => {
      off = call.onReinvite(resolve);
    });
    t.ok(
      await inTime("the refresh", refreshed, refreshTimeoutMs, () => world.tail()),
      "the refresh arrived and was accepted",
    );
    off();
    t.equal(keyIn(call.remoteSdp), key, "with the key in use, not with the first one");
    t.not(keyIn(call.localSdp), own, "answered with a new key");
    await tones.bothWays(t, "after the refresh");

    await call.hangUp();
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
    t.strictSame(world.complaints([caller.slice(3)]), []);
  },
);

for (const { who, offered, answered } of [
  { who: "einwahl", offered: "uas", answered: "uas" },
  { who: "the caller", offered: "uac", answered: "uac" },
])
  await t.test(`${who} is the refresher, and the call is taken over: einwahl refreshes from then on`, async (t) => {
    const world = await World.start(t, { line: "straight" });
    const phone = await world.phone();
    const before = await world.counts();
    const headers = [
      ["Supported", "timer"],
      ["Session-Expires", `${intervalSeconds};refresher=${offered}`],
    ] as const;
    const there = await talk(world, phone, { number: caller, headers });
    const { call } = there;
    t.equal(
      call.dialog?.answer.headers.get("Session-Expires"),
      `${intervalSeconds};refresher=${answered}`,
      "the 200 names the refresher",
    );
    const tones = new Tones(world, there);
    await tones.bothWays(t, "at first");
    call.answersWithNewKeys = true;
    const own = keyIn(call.localSdp);
    const theirs = keyIn(call.remoteSdp);
    await world.handOverEinwahl();
    const moved = world.bbbs[0].waitForOther(there.member, timeoutMs);
    let off: () => void = () => undefined;
    const refreshed = new Promise<boolean>((resolve) => {
      off = call.onReinvite(resolve);
    });
    await world.startEinwahl({ line: "straight" });
    t.ok(
      await inTime("the refresh", refreshed, refreshTimeoutMs, () => world.tail()),
      "a refresh arrived at once and was accepted",
    );
    off();
    t.equal(keyIn(call.remoteSdp), theirs, "with the key in use");
    t.not(keyIn(call.localSdp), own, "answered with a new key");
    // FreeSWITCH can't take the new key in a dialog that drachtio does not forward: the call has moved to a new channel.
    const member = await moved;
    if (member === undefined) throw new Error(`no member joined\n${world.tail()}`);
    await new Tones(world, { call, member }).bothWays(t, "after the refresh");

    await call.hangUp();
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
    t.strictSame(world.complaints([caller.slice(3)]), []);
  });
