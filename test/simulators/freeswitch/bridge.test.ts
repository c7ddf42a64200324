import t from "tap";

import { allSuites } from "../../../src/softphone/rtp/srtp.js";
import { Node, type NodeCall } from "./node.js";
import { type Endpoint, eventOf, FreeswitchHarness, type ModeslEvent, nextBridge, soon } from "./support.js";

const world = await FreeswitchHarness.start(t);
const node = await Node.start(t, world);

interface Bridged {
  readonly far: NodeCall;
  readonly done: Promise<ModeslEvent>;
}

async function bridge(endpoint: Endpoint, variables: Record<string, string> = {}): Promise<Bridged> {
  const taken = node.call();
  const connected = nextBridge(endpoint);
  const done = endpoint.execute("bridge", node.dialString(variables));
  const far = await soon("the node's answer", taken);
  await soon("CHANNEL_BRIDGE", connected);
  return { far, done };
}

const identity = {
  origination_caller_id_name: "'1234'",
  origination_caller_id_number: "p-4f2a",
  sip_from_display: "'1234'",
  sip_cid_type: "none",
};

for (const suite of allSuites) {
  await t.test(`${suite} on both legs: identity, audio and digits both ways`, async (t) => {
    node.reaction = { kind: "answer", srtp: "mandatory" };
    const { endpoint, caller } = await world.call(t, { suites: [suite] });
    endpoint.conn?.subscribe("CHANNEL_BRIDGE CHANNEL_UNBRIDGE");
    await endpoint.execute("set", "bridge_filter_dtmf=false");
    const [bridged, unbridged] = [eventOf(endpoint, "CHANNEL_BRIDGE"), eventOf(endpoint, "CHANNEL_UNBRIDGE")];
    const { far, done } = await bridge(endpoint, {
      ...identity,
      origination_uuid: `leg-${suite}`,
      rtp_secure_media_outbound: `mandatory:${suite}`,
    });
    t.equal(far.name, "1234");
    t.equal(far.number, "p-4f2a");
    const invite = node.invites.at(-1)?.request;
    t.equal(invite?.headers.get("Remote-Party-ID"), undefined);
    t.match(invite?.uri, /^sip:04711@127\.0\.0\.1:\d+;transport=tls$/);
    t.equal(far.media.suite, suite);
    t.equal(far.media.codec, "PCMA");
    t.equal((await soon("CHANNEL_BRIDGE", bridged)).getHeader("Bridge-B-Unique-ID"), `leg-${suite}`);
    t.equal((await endpoint.api("uuid_getvar", `leg-${suite} rtp_has_crypto`)).getBody(), suite);
    t.equal((await endpoint.api("uuid_getvar", `leg-${suite} rtp_use_codec_name`)).getBody(), "PCMA");
    t.equal(await world.mediaServer.api("show calls count"), "\n1 total.\n");
    t.equal(await world.mediaServer.api("show channels count"), "\n2 total.\n");

    const [fromCaller, fromFar] = [world.play(caller, 440), world.play(far.media, 1000)];
    await Promise.all([world.hears(far.media, 440), world.hears(caller, 1000)]);
    fromCaller();
    fromFar();
    const digits: string[] = [];
    const told: string[] = [];
    caller.onDigit = (digit) => digits.push(digit);
    endpoint.on("dtmf", ({ dtmf }) => told.push(dtmf));
    await caller.sendDigit("0", 100);
    await endpoint.api("uuid_recv_dtmf", `${endpoint.uuid} 7`);
    await far.media.sendDigit("9", 100);
    await world.until("digits both ways", () => far.digits.length === 2 && digits.length === 1);
    t.same([far.digits, digits, told], [["0", "7"], ["9"], ["0", "7"]]);

    await far.dialog.bye();
    const complete = await soon("the bridge's end", done);
    t.match(
      [
        "originate_disposition",
        "bridge_hangup_cause",
        "last_bridge_hangup_cause",
        "last_bridge_proto_specific_hangup_cause",
        "bridge_uuid",
      ].map((name) => complete.getHeader(`variable_${name}`)),
      ["SUCCESS", "NORMAL_CLEARING", "NORMAL_CLEARING", "sip:200", `leg-${suite}`],
    );
    t.equal(complete.getHeader("Answer-State"), "answered", "the caller lives on");
    await soon("CHANNEL_UNBRIDGE", unbridged);
    const playing = endpoint.execute("playback", "tone_stream://%(2000,0,700)");
    await world.hears(caller, 700);
    await endpoint.api("uuid_break", endpoint.uuid);
    await playing;
    await endpoint.destroy();
  });
}

await t.test("only the caller's codec is offered by default", async (t) => {
  const { endpoint, caller } = await world.call(t, { codecs: ["PCMU"] });
  const one = await bridge(endpoint);
  t.equal(one.far.media.codec, "PCMU");
  t.match(node.invites.at(-1)?.request.body, /m=audio \d+ RTP\/SAVP 0 101/);
  await one.far.dialog.bye();
  await one.done;
  const two = await bridge(endpoint, { absolute_codec_string: "^^:G722:PCMA:PCMU" });
  t.match(node.invites.at(-1)?.request.body, /m=audio \d+ RTP\/SAVP 8 0 101/);
  t.equal(two.far.media.codec, "PCMA");
  const stop = world.play(caller, 440);
  await world.hears(two.far.media, 440);
  stop();
  await two.far.dialog.bye();
  await two.done;
  const none = await endpoint.execute("bridge", node.dialString({ absolute_codec_string: "G722" }));
  t.equal(none.getHeader("variable_originate_disposition"), "INCOMPATIBLE_DESTINATION");
  await endpoint.destroy();
});

await t.test("SRTP optional: two lines offered, either one accepted; forbidden: one plain line", async (t) => {
  const { endpoint, caller } = await world.call(t);
  for (const [policy, answering, suite] of [
    ["optional", "optional", /GCM/],
    ["optional", "none", undefined],
    ["false", "optional", undefined],
  ] as const) {
    node.reaction = { kind: "answer", srtp: answering };
    const { far, done } = await bridge(endpoint, { rtp_secure_media_outbound: policy });
    t.equal((node.invites.at(-1)?.request.body.match(/^m=audio/gm) ?? []).length, policy === "optional" ? 2 : 1);
    if (suite === undefined) t.equal(far.media.suite, undefined);
    else t.match(far.media.suite, suite);
    const stop = world.play(caller, 440);
    await world.hears(far.media, 440);
    stop();
    await far.dialog.bye();
    await done;
  }
  node.reaction = { kind: "answer", srtp: "none" };
  const refused = await endpoint.execute("bridge", node.dialString());
  t.equal(
    refused.getHeader("variable_originate_disposition"),
    "INCOMPATIBLE_DESTINATION",
    "mandatory, and the node has none",
  );
  await endpoint.destroy();
});

await t.test("a BBB server without RFC 4733 gets the digits by INFO", async (t) => {
  node.reaction = { kind: "answer", srtp: "mandatory", telephoneEvent: false };
  const { endpoint, caller } = await world.call(t);
  await endpoint.execute("set", "bridge_filter_dtmf=false");
  const { far, done } = await bridge(endpoint);
  await caller.sendDigit("5", 100);
  await world.until("the INFO", () => far.infos.length === 1);
  t.same(far.infos, ["Signal=5"]);
  await far.dialog.bye();
  await done;
  await endpoint.destroy();
});

await t.test("hang-ups of a bridge", async (t) => {
  await t.test("the caller: the BBB server gets a BYE with the cause", async (t) => {
    node.reaction = { kind: "answer", srtp: "mandatory" };
    const { endpoint } = await world.call(t);
    const { far, done } = await bridge(endpoint);
    await endpoint.dialog.destroy();
    t.match(await soon("BYE", far.dialog.ended), { by: "remote", reason: /Q\.850;cause=16/ });
    t.equal((await soon("complete", done)).getHeader("Answer-State"), "hangup");
  });
  await t.test("uuid_kill of the far leg: the caller stays; uuid_break does nothing", async (t) => {
    const { endpoint, caller } = await world.call(t);
    const { far, done } = await bridge(endpoint, { origination_uuid: "far-leg" });
    await endpoint.api("uuid_break", `${endpoint.uuid} all`);
    const stop = world.play(caller, 440);
    await world.hears(far.media, 440);
    stop();
    await endpoint.api("uuid_kill", "far-leg");
    await soon("complete", done);
    await endpoint.execute("set", "still=here");
    await endpoint.destroy();
  });
  await t.test("hangup_after_bridge: the node's BYE ends the caller too", async (t) => {
    const { endpoint } = await world.call(t);
    await endpoint.execute("set", "hangup_after_bridge=true");
    const bye = new Promise((resolve) => {
      endpoint.dialog.on("destroy", resolve);
    });
    const { far } = await bridge(endpoint);
    await far.dialog.bye([["Reason", "Q.850;cause=17"]]);
    await soon("BYE to the caller", bye);
  });
  await t.test("the application disconnects: the bridge continues, and its end ends the caller", async (t) => {
    const { endpoint, caller } = await world.call(t);
    const { far } = await bridge(endpoint);
    endpoint.conn?.disconnect();
    await world.until("the socket is closed", () => world.freeswitch.counts().sockets === 0);
    const stop = world.play(caller, 440);
    await world.hears(far.media, 440);
    stop();
    const bye = new Promise((resolve) => {
      endpoint.dialog.on("destroy", resolve);
    });
    await far.dialog.bye();
    await soon("BYE to the caller", bye);
  });
  await t.test("the caller's media stops: both legs end", async (t) => {
    const { endpoint, caller } = await world.call(t, { headers: { "X-Einwahl-Media-Timeout": "1000" } });
    const { far } = await bridge(endpoint);
    const stop = world.play(caller, 440);
    await world.hears(far.media, 440);
    const destroyed = new Promise<unknown>((resolve) => {
      endpoint.on("destroy", resolve);
    });
    const reason = new Promise<string | undefined>((resolve) => {
      endpoint.dialog.on("destroy", (bye) => {
        resolve(bye.get("Reason"));
      });
    });
    stop();
    t.match(await soon("BYE", reason), "MEDIA_TIMEOUT");
    t.equal(await soon("destroy", destroyed), undefined, "the application's connection ends without a reason");
    await soon("BYE to the node", far.dialog.ended);
  });
});

await t.test("the BBB server's media stops: its leg ends, the caller stays", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const { far, done } = await bridge(endpoint, { media_timeout: "400" });
  const stop = world.play(far.media, 1000);
  await world.hears(caller, 1000);
  stop();
  t.equal((await soon("the end of the bridge", done)).getHeader("variable_bridge_hangup_cause"), "MEDIA_TIMEOUT");
  t.match(await soon("BYE", far.dialog.ended), { by: "remote", reason: /cause=804/ });
  await endpoint.destroy();
});

await t.test("a caller without RTP: the BBB server gets silence", async (t) => {
  const { endpoint } = await world.call(t);
  const { far, done } = await bridge(endpoint);
  await world.until("silence", () => far.media.stats().packetsIn > 20);
  await far.dialog.bye();
  await done;
  await endpoint.destroy();
});

await t.test("another application during the bridge: the audio pauses and resumes", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const { far, done } = await bridge(endpoint);
  const stop = world.play(far.media, 1000);
  await world.hears(caller, 1000);
  const playing = endpoint.execute("playback", "tone_stream://%(400,0,700)");
  await world.hears(caller, 700);
  await playing;
  await world.hears(caller, 1000);
  stop();
  await endpoint.destroy();
  await done;
});

await t.test("re-INVITE of the BBB server: hold, new keys, and a plain one is rejected", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const { far, done } = await bridge(endpoint);
  const renewed = await far.dialog.reinvite(far.media.offer({ codecs: ["PCMA"], srtp: "mandatory" }));
  t.ok(renewed.ok && far.media.accept(renewed.value.body).ok);
  const stop = world.play(caller, 440);
  await world.hears(far.media, 440);
  stop();
  const plain = await far.dialog.reinvite(far.media.offer({ codecs: ["PCMA"], srtp: "none" }));
  t.match(plain, { ok: false, failure: { status: 488 } });
  const other = await far.dialog.reinvite(
    far.media.offer({ codecs: ["PCMA"], srtp: "mandatory", suites: ["AES_CM_128_HMAC_SHA1_80"] }),
  );
  t.match(other, { ok: false, failure: { status: 488 } });
  await far.dialog.bye();
  await done;
  await endpoint.destroy();
});
