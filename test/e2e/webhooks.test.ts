import t, { type Test } from "tap";

import { SampleWebhooks, type WebhookOptions } from "../../src/simulators/bbb/webhooks.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { timeoutMs } from "../support/deadline.js";
import { hears, untilHeard } from "./support/hearing.js";
import { freePort } from "./support/ports.js";
import { type Settings, World } from "./support/world.js";

const caller = "+4915223125678";

/** Servers that are rarely polled and send webhooks. */
function withWebhooks(all: Settings): Settings {
  const servers = all["bbb_servers"] as readonly Settings[];
  return { ...all, bbb_servers: servers.map((server) => ({ ...server, webhooks: true, poll_interval: "10m" })) };
}

async function startWorld(t: Test): Promise<World> {
  return await World.start(t, { settings: withWebhooks });
}

/** A server whose livekit-sip is called directly, unencrypted, as in a private network. */
async function startWithLiveKit(t: Test): Promise<World> {
  const port = await freePort();
  const world = await World.start(t, {
    settings: (all) => {
      const servers = withWebhooks(all)["bbb_servers"] as readonly Settings[];
      return {
        ...all,
        bbb_servers: servers.map((server, at) =>
          at === 1 ? { ...server, livekit_sip: { port, transport: "tcp", allow_unencrypted: true } } : server,
        ),
      };
    },
  });
  await world.bbbs[1].livekit.moveTo(port);
  return world;
}

function hooksOf(t: Test, world: World, at: 0 | 1, proof: WebhookOptions["proof"]): SampleWebhooks {
  const bbb = world.bbbs[at];
  const hooks = new SampleWebhooks(bbb.meetings, {
    url: `http://127.0.0.1:${world.einwahl.httpPort}/bbb-webhooks/${bbb.name}`,
    secret: "test-bbb-secret",
    proof,
  });
  t.teardown(() => hooks.close());
  return hooks;
}

async function answered(world: World): Promise<PhoneCall> {
  const phone = await world.phone();
  const call = await phone.dial({ ...world.line(), number: caller });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await untilHeard(world, call, "de/welcome");
  return call;
}

await t.test(
  "a meeting from a webhook is known without a poll, and forgotten after the webhook of its end",
  async (t) => {
    const world = await startWorld(t);
    const [bbb] = world.bbbs;
    for (const [proof, pin] of [
      ["sha1", "700001"],
      ["sha512", "700002"],
      ["bearer", "700003"],
    ] as const) {
      const hooks = hooksOf(t, world, 0, proof);
      const asked = bbb.api.calls("getMeetings");
      bbb.createMeeting({ meetingID: `told-${proof}`, voiceBridge: pin });
      await hooks.settled();
      t.strictSame(hooks.answers, [200], proof);
      t.match(world.einwahl.status().bbbServers, [{ name: bbb.name, meetings: 2 }, {}], "known at once");
      t.equal(bbb.api.calls("getMeetings"), asked, "and the server was not asked");
      const call = await answered(world);
      const arrival = bbb.waitForMember(pin, timeoutMs);
      await call.sendDigits(`${pin}#`);
      t.match(await arrival, { name: "5678" });
      await call.hangUp();
      await bbb.endMeeting(`told-${proof}`);
      await hooks.settled();
      t.strictSame(hooks.answers, [200, 200]);
      await hooks.close();
    }
    const call = await answered(world);
    await call.sendDigits("700001#");
    await hears(t, world, call, "de/pin-unknown", "its end was told as well");
    await call.hangUp();
    t.strictSame(
      world.complaints([caller.slice(3), "700001", "700002", "700003"]),
      [],
      "no unexpected error, number or PIN in the log",
    );
  },
);

await t.test("an unauthenticated webhook changes nothing", async (t) => {
  const world = await startWorld(t);
  const [bbb] = world.bbbs;
  const hooks = new SampleWebhooks(bbb.meetings, {
    url: `http://127.0.0.1:${world.einwahl.httpPort}/bbb-webhooks/${bbb.name}`,
    secret: "guessed",
    proof: "sha1",
  });
  t.teardown(() => hooks.close());
  hooks.post("meeting-created", { "internal-meeting-id": "forged", "voice-conf": "666666", "parent-id": "bbb-none" });
  hooks.post("meeting-ended", { "internal-meeting-id": bbb.meetings.all()[0]?.internalMeetingID });
  await hooks.settled();
  t.strictSame(hooks.answers, [401, 401], "which bbb-webhooks takes for delivered");
  const refused = world.log.past.filter((line) => line.includes("webhooks refused"));
  t.match(refused, [/"server":"bbb-1","refused":1/], "logged once");
  t.match(world.einwahl.status().bbbServers, [{ webhooks: { ageMs: null, refused: 2, refusedAgeMs: Number } }, {}]);
  const operators = `http://127.0.0.1:${world.einwahl.operatorsPort}`;
  const page = async (language: string): Promise<string> =>
    await (await fetch(`${operators}/status?lang=${language}`, { headers: { accept: "text/html" } })).text();
  t.match(await page("en"), /Webhooks of the BBB server bbb-1 do not prove.*webhooks: no valid one yet, 2 refused/s);
  t.match(
    await page("de"),
    /Webhooks des BBB-Servers bbb-1 sind nicht als seine bewiesen.*Webhooks: noch kein gültiger, 2 abgewiesen/s,
  );
  t.match(
    await (await fetch(`${operators}/metrics`)).text(),
    /^einwahl_bbb_webhooks_refused_total\{server="bbb-1"\} 2$/m,
  );
  const right = hooksOf(t, world, 0, "sha1");
  right.post("user-joined", { "internal-meeting-id": "any" });
  await right.settled();
  t.strictSame(right.answers, [200]);
  t.match(await page("en"), /webhooks: last valid one \d s ago, 2 refused/, "a valid one: its age, and no more issue");
  t.notMatch(await page("en"), /do not prove/);
  const call = await answered(world);
  await call.sendDigits("666666#");
  await hears(t, world, call, "de/pin-unknown", "the PIN is unknown");
  const arrival = bbb.waitForMember("12345", timeoutMs);
  await call.sendDigits("12345#");
  t.match(await arrival, { name: "5678" }, "and the meeting is still there");
  await call.hangUp();
});

await t.test("a meeting with LiveKit audio", async (t) => {
  await t.test("calls go to LiveKit's own port if configured", async (t) => {
    const world = await startWithLiveKit(t);
    const [, bbb] = world.bbbs;
    const hooks = hooksOf(t, world, 1, "sha256");
    bbb.createMeeting({ meetingID: "livekit", voiceBridge: "800001", audioBridge: "livekit" });
    await hooks.settled();
    const call = await answered(world);
    const arrival = bbb.waitForMember("800001", timeoutMs);
    await call.sendDigits("800001#");
    t.match(await arrival, { voiceBridge: "800001", suite: undefined });
    t.equal(bbb.livekit.participants("800001").length, 1, "in LiveKit's room");
    t.strictSame(bbb.adHocConferences(), [], "and not in a conference of FreeSWITCH");
    await call.hangUp();
  });

  await t.test("without LiveKit's route the caller hears a prompt, and the operator sees the reason", async (t) => {
    const world = await startWorld(t);
    const hooks = hooksOf(t, world, 1, "sha256");
    world.bbbs[1].createMeeting({ meetingID: "livekit", voiceBridge: "800001", audioBridge: "livekit" });
    await hooks.settled();
    const call = await answered(world);
    await call.sendDigits("800001#");
    await hears(t, world, call, "de/no-telephone-audio", "the caller hears the reason");
    t.strictSame(
      world.bbbs.flatMap((bbb) => bbb.members()),
      [],
      "and the empty conference has no members",
    );
    t.match(world.log.past.join("\n"), /"server":"bbb-2".*LiveKit/, "the log says what to set");
    await call.hangUp();
  });
});
