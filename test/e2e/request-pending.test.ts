import t from "tap";

import { RawCall } from "./support/raw-call.js";
import { World } from "./support/world.js";

const caller = "+4915223125678";

await t.test("re-INVITEs and UPDATEs before the previous one has completed", { timeout: 120_000 }, async (t) => {
  const world = await World.start(t, { line: "straight", trunk: { allow_unencrypted: true } });
  const before = await world.counts();
  const call = await RawCall.dial(t, world, caller);

  call.request("INVITE", 2, { sdp: call.sdp({ version: 2, direction: "sendonly" }) });
  call.request("INVITE", 3, { sdp: call.sdp({ version: 3, key: 1 }) });
  const early = await call.response(3, "INVITE", /^[2-6]/);
  t.match(early, /^SIP\/2\.0 500 /, "the second is refused for now (RFC 3261 section 14.2)");
  t.match(early, /^Retry-After: (?:\d|10)\r$/im, "and may come again in 0 to 10 s");
  t.match(await call.response(2, "INVITE", /^2/), /^a=recvonly\r$/m, "the first is answered");
  call.request("ACK", 2);
  call.request("ACK", 3);

  call.request("INVITE", 4);
  const offer = await call.response(4, "INVITE", /^2/);
  t.equal(offer.match(/^a=crypto:/gm)?.length, 4, "without SDP: an offer");
  call.request("UPDATE", 5, { sdp: call.sdp({ version: 4 }) });
  t.match(
    await call.response(5, "UPDATE", /^[2-6]/),
    /^SIP\/2\.0 491 /,
    "einwahl's offer has no answer yet: an UPDATE with SDP must wait (RFC 3311 section 5.2)",
  );
  call.request("UPDATE", 6);
  t.match(await call.response(6, "UPDATE", /^[2-6]/), /^SIP\/2\.0 200 /, "one without SDP has not");
  call.request("ACK", 4, { sdp: call.sdp({ version: 4, key: 1 }) });
  call.request("UPDATE", 7, { sdp: call.sdp({ version: 5, key: 1 }) });
  t.match(
    await call.response(7, "UPDATE", /^[2-6]/),
    /^SIP\/2\.0 200 [^]*^a=crypto:1 AES_CM_128_HMAC_SHA1_80 /m,
    "it is accepted after the answer in the ACK",
  );

  const report = world.reports.next("the call's report", () => true);
  call.request("BYE", 8);
  t.match(await report, { cause: "caller-hung-up" });
  t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
});
