import t, { type Test } from "tap";

import { EventSocket } from "../../src/media/event-socket.js";
import { inviteKey, inviteKeyHeader } from "../../src/media/invite-key.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { readPrompts } from "../../src/softphone/prompt-library.js";
import { Pacer } from "../../src/softphone/rtp/pacer.js";
import { TestPhone } from "../../src/softphone/test-phone.js";
import { systemClock } from "../../src/util/clock.js";
import { Node } from "../simulators/freeswitch/node.js";
import { RawSocket } from "../simulators/freeswitch/support.js";
import { inTime, timeoutMs } from "../support/deadline.js";
import { type ChannelControl, ControlListener } from "./support/channel-control.js";
import { startEngines } from "./support/engines.js";
import { freePort } from "./support/ports.js";
import { soundsDirectory } from "./support/world.js";

/** What a media server does with the channels of an application that has gone: simulator or FreeSWITCH. */
const certificates = await makeCertificates();
const engines = await startEngines(certificates, soundsDirectory);
t.teardown(() => engines.close());
const events = new EventSocket({ ...engines.eventSocket, clock: systemClock });
t.teardown(() => {
  events.close();
});
const listener = await ControlListener.listen(t);
const library = await readPrompts(soundsDirectory);
if (!library.ok) throw new Error(library.failure.path);
const prompts = library.value;
const phone = await TestPhone.open({ transport: "udp", userAgent: "drachtio-fsmrf:test" });
t.teardown(() => phone.close());
const sipPort = /^\s*drachtio_mrf\s.*@127\.0\.0\.1:(\d+)/m.exec(await api("sofia status"))?.[1] ?? "";
const answerMs = 10_000;

async function api(command: string): Promise<string> {
  const answer = await events.api(command, 10_000);
  if (!answer.ok) throw new Error(`no answer to ${command}`);
  return answer.value;
}

interface Orphan {
  readonly call: PhoneCall;
  readonly control: ChannelControl;
  readonly uuid: string;
}

/** A channel with an application, and with einwahl's record. */
async function channel(t: Test, { record = "eyJ2IjoxfQ", language = "de" } = {}): Promise<Orphan> {
  const call = await phone.dial({
    uri: `sip:drachtio@127.0.0.1:${sipPort}`,
    number: "0",
    srtp: "none",
    headers: [
      ["X-esl-outbound", listener.address],
      [inviteKeyHeader, inviteKey(engines.eventSocket.password)],
    ],
  });
  t.teardown(async () => {
    await call.hangUp();
  });
  const answered = await call.answered;
  if (!answered.ok) throw new Error(`refused: ${answered.failure.status}`);
  call.audio.listenForPrompts(prompts);
  const control = await listener.next();
  const { uuid } = control;
  if (record !== "") await api(`uuid_setvar ${uuid} einwahl_call ${record}`);
  await api(`uuid_setvar ${uuid} einwahl_language ${language}`);
  return { call, control, uuid };
}

async function heard(t: Test, call: PhoneCall, prompt: string, message: string): Promise<number> {
  const match = await call.audio.waitForPrompt(prompt, timeoutMs);
  t.ok(match, message, match === undefined ? { heard: call.audio.prompts() } : {});
  return match?.offsetMs ?? Number.NaN;
}

/** Resolves with the control of the channel that is transferred to this listener. */
async function takeOver(uuid: string): Promise<ChannelControl> {
  await api(`uuid_setvar ${uuid} einwahl_socket ${listener.address}`);
  const answer = await api(`uuid_transfer ${uuid} einwahl-gone XML mrf`);
  if (answer !== "+OK\n") throw new Error(answer);
  return await listener.next();
}

interface Row {
  readonly uuid: string;
  readonly direction: string;
  readonly state: string;
  readonly application: string;
  readonly dest: string;
  readonly context: string;
  readonly callstate: string;
  readonly initial_dest: string;
}

async function rows(): Promise<readonly Row[]> {
  const shown = JSON.parse(await api("show channels as json")) as { row_count: number; rows?: readonly Row[] };
  return shown.rows ?? [];
}

/** `show` reads FreeSWITCH's database, which follows the channels with a delay. */
async function untilRow(fits: (row: Row) => boolean): Promise<Row> {
  const deadline = performance.now() + answerMs;
  for (;;) {
    const all = await rows();
    const row = all.find(fits);
    if (row !== undefined) return row;
    if (performance.now() > deadline) throw new Error(`no such row: ${JSON.stringify(all)}`);
  }
}

await t.test("a channel whose application goes while it is parked", async (t) => {
  const { call, control, uuid } = await channel(t);
  t.equal(control.facts.get("variable_einwahl_call"), undefined, "no record at first");
  const at = call.audio.recording.durationMs;
  control.close();
  const prompt = await heard(t, call, "de/please-wait", "hears please-wait in the call's language");
  t.comment(`${Math.round(prompt - at)} ms from the end of the connection to the prompt`);
  t.ok(prompt - at < 1_000, "at once");
  t.match(await untilRow((row) => row.uuid === uuid && row.dest === "einwahl-gone"), {
    direction: "inbound",
    context: "mrf",
    initial_dest: "drachtio",
    callstate: "ACTIVE",
  });
  t.equal(await api(`uuid_getvar ${uuid} einwahl_call`), "eyJ2IjoxfQ");
  t.equal(await api(`uuid_getvar ${uuid} einwahl_socket`), "_undef_");
  t.equal(await api(`uuid_exists ${uuid}`), "true");

  const before = performance.now();
  const next = await takeOver(uuid);
  t.comment(`${Math.round(performance.now() - before)} ms from uuid_setvar to the new connection`);
  t.equal(next.uuid, uuid);
  t.equal(next.facts.get("variable_einwahl_call"), "eyJ2IjoxfQ", "the first reply has the record");
  t.equal(next.facts.get("variable_einwahl_language"), "de");
  t.match(next.facts.get("variable_sip_user_agent"), /^drachtio-fsmrf:/);
  t.match(next.facts.get("variable_rtp_local_sdp_str"), /^v=0/);
  t.match(next.facts.get("variable_switch_r_sdp"), /^v=0/);
  t.equal(next.facts.get("variable_einwahl_socket"), undefined);
  t.equal(next.facts.get("Caller-Destination-Number"), "einwahl-gone");
  next.execute("playback", `${soundsDirectory}/de/welcome.wav`);
  await heard(t, call, "de/welcome", "the new application plays");
  next.close();
  await call.hangUp();
});

await t.test("the prompt that plays goes on to its end, then comes please-wait", async (t) => {
  const { call, control } = await channel(t);
  control.execute("playback", `${soundsDirectory}/de/enter-pin.wav`);
  await heard(t, call, "de/enter-pin", "the prompt begins");
  control.close();
  await heard(t, call, "de/please-wait", "please-wait follows");
  const played = call.audio.prompts().find(({ name }) => name === "de/enter-pin");
  t.ok(played?.complete, "the prompt was not cut");
  await call.hangUp();
});

await t.test("without a record the channel ends; with an unknown language the caller hears English", async (t) => {
  const unrecorded = await channel(t, { record: "" });
  unrecorded.control.close();
  t.match(await inTime("the end", unrecorded.call.ended), { by: "remote", reason: /cause=41/ });
  const other = await channel(t, { language: "fr" });
  other.control.close();
  await heard(t, other.call, "en/please-wait", "English");
  await other.call.hangUp();
});

await t.test("an address that does not answer is tried once", async (t) => {
  const { call, control, uuid } = await channel(t);
  control.close();
  await heard(t, call, "de/please-wait", "waits");
  const at = call.audio.recording.durationMs;
  await api(`uuid_setvar ${uuid} einwahl_socket 127.0.0.1:${await freePort()}`);
  t.equal(await api(`uuid_transfer ${uuid} einwahl-gone XML mrf`), "+OK\n");
  const again = await call.audio.waitForPrompt("de/please-wait", timeoutMs, { fromMs: at });
  t.ok(again, "please-wait again");
  t.equal(await api(`uuid_getvar ${uuid} einwahl_socket`), "_undef_");
  await api(`uuid_setvar ${uuid} einwahl_socket 192.0.2.1:5000`);
  const refused = call.audio.recording.durationMs;
  t.equal(await api(`uuid_transfer ${uuid} einwahl-gone XML mrf`), "+OK\n");
  t.ok(await call.audio.waitForPrompt("de/please-wait", timeoutMs, { fromMs: refused }), "no foreign host is called");
  await call.hangUp();
});

await t.test("after a minute of music comes goodbye, and the channel ends", async (t) => {
  const { call, control, uuid } = await channel(t);
  control.close();
  await heard(t, call, "de/please-wait", "waits");
  const breaks = await RawSocket.open(t, engines.eventSocket.port);
  await breaks.ask(`auth ${engines.eventSocket.password}`, /accepted\n\n/);
  await breaks.ask("event json PLAYBACK_START DTMF", /enabled json\n\n/);
  for (const file of ["hold", "hold", "hold", "hold", "hold", "goodbye"]) {
    const from = breaks.text.length;
    breaks.send(`api uuid_break ${uuid}\n\n`);
    await breaks.gets(new RegExp(`"Playback-File-Path":"[^"]*${file}\\.wav"`), from);
  }
  t.match(await inTime("the end", call.ended), { by: "remote", reason: /cause=41/ });
  t.equal(await api(`uuid_exists ${uuid}`), "false");
});

await t.test("digits during the music are lost; of an application's park they are events", async (t) => {
  const { call, control, uuid } = await channel(t);
  control.close();
  await heard(t, call, "de/please-wait", "waits");
  const socket = await RawSocket.open(t, engines.eventSocket.port);
  await socket.ask(`auth ${engines.eventSocket.password}`, /accepted\n\n/);
  await socket.ask("event json DTMF PLAYBACK_START", /enabled json\n\n/);
  await socket.ask(`filter Unique-ID ${uuid}`, /filter added/);
  const from = socket.text.length;
  await api(`uuid_break ${uuid}`);
  await socket.gets(/hold\.wav/, from);
  await call.sendDigits("5");
  // The jitter buffer holds it back: a digit that arrives after the transfer is not lost.
  const { packetsIn } = call.audio.stats;
  await inTime(
    "300 ms of music",
    until(() => call.audio.stats.packetsIn > packetsIn + 15),
  );
  await takeOver(uuid);
  t.notMatch(socket.text.slice(from), /"DTMF-Digit":"5"/, "not reported");
  await call.sendDigits("6");
  await socket.gets(/"DTMF-Digit":"6"/, from);
  t.notMatch(socket.text.slice(from), /"DTMF-Digit":"5"/, "dropped by the transfer");
  await call.hangUp();
});

await t.test("an older connection that closes ends the park of the later one", async (t) => {
  const { call, control, uuid } = await channel(t);
  const second = await takeOver(uuid);
  t.ok(control.isOpen, "the older connection stays open");
  // Its park begins shortly after the connection.
  await frames(call, 15);
  control.close();
  await heard(t, call, "de/please-wait", "the channel leaves the later application");
  t.ok(second.isOpen, "whose connection stays open");
  const third = await takeOver(uuid);
  third.execute("playback", `${soundsDirectory}/de/welcome.wav`);
  await heard(t, call, "de/welcome", "a third one controls it");
  await call.hangUp();
});

await t.test("a channel whose application goes while it is bridged", async (t) => {
  const node = await Node.start(t, { pacer: new Pacer(), certificates });
  const { call, control, uuid } = await channel(t);
  const answered = node.call();
  // The dialplan has the application forward the digits.
  t.equal(await api(`uuid_setvar ${uuid} bridge_filter_dtmf false`), "+OK\n");
  control.execute("bridge", node.dialString());
  const theirs = await inTime("the node is called", answered);
  const leg = await untilRow((row) => row.direction === "outbound" && row.callstate === "ACTIVE");
  t.not(leg.uuid, uuid);
  const socket = await RawSocket.open(t, engines.eventSocket.port);
  await socket.ask(`auth ${engines.eventSocket.password}`, /accepted\n\n/);
  await socket.ask("event json DTMF CHANNEL_HANGUP_COMPLETE", /enabled json\n\n/);
  await socket.ask(`filter Unique-ID ${uuid}`, /filter added/);
  control.close();

  call.audio.speaker.tone(700, 0.3);
  let received = 0;
  theirs.media.onFrame = () => {
    received += 1;
  };
  await call.sendDigits("7");
  await socket.gets(/"DTMF-Digit":"7"/);
  await inTime(
    "the digit",
    until(() => theirs.digits.includes("7")),
  );
  received = 0;
  await inTime(
    "audio goes on",
    until(() => received > 25),
  );
  t.strictSame(call.audio.prompts(), [], "nothing is played into the bridge");
  t.equal(await api(`uuid_setvar ${uuid} einwahl_socket ${listener.address}`), "+OK\n");
  t.equal(listener.count, 0, "the bridge goes on");

  const at = performance.now();
  await theirs.dialog.bye([["Reason", 'SIP;cause=200;text="kicked"']]);
  const next = await listener.next();
  t.comment(`${Math.round(performance.now() - at)} ms from the node's BYE to the new connection`);
  t.equal(next.uuid, uuid);
  t.equal(next.facts.get("variable_bridge_hangup_cause"), "NORMAL_CLEARING");
  t.match(next.facts.get("variable_sip_reason"), /kicked/);
  t.equal(next.facts.get("variable_bridge_uuid") ?? next.facts.get("variable_last_bridge_to"), leg.uuid);
  await call.hangUp();
  await socket.gets(/"Event-Name":"CHANNEL_HANGUP_COMPLETE"/);
});

await t.test("uuid_transfer ends the bridge and hangs up the node's leg", async (t) => {
  const node = await Node.start(t, { pacer: new Pacer(), certificates });
  const { call, control, uuid } = await channel(t);
  const answered = node.call();
  control.execute("bridge", node.dialString());
  const theirs = await inTime("the node is called", answered);
  await untilRow((row) => row.direction === "outbound" && row.callstate === "ACTIVE");
  control.close();
  const next = await takeOver(uuid);
  t.equal(next.facts.get("variable_bridge_hangup_cause"), "NORMAL_CLEARING");
  t.match(await inTime("BYE", theirs.dialog.ended), { by: "remote", reason: /cause=16/ });
  await call.hangUp();
});

await t.test("uuid_transfer cancels a leg that rings", async (t) => {
  const node = await Node.start(t, { pacer: new Pacer(), certificates });
  node.reaction = { kind: "ring" };
  const { call, control, uuid } = await channel(t);
  control.execute("bridge", node.dialString());
  await inTime(
    "it rings",
    until(() => node.invites.length > 0),
  );
  control.close();
  const next = await takeOver(uuid);
  await inTime(
    "CANCEL",
    until(() => node.cancelled > 0),
  );
  t.equal(next.facts.get("variable_originate_disposition"), "ORIGINATOR_CANCEL");
  await call.hangUp();
});

await t.test("more than a hundred channels are shown", async (t) => {
  const orphans: Orphan[] = [];
  for (let count = 0; count < 102; count++) orphans.push(await channel(t));
  // FreeSWITCH shows channels from its database, where the latest ones come a little later.
  for (const { uuid } of orphans) await untilRow((row) => row.uuid === uuid);
  t.equal((await rows()).filter(({ uuid }) => orphans.some((orphan) => orphan.uuid === uuid)).length, orphans.length);
  await Promise.all(orphans.map(({ call }) => call.hangUp()));
});

await t.test("a bridge whose node hangs up without anybody to take over: please-wait", async (t) => {
  const node = await Node.start(t, { pacer: new Pacer(), certificates });
  const { call, control } = await channel(t);
  const answered = node.call();
  control.execute("bridge", node.dialString());
  const theirs = await inTime("the node is called", answered);
  await untilRow((row) => row.direction === "outbound" && row.callstate === "ACTIVE");
  control.close();
  const at = call.audio.recording.durationMs;
  await theirs.dialog.bye();
  const prompt = await heard(t, call, "de/please-wait", "please-wait");
  t.comment(`${Math.round(prompt - at)} ms from the node's BYE to the prompt`);
  await call.hangUp();
});

/** Resolves when the caller has received this many more frames of 20 ms. */
async function frames(call: PhoneCall, count: number): Promise<void> {
  const { packetsIn } = call.audio.stats;
  await inTime(
    `${count} frames`,
    until(() => call.audio.stats.packetsIn > packetsIn + count),
  );
}

async function until(so: () => boolean): Promise<void> {
  const pacer = new Pacer();
  await new Promise<void>((resolve) => {
    const stop = pacer.every(() => {
      if (!so()) return;
      stop();
      resolve();
    });
  });
}
