import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

import { FreeSwitchClient } from "esl-lite";
import { pino } from "pino";
import t from "tap";

import { MediaSession } from "../../../src/softphone/rtp/media-session.js";
import { SipUserAgent } from "../../../src/softphone/sip/index.js";
import { freePortsInARow } from "../../e2e/support/ports.js";
import { Node } from "./node.js";
import { codecs, FreeswitchHarness, host, key, nextBridge, password, RawSocket, soon } from "./support.js";

const limitMs = 3000;

await t.test("maximum number of channels", async (t) => {
  const world = await FreeswitchHarness.start(t, { maxSessions: 2 });
  world.leavesCalls = true;
  const node = await Node.start(t, world);
  const { endpoint } = await world.call(t);
  await world.call(t);
  const status = await world.call(t).then(
    () => 200,
    (error: unknown) => (error instanceof Error && "status" in error ? error.status : error),
  );
  t.equal(status, 503);
  const complete = await endpoint.execute("bridge", node.dialString());
  t.equal(complete.getHeader("variable_originate_disposition"), "SWITCH_CONGESTION");
  t.equal(world.freeswitch.counts().channels, 2);
});

await t.test("no RTP port left", async (t) => {
  const first = await freePortsInARow(2);
  const port = first + (first % 2);
  const world = await FreeswitchHarness.start(t, { rtp: { address: host, portRange: [port, port] } });
  world.leavesCalls = true;
  await world.call(t);
  await t.rejects(world.call(t), /503/);
  t.equal(world.freeswitch.counts().mediaSessions, 1);
});

await t.test("close ends all calls and releases all resources", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const node = await Node.start(t, world);
  const { endpoint } = await world.call(t);
  const taken = node.call();
  const connected = nextBridge(endpoint);
  endpoint.execute("bridge", node.dialString()).catch(() => undefined);
  const far = await soon("the call", taken);
  await soon("CHANNEL_BRIDGE", connected);
  await world.call(t);
  await world.freeswitch.close();
  t.match(await soon("BYE to the node", far.dialog.ended), { by: "remote" });
  t.match(world.freeswitch.counts(), { channels: 0, sockets: 0, mediaSessions: 0, controls: 0 });
});

await t.test("calls that are not from drachtio-fsmrf", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const agent = await SipUserAgent.listen({
    listen: [{ transport: "udp", address: host, port: 0 }],
    userAgent: "someone",
  });
  t.teardown(() => agent.close());
  const media = await MediaSession.open({ address: host });
  t.teardown(() => media.close());
  const sdp = media.offer({ codecs: codecs, srtp: "none" });
  const call = (headers: [string, string][], body?: string): ReturnType<SipUserAgent["invite"]>["result"] =>
    agent.invite({
      uri: `sip:x@${host}:${world.freeswitch.sipPort}`,
      from: { user: "y" },
      headers,
      ...(body === undefined ? {} : { sdp: body }),
    }).result;
  t.match(await call([], sdp), { ok: false, failure: { status: 404 } }, "another User-Agent");
  const own: [string, string][] = [["User-Agent", "drachtio-fsmrf:x"], ...Object.entries(key)];
  t.match(
    await call([...own, ["X-esl-outbound", "127.0.0.1:1"]], "v=0\r\nnonsense"),
    { ok: false, failure: { status: 488 } },
    "no SDP that can be read",
  );
  for (const target of ["127.0.0.1:99999", "127.0.0.1:1"]) {
    const answered = await call([...own, ["X-esl-outbound", target]], sdp);
    t.ok(answered.ok, "answered first, as in the dialplan");
    if (answered.ok)
      t.match(
        await soon("BYE", answered.value.ended),
        { by: "remote", reason: /cause=41/ },
        `and ended: nobody at ${target}`,
      );
  }
});

await t.test("an application on a raw socket: linger, getvar, and events after the hang-up", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const agent = await SipUserAgent.listen({
    listen: [{ transport: "udp", address: host, port: 0 }],
    userAgent: "someone",
  });
  t.teardown(() => agent.close());
  const media = await MediaSession.open({ address: host });
  t.teardown(() => media.close());
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => {
    server.close();
  });
  const connection = once(server, "connection") as Promise<[Socket]>;
  const answered = await agent.invite({
    uri: `sip:x@${host}:${world.freeswitch.sipPort}`,
    from: { user: "y" },
    headers: [
      ["User-Agent", "drachtio-fsmrf:x"],
      ...Object.entries(key),
      ["X-esl-outbound", `${host}:${(server.address() as AddressInfo).port}`],
      ["X-Extra", "it"],
    ],
    sdp: media.offer({ codecs: codecs, srtp: "none" }),
  }).result;
  if (!answered.ok) throw new Error("not answered");
  const raw = new RawSocket((await connection)[0]);
  t.match(await raw.ask("connect", /Event-Name: CHANNEL_DATA\n.*Control: full\n\n/s), /^Reply-Text: %2BOK%0A$/m);
  t.match(raw.text, /^variable_sip_h_X-Extra: it$/m);
  await raw.ask("getvar direction", /Reply-Text: inbound\n\n/);
  await raw.ask("myevents json", /\+OK Events Enabled/);
  await raw.ask("linger", /\+OK will linger\n\n/);
  await raw.ask(
    "sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 60000",
    /"Event-Name":"CHANNEL_EXECUTE"/,
  );
  await answered.value.bye();
  await raw.gets(/Content-Disposition: linger/);
  await raw.gets(/"Event-Name":"CHANNEL_DESTROY"/);
  t.match(raw.text, /"Event-Name":"CHANNEL_EXECUTE_COMPLETE"/);
  t.equal(world.freeswitch.counts().sockets, 1);
  await raw.ask("exit", /\+OK bye/);
  await raw.closed();
});

await t.test("INVITE without SDP: the offer is in the 200, the answer in the ACK", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => {
    server.close();
  });
  const uri = `sip:x@${host}:${world.freeswitch.sipPort}`;
  const headers = {
    ...key,
    "User-Agent": "drachtio-fsmrf:x",
    "X-esl-outbound": `${host}:${(server.address() as AddressInfo).port}`,
    "X-Einwahl-Srtp": "mandatory",
  };
  const offer = async (): Promise<{
    sdp: string;
    ack: (sdp: string) => Promise<{
      destroy(): Promise<unknown>;
      on(event: "destroy", listener: (bye: { get(name: string): string }) => void): void;
    }>;
  }> => await world.srf.createUAC(uri, { noAck: true, headers });
  const phone = await MediaSession.open({ address: host });
  t.teardown(() => phone.close());

  const first = await offer();
  t.equal(first.sdp.match(/^m=audio/gm)?.length, 2, "a secure line and a plain one");
  t.equal(world.freeswitch.counts().sockets, 0, "no application before the ACK");
  const secure = first.sdp
    .split(/^(?=m=)/m)
    .slice(0, 2)
    .join("");
  const answer = phone.answer(secure, { codecs: codecs, srtp: "mandatory" });
  if (!answer.ok) throw new Error("no answer");
  const connection = once(server, "connection") as Promise<[Socket]>;
  const dialog = await first.ack(answer.value);
  const raw = new RawSocket((await soon("the connection", connection))[0]);
  await raw.ask("connect", new RegExp(`^variable_rtp_has_crypto: ${phone.suite ?? ""}$`, "m"));
  await world.until("SRTP", () => phone.stats().packetsIn > 3);
  await dialog.destroy();

  const second = await offer();
  const refused = await second.ack(second.sdp.replace(/RTP\/SAVP/g, "RTP/AVP").replaceAll(/^a=crypto.*\r\n/gm, ""));
  const reason = new Promise<string>((resolve) => {
    refused.on("destroy", (bye) => {
      resolve(bye.get("Reason"));
    });
  });
  t.match(await soon("BYE", reason), "INCOMPATIBLE_DESTINATION", "a plain answer where SRTP is demanded");
});

await t.test("CANCEL before the answer", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const agent = await SipUserAgent.listen({
    listen: [{ transport: "udp", address: host, port: 0 }],
    userAgent: "someone",
  });
  t.teardown(() => agent.close());
  const media = await MediaSession.open({ address: host });
  t.teardown(() => media.close());
  const invite = agent.invite({
    uri: `sip:x@${host}:${world.freeswitch.sipPort}`,
    from: { user: "y" },
    headers: [["User-Agent", "drachtio-fsmrf:x"], ...Object.entries(key), ["X-esl-outbound", `${host}:1`]],
    sdp: media.offer({ codecs: codecs, srtp: "none" }),
  });
  invite.onProgress = () => {
    invite.cancel();
  };
  t.match(await soon("487", invite.result), { ok: false, failure: { status: 487 } });
});

await t.test("esl-lite", async (t) => {
  const world = await FreeswitchHarness.start(t, { heartbeatMs: 100 });
  const client = new FreeSwitchClient({
    host: host,
    port: world.freeswitch.eventSocketPort,
    password: password,
    logger: pino({ level: "silent" }),
  });
  t.teardown(() => {
    client.end();
  });
  const api = async (command: string): Promise<unknown> => {
    const outcome = await client.bgapi(command, limitMs);
    if (outcome instanceof Error) throw outcome;
    return outcome.body.response;
  };
  t.match(await api("sofia status"), /^ *drachtio_mrf\tprofile/m);
  t.equal(await api("nonsense"), "-ERR nonsense Command not found!\n");

  const heartbeat = new Promise<unknown>((resolve) => {
    client.on("HEARTBEAT", ({ body }) => {
      resolve(body.data);
    });
  });
  t.match(await soon("HEARTBEAT", heartbeat), { "Max-Sessions": "1000", "Session-Count": "0" });

  const hangup = new Promise<unknown>((resolve) => {
    client.on("CHANNEL_HANGUP_COMPLETE", ({ body }) => {
      resolve(body.data);
    });
  });
  const { endpoint, caller } = await world.call(t);
  const played = await client.command_uuid(endpoint.uuid, "playback", "tone_stream://%(100,0,440)", limitMs);
  t.match(played, {
    body: { data: { "Application-Response": "FILE PLAYED", "Application-Data": "tone_stream://%(100,0,440)" } },
  });
  const digits = new Promise<unknown>((resolve) => {
    client.on("DTMF", ({ body }) => {
      resolve(body.data);
    });
  });
  // Commands keep their order: the subscription is active before the digit.
  await api("version");
  await caller.sendDigit("4", 100);
  t.match(await soon("DTMF", digits), { "DTMF-Digit": "4", "DTMF-Source": "RTP", "Unique-ID": endpoint.uuid });
  t.equal(await api(`uuid_exists ${endpoint.uuid}`), "true");
  t.notOk((await client.hangup_uuid(endpoint.uuid, "USER_BUSY", limitMs)) instanceof Error);
  t.match(await soon("CHANNEL_HANGUP_COMPLETE", hangup), {
    "Unique-ID": endpoint.uuid,
    "Hangup-Cause": "USER_BUSY",
    variable_hangup_cause: "USER_BUSY",
    variable_hangup_cause_q850: "17",
  });
  t.ok((await client.command_uuid(endpoint.uuid, "playback", "x", limitMs)) instanceof Error, "the channel has ended");
});

await t.test("a channel's connection: myevents, linger and getvar cover that channel only", async (t) => {
  const world = await FreeswitchHarness.start(t);
  world.leavesCalls = true;
  const { endpoint } = await world.call(t);
  const raw = await RawSocket.open(t, world.freeswitch.eventSocketPort);
  await raw.ask(`auth ${password}`, /accepted/);
  await raw.ask(`myevents ${endpoint.uuid} json`, /\+OK Events Enabled/);
  await raw.ask(`myevents ${endpoint.uuid} json`, /-ERR aready enabled/);
  const other = await world.call(t);
  await other.endpoint.execute("set", "a=1");
  await endpoint.execute("set", "b=2");
  await raw.gets(/"Application-Data":"b=2"/);
  t.notMatch(raw.text, '"Application-Data":"a=1"');
  await raw.ask(
    `sendmsg ${endpoint.uuid}\ncall-command: execute\nexecute-app-name: set\nevent-uuid: mine\ncontent-type: text/plain\ncontent-length: 13\n\nc=from a body`,
    /"Application-UUID":"mine"/,
  );
  t.equal((await endpoint.api("uuid_getvar", `${endpoint.uuid} c`)).getBody(), "from a body");
  await raw.ask(`sendmsg ${endpoint.uuid}\ncall-command: unicast`, /-ERR not supported/);
  await raw.ask(
    `sendmsg ${endpoint.uuid}\ncall-command: hangup\nhangup-cause: NO_ANSWER`,
    /"Hangup-Cause":"NO_ANSWER"/,
  );
});
