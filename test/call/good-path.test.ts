import t from "tap";

import { success } from "../../src/util/result.js";
import { CallHarness, someAdmission, someSettings } from "../support/call-harness.js";
import { fakeConference, fakeNode, fakePin } from "../support/fake-directory.js";
import { receivedAudio } from "../support/fake-endpoint.js";

await t.test("a caller types the PIN and joins; the conference ends", async (t) => {
  const world = CallHarness.checked(t);
  const report = await world.run();

  t.strictSame(world.stages, [
    "ringing",
    "greeting",
    "asking",
    "looking-up",
    "joining",
    "talking",
    "looking-up",
    "asking",
    "ending",
  ]);
  t.equal(report.cause, "conference-ended");
  t.equal(report.trunk, "easybell");
  t.equal(report.mediaServer, "fs1");
  t.equal(report.server, "bbb1");
  t.equal(report.codec, "PCMA");
  t.strictSame(report.srtp, { trunk: "AES_CM_128_HMAC_SHA1_80", bbb: "AEAD_AES_256_GCM" });
  t.equal(report.pinsTyped, 1);
  t.strictSame(report.lookups, ["open"]);
  t.equal(report.joins, 1);
  t.strictSame(
    report.stages.map(({ stage }) => stage),
    world.stages,
  );
  t.strictSame(report.audio, receivedAudio);
  t.equal(
    report.totalMs,
    report.stages.reduce((sum, { ms }) => sum + ms, 0),
  );
  t.equal(report.stages.find(({ stage }) => stage === "ringing")?.ms, 25);
  t.equal(report.stages.find(({ stage }) => stage === "greeting")?.ms, 500, "the greeting lasts until the first key");
  t.equal(report.stages.find(({ stage }) => stage === "joining")?.ms, 300);

  t.equal(world.call.rings, 1);
  t.equal(world.call.accepts, 1);
  t.strictSame(world.call.hangUps, ['Q.850;cause=16;text="conference-ended"']);
  t.strictSame(world.endpoint.heard, [
    "de:welcome de:enter-pin en:language-switch",
    "de:conference-ended de:enter-pin",
    "de:goodbye",
  ]);
  t.strictSame(
    world.endpoint.plays.map((play) => play.outcome),
    ["stopped", "played", "played"],
    "typing interrupts the greeting, the farewell is heard to its end",
  );
});

await t.test("the conference sees four digits and a pseudonym", async (t) => {
  const world = CallHarness.checked(t);
  await world.run();
  const [target] = world.endpoint.targets;
  t.equal(world.endpoint.targets.length, 1);
  t.equal(target?.label, "5678");
  t.match(target?.pseudonym, /^anruf-[a-p]{16}$/);
  t.strictSame(target?.node, fakeNode("bbb1"));
  t.ok(target?.voiceBridge.equals(fakePin("54321")));
  t.equal(target?.answerTimeoutMs, someSettings.joinTimeoutMs);
});

await t.test("the pseudonym is constant within a meeting and differs between meetings", async (t) => {
  const pseudonymIn = async (meetingId: string): Promise<string | undefined> => {
    const world = CallHarness.checked(t, { conferences: [fakeConference("54321", "bbb1", meetingId)] });
    await world.run();
    return world.endpoint.targets[0]?.pseudonym;
  };
  t.equal(await pseudonymIn("a"), await pseudonymIn("a"));
  t.not(await pseudonymIn("a"), await pseudonymIn("b"));
});

await t.test("the report contains neither the number nor the PIN", async (t) => {
  const world = CallHarness.checked(t);
  t.notMatch(JSON.stringify(await world.run()), /5678|54321/);
  t.equal(world.call.timesForgotten, 1, "the INVITE's caller is dropped at the admission");
});

await t.test("`**` switches the language of prompts and label", async (t) => {
  const world = CallHarness.checked(t, {
    typing: ["**", "54321"],
    admission: success(someAdmission({ caller: { kind: "anonymous" } })),
  });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(world.endpoint.heard, [
    "de:welcome de:enter-pin en:language-switch",
    "de:pin-restart",
    "en:welcome en:enter-pin de:language-switch",
    "en:conference-ended en:enter-pin",
    "en:goodbye",
  ]);
  t.equal(world.endpoint.targets[0]?.label, "No number");
  t.equal(report.pinsTyped, 1);
});

await t.test("`**` twice returns to the first language; a number with one language offers no other", async (t) => {
  const twice = CallHarness.checked(t, { typing: ["**", "**", "54321"] });
  await twice.run();
  t.equal(twice.endpoint.heard.at(-1), "de:goodbye");

  const single = CallHarness.checked(t, {
    typing: ["**", "54321"],
    admission: success(someAdmission({ languages: ["en"] })),
  });
  await single.run();
  t.strictSame(single.endpoint.heard, [
    "en:welcome en:enter-pin",
    "en:pin-restart",
    "en:welcome en:enter-pin",
    "en:conference-ended en:enter-pin",
    "en:goodbye",
  ]);
});

await t.test("language switches have a limit", async (t) => {
  const world = CallHarness.checked(t, { typing: Array.from({ length: 100 }, () => "**") });
  const report = await world.run();
  t.equal(report.cause, "no-input");
  t.ok(world.endpoint.plays.length < 20);
});

await t.test("plain RTP where the trunk allows it is reported as such", async (t) => {
  const world = CallHarness.checked(t, {
    offer: "plain",
    suite: undefined,
    admission: success(someAdmission({ srtp: "optional" })),
  });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.equal(report.srtp.trunk, "none");
});
