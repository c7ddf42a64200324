import t from "tap";
import { makeCertificates } from "../../../src/embedded/certificates.js";
import { ALL_SUITES } from "../../../src/embedded/rtp/srtp.js";
import { Node, type NodeCall } from "./node.js";
import { World, eventOf, within, type Endpoint, type ModeslEvent } from "./support.js";

const world = await World.start(t);
const node = await Node.start(t, world);

interface Bridged {
  readonly far: NodeCall;
  readonly done: Promise<ModeslEvent>;
}

async function bridge(endpoint: Endpoint, variables: Record<string, string> = {}): Promise<Bridged> {
  const taken = node.call();
  const done = endpoint.execute("bridge", node.dialString(variables));
  return { far: await within(taken, "the node's answer"), done };
}

const identity = { origination_caller_id_name: "'1234'", origination_caller_id_number: "p-4f2a", sip_from_display: "'1234'", sip_cid_type: "none" };

for (const suite of ALL_SUITES) {
  await t.test(`${suite} on both legs: identity, audio and digits both ways`, async (t) => {
    node.reaction = { kind: "answer", srtp: "mandatory" };
    const { endpoint, caller } = await world.call(t, { suites: [suite] });
    endpoint.conn?.subscribe("CHANNEL_BRIDGE CHANNEL_UNBRIDGE");
    await endpoint.execute("set", "x=y");
    const [bridged, unbridged] = [eventOf(endpoint, "CHANNEL_BRIDGE"), eventOf(endpoint, "CHANNEL_UNBRIDGE")];
    const { far, done } = await bridge(endpoint, { ...identity, origination_uuid: `leg-${suite}`, rtp_secure_media_outbound: `mandatory:${suite}` });
    t.equal(far.name, "1234");
    t.equal(far.number, "p-4f2a");
    const invite = node.invites.at(-1)?.request;
    t.equal(invite?.headers.get("Remote-Party-ID"), undefined);
    t.match(invite?.uri, /^sip:04711@127\.0\.0\.1:\d+;transport=tls$/);
    t.equal(far.media.suite, suite);
    t.equal(far.media.codec, "PCMA");
    t.equal((await within(bridged, "CHANNEL_BRIDGE")).getHeader("Bridge-B-Unique-ID"), `leg-${suite}`);
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
    const complete = await within(done, "the bridge's end");
    t.match(
      ["originate_disposition", "bridge_hangup_cause", "last_bridge_hangup_cause", "last_bridge_proto_specific_hangup_cause", "bridge_uuid"].map((name) => complete.getHeader(`variable_${name}`)),
      ["SUCCESS", "NORMAL_CLEARING", "NORMAL_CLEARING", "sip:200", `leg-${suite}`],
    );
    t.equal(complete.getHeader("Answer-State"), "answered", "the caller lives on");
    await within(unbridged, "CHANNEL_UNBRIDGE");
    const playing = endpoint.execute("playback", "tone_stream://%(2000,0,700)");
    await world.hears(caller, 700);
    await endpoint.api("uuid_break", endpoint.uuid);
    await playing;
    await endpoint.destroy();
    await world.nothingLeft();
  });
}

await t.test("the caller's codec is offered, another one only when told to", async (t) => {
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
  await world.nothingLeft();
});

await t.test("SRTP optional: two lines offered, either one taken; forbidden: one plain line", async (t) => {
  const { endpoint, caller } = await world.call(t);
  for (const [policy, answering, suite] of [["optional", "optional", /GCM/], ["optional", "none", undefined], ["false", "optional", undefined]] as const) {
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
  t.equal(refused.getHeader("variable_originate_disposition"), "INCOMPATIBLE_DESTINATION", "mandatory, and the node has none");
  await endpoint.destroy();
  await world.nothingLeft();
});

await t.test("a node without RFC 4733 gets the digits by INFO", async (t) => {
  node.reaction = { kind: "answer", srtp: "mandatory", telephoneEvent: false };
  const { endpoint, caller } = await world.call(t);
  const { far, done } = await bridge(endpoint);
  await caller.sendDigit("5", 100);
  await world.until("the INFO", () => far.infos.length === 1);
  t.same(far.infos, ["Signal=5"]);
  await far.dialog.bye();
  await done;
  await endpoint.destroy();
});

await t.test("refusals and what FreeSWITCH calls them", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const table: [number, string | undefined, string][] = [
    [486, undefined, "USER_BUSY"],
    [404, undefined, "UNALLOCATED_NUMBER"],
    [404, 'Q.850;cause=3;text="NO_ROUTE_DESTINATION"', "NO_ROUTE_DESTINATION"],
    [403, undefined, "CALL_REJECTED"],
    [480, undefined, "NO_USER_RESPONSE"],
    [488, undefined, "INCOMPATIBLE_DESTINATION"],
    [503, undefined, "NORMAL_TEMPORARY_FAILURE"],
    [408, undefined, "RECOVERY_ON_TIMER_EXPIRE"],
  ];
  for (const [status, reason, cause] of table) {
    node.reaction = { kind: "refuse", status, ...(reason === undefined ? {} : { reason }) };
    const complete = await within(endpoint.execute("bridge", node.dialString()), String(status));
    t.same(
      ["originate_disposition", "originate_failed_cause", "last_bridge_hangup_cause", "last_bridge_proto_specific_hangup_cause", "sip_invite_failure_status"].map((name) => complete.getHeader(`variable_${name}`)),
      [cause, cause, cause, `sip:${status}`, String(status)],
      `${status} is ${cause}`,
    );
    t.equal(complete.getHeader("Answer-State"), "answered");
  }
  const playing = endpoint.execute("playback", "tone_stream://%(2000,0,700)");
  await world.hears(caller, 700);
  await endpoint.api("uuid_break", endpoint.uuid);
  await playing;
  await endpoint.destroy();
  await world.nothingLeft();
});

await t.test("a node that cannot be reached, or is not the one", async (t) => {
  const { endpoint } = await world.call(t);
  const disposition = async (dialString: string): Promise<[string | undefined, string | undefined]> => {
    await endpoint.execute("unset", "sip_invite_failure_status");
    const complete = await within(endpoint.execute("bridge", dialString), "the failure");
    return [complete.getHeader("variable_originate_disposition"), complete.getHeader("variable_sip_invite_failure_status") ?? undefined];
  };
  const unused = await Node.start(t, world, "tcp");
  const to = (port: number, rest = ";transport=tls"): string => `{rtp_secure_media_outbound=mandatory,leg_timeout=1}sofia/bbb/1@127.0.0.1:${port}${rest}`;
  t.same(await disposition(to(1)), ["NORMAL_TEMPORARY_FAILURE", "503"], "connection refused");
  const stranger = await Node.start(t, world, "tls", await makeCertificates());
  t.same(await disposition(to(stranger.port)), ["ALLOTTED_TIMEOUT", undefined], "a certificate of another authority");
  t.equal(stranger.invites.length, 0, "and it was told nothing");
  t.same(await disposition(to(unused.port)), ["ALLOTTED_TIMEOUT", undefined], "no TLS there");
  t.same(await disposition(to(unused.port, ";transport=tcp")), ["NORMAL_TEMPORARY_FAILURE", undefined], "the profile speaks TLS only");
  t.same(await disposition("sofia/nowhere/1@127.0.0.1"), ["INVALID_PROFILE", undefined]);
  t.same(await disposition("loopback/1"), ["CHAN_NOT_IMPLEMENTED", undefined]);
  t.same(await disposition("nonsense"), ["CHAN_NOT_IMPLEMENTED", undefined]);
  await endpoint.destroy();
  await world.nothingLeft();
});

await t.test("a node that only rings", async (t) => {
  node.reaction = { kind: "ring" };
  const { endpoint, caller } = await world.call(t);
  await endpoint.execute("set", "transfer_ringback=%(1000,0,425)");
  const before = node.cancelled;
  const timedOut = endpoint.execute("bridge", node.dialString({ leg_timeout: "1" }));
  await world.hears(caller, 425);
  t.equal((await within(timedOut, "leg_timeout")).getHeader("variable_originate_disposition"), "ALLOTTED_TIMEOUT");
  await world.until("CANCEL", () => node.cancelled === before + 1);

  const noAnswer = await within(endpoint.execute("bridge", node.dialString({ originate_timeout: "1" })), "originate_timeout");
  t.equal(noAnswer.getHeader("variable_originate_disposition"), "NO_ANSWER");

  const killed = endpoint.execute("bridge", node.dialString({ origination_uuid: "doomed" }));
  await world.until("ringing", () => world.freeswitch.counts().channels === 2);
  t.equal((await endpoint.api("uuid_kill", "doomed")).getBody(), "+OK\n");
  t.equal((await within(killed, "uuid_kill")).getHeader("variable_originate_disposition"), "NORMAL_CLEARING");

  const given = endpoint.execute("bridge", node.dialString());
  await world.until("ringing", () => world.freeswitch.counts().channels === 2);
  const cancelled = node.cancelled;
  await endpoint.destroy();
  await within(given, "the end of the bridge");
  await world.until("CANCEL", () => node.cancelled > cancelled);
  await world.nothingLeft();
});

await t.test("instant_ringback does not wait for the ringing", async (t) => {
  const silent = await Node.start(t, world);
  silent.reaction = { kind: "ring" };
  const { endpoint, caller } = await world.call(t);
  await endpoint.execute("set", "transfer_ringback=%(1000,0,425)");
  const going = endpoint.execute("bridge", silent.dialString({ instant_ringback: "true", leg_timeout: "5" }));
  await world.hears(caller, 425);
  await endpoint.destroy();
  await going;
});

await t.test("who hangs up a bridge", async (t) => {
  await t.test("the caller: the node gets a BYE with the cause", async (t) => {
    node.reaction = { kind: "answer", srtp: "mandatory" };
    const { endpoint } = await world.call(t);
    const { far, done } = await bridge(endpoint);
    await endpoint.dialog.destroy();
    t.match(await within(far.dialog.ended, "BYE"), { by: "remote", reason: /Q\.850;cause=16/ });
    t.equal((await within(done, "complete")).getHeader("Answer-State"), "hangup");
    await world.nothingLeft();
  });
  await t.test("uuid_kill of the far leg: the caller stays; uuid_break does nothing", async (t) => {
    const { endpoint, caller } = await world.call(t);
    const { far, done } = await bridge(endpoint, { origination_uuid: "far-leg" });
    await endpoint.api("uuid_break", `${endpoint.uuid} all`);
    const stop = world.play(caller, 440);
    await world.hears(far.media, 440);
    stop();
    await endpoint.api("uuid_kill", "far-leg");
    await within(done, "complete");
    await endpoint.execute("set", "still=here");
    await endpoint.destroy();
    await world.nothingLeft();
  });
  await t.test("hangup_after_bridge: the node's BYE ends the caller too", async (t) => {
    const { endpoint } = await world.call(t);
    await endpoint.execute("set", "hangup_after_bridge=true");
    const bye = new Promise((resolve) => {
      endpoint.dialog.on("destroy", resolve);
    });
    const { far } = await bridge(endpoint);
    await far.dialog.bye([["Reason", "Q.850;cause=17"]]);
    await within(bye, "BYE to the caller");
    await world.nothingLeft();
  });
  await t.test("the application let go: the bridge goes on, and its end ends the caller", async (t) => {
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
    await within(bye, "BYE to the caller");
    await world.nothingLeft();
  });
  await t.test("the caller's media stops: both legs go", async (t) => {
    const { endpoint, caller } = await world.call(t);
    const { far } = await bridge(endpoint);
    const stop = world.play(caller, 440);
    await world.hears(far.media, 440);
    const reason = new Promise<string | undefined>((resolve) => {
      endpoint.dialog.on("destroy", (bye) => {
        resolve(bye.get("Reason"));
      });
    });
    await endpoint.execute("set", "media_timeout=300");
    stop();
    t.match(await within(reason, "BYE"), "MEDIA_TIMEOUT");
    await within(far.dialog.ended, "BYE to the node");
    await world.nothingLeft();
  });
});

await t.test("another application during the bridge: the audio stands still and goes on", async (t) => {
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

await t.test("the node renews its offer: hold, new keys, and a plain one is refused", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const { far, done } = await bridge(endpoint);
  const renewed = await far.dialog.reinvite(far.media.offer({ codecs: ["PCMA"], srtp: "mandatory", suites: ["AES_CM_128_HMAC_SHA1_80"] }));
  t.ok(renewed.ok && far.media.accept(renewed.value.body).ok);
  const stop = world.play(caller, 440);
  await world.hears(far.media, 440);
  stop();
  const plain = await far.dialog.reinvite(far.media.offer({ codecs: ["PCMA"], srtp: "none" }));
  t.match(plain, { ok: false, failure: { status: 488 } });
  await far.dialog.bye();
  await done;
  await endpoint.destroy();
  await world.nothingLeft();
});
