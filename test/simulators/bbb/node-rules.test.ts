import t from "tap";

import { dial, serve, telephone } from "./support/sample.js";

await t.test("BBB 3.0's rules for callers", async (t) => {
  const bbb = await serve(t);
  const phone = await telephone(t);
  bbb.createMeeting({ meetingID: "room", voiceBridge: "55555" });
  for (const display of ["", "Anonymous", "unknown", "PRIVATE", "Restricted", "withheld", "0000000000"]) {
    t.match(
      await (
        await dial(phone, bbb, "55555", { display })
      ).answered,
      { ok: false, failure: { status: 603 } },
      `the name ${display}`,
    );
  }
  t.match(await (await dial(phone, bbb, "55555", { headers: [["Privacy", "id"]] })).answered, {
    ok: false,
    failure: { status: 603 },
  });

  bbb.voice.sessionsPerSecond = 2;
  const statuses = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const answered = await (await dial(phone, bbb, "55555")).answered;
      return answered.ok ? 200 : answered.failure.status;
    }),
  );
  t.ok(statuses.filter((status) => status === 503).length >= 2, `too many in one second: ${statuses.join(" ")}`);
  bbb.voice.sessionsPerSecond = 30;

  const call = await dial(phone, bbb, "55555");
  t.match(await call.answered, { ok: true });
  await bbb.stopFreeswitch();
  t.match(await call.ended, { by: "remote", reason: /SIP;cause=701;text="SYSTEM_SHUTDOWN"/ });
  await bbb.voice.up();
});
