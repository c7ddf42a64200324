import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

import t, { type Test } from "tap";

import { catchLibraryOutput } from "../../src/monitoring/log/library-output.js";
import { DrachtioConnection } from "../../src/sip/drachtio-connection.js";
import type { DrachtioCall } from "../../src/sip/incoming-call.js";
import { makeReadable } from "../../src/sip/readable-message.js";
import { systemClock } from "../../src/util/clock.js";
import { frame, FrameReader } from "../../src/util/frames.js";
import { someSdp, startServer, stopServer } from "../simulators/drachtio/support.js";
import { listen, until } from "../softphone/sip/support.js";
import { FakeEndpoint } from "../support/fake-endpoint.js";
import { RawPhone } from "../support/raw-phone.js";

const number = "+4930555012345";
const headers = (cseq: string, toTag = ""): string => `From: "Ada" <sip:${number}@127.0.0.1>;tag=a1
  To: <sip:bob@127.0.0.1>${toTag}
  Call-ID: unreadable
  CSeq: ${cseq}
  Contact: <sip:a@127.0.0.1;transport=tcp>
  Max-Forwards: 70`;

/** Captures what libraries print during the test. */
function printed(t: Test): string[] {
  const places: string[] = [];
  t.teardown(catchLibraryOutput(({ library, at }) => places.push(`${library} ${at}`)));
  return places;
}

interface Bench {
  readonly signalling: DrachtioConnection;
  readonly calls: DrachtioCall[];
  readonly events: string[];
}

async function connected(port: number): Promise<Bench> {
  const calls: DrachtioCall[] = [];
  const events: string[] = [];
  const signalling = DrachtioConnection.open({
    host: "127.0.0.1",
    port,
    secret: "secret",
    clock: systemClock,
    random: () => 0.5,
    onCall: (call) => calls.push(call),
    onHeard: () => true,
    onConnected: (version) => events.push(`connected ${version}`),
    onLost: (why) => events.push(`lost: ${why}`),
    onBug: (error) => events.push(`bug ${String(error)}`),
  });
  await until(() => signalling.state === "connected", "a connection");
  return { signalling, calls, events };
}

function endpoint(): FakeEndpoint {
  const script = {
    promptMs: 1,
    stopMs: 1,
    releaseMs: 1,
    bridgeMs: 1,
    talkMs: 1,
    overs: ["ended"],
    bridgeOutcomes: [],
    suite: undefined,
  } as const;
  return new FakeEndpoint(
    script,
    async (_name, _timing, outcome) => await Promise.resolve(outcome()),
    () => undefined,
  );
}

const portOf = (server: Awaited<ReturnType<typeof startServer>>, transport: "udp" | "tcp"): number =>
  server.addresses.find((address) => address.transport === transport)?.port ?? 0;

await t.test("an INVITE with lower-case sip/2.0 or bare line feeds is accepted", async (t) => {
  const texts = printed(t);
  const server = await startServer();
  const { signalling, calls, events } = await connected(server.controlPort);
  for (const lineEnd of ["\r\n", "\n"]) {
    const phone = await RawPhone.open({ transport: "udp", port: portOf(server, "udp") });
    phone.request(
      `INVITE sip:bob@127.0.0.1 sip/2.0\n${headers("1 INVITE")}\nContent-Type: application/sdp`,
      someSdp,
      lineEnd,
    );
    await until(() => calls.length > 0, "a call");
    const call = calls.shift();
    t.match(call?.invite.from, number);
    t.equal(call?.offer, "plain");
    call?.refuse({ status: 403, reason: "Forbidden", headers: {} });
    await until(() => phone.heard.includes("SIP/2.0 403"), "a 403");
    const to = /^SIP\/2\.0 403[^]*?\r\nTo: .*(;tag=\S+)\r\n/m.exec(phone.heard)?.[1] ?? "";
    phone.request(`ACK sip:bob@127.0.0.1 SIP/2.0\n${headers("1 ACK", to)}`);
    if (call !== undefined) signalling.release(call);
    phone.close();
  }
  t.strictSame(texts, [], "nothing is printed");
  t.strictSame(events, ["connected v0.9.10"]);
  signalling.close();
  await until(() => server.counts().applications === 0, "a closed connection");
  await server.close();
});

await t.test("a header without a colon in a dialog is dropped: the digit in the INFO arrives", async (t) => {
  const texts = printed(t);
  const server = await startServer();
  const { signalling, calls } = await connected(server.controlPort);
  const phone = await RawPhone.open({ transport: "tcp", port: portOf(server, "tcp") });
  phone.request(`INVITE sip:bob@127.0.0.1 SIP/2.0\n${headers("1 INVITE")}\nContent-Type: application/sdp`, someSdp);
  await until(() => calls.length > 0, "a call");
  const [call] = calls;
  if (call === undefined) throw new Error("no call");
  const media = endpoint();
  t.ok((await call.accept(someSdp, media)).ok);
  await until(() => phone.heard.includes("SIP/2.0 200"), "a 200");
  const to = /^SIP\/2\.0 200[^]*?\r\nTo: .*(;tag=\S+)\r\n/m.exec(phone.heard)?.[1] ?? "";
  phone.request(`ACK sip:bob@127.0.0.1 SIP/2.0\n${headers("1 ACK", to)}`);
  phone.request(
    `INFO sip:bob@127.0.0.1 SIP/2.0\n${headers("2 INFO", to)}\nX-Node sbc-3 (the colon is missing)\nContent-Type: application/dtmf-relay`,
    "Signal=7\r\nDuration=160\r\n",
  );
  await until(() => /SIP\/2\.0 200[^]*CSeq: 2 INFO/.test(phone.heard), "a 200 for the INFO");
  t.equal(media.dtmf.take(), "7");
  phone.request(`BYE sip:bob@127.0.0.1 sip/2.0\n${headers("3 BYE", to)}`);
  await until(() => call.gone.isSet, "the end of the call");
  t.strictSame(texts, []);
  signalling.release(call);
  phone.close();
  signalling.close();
  await stopServer(t, server);
});

await t.test("a header without a colon in the registrar's 200 is dropped", async (t) => {
  const texts = printed(t);
  const server = await startServer();
  const { signalling } = await connected(server.controlPort);
  const registrar = await listen();
  registrar.onRequest = ({ respond }) => {
    respond(200, {
      reason: `OK for ${number}\u001b[31m`,
      headers: [["X-Node sbc-3 (the colon is missing)\r\nExpires", "600"]],
    });
  };
  const uri = `sip:127.0.0.1:${registrar.addresses[0]?.port ?? 0}`;
  const outcome = await signalling.send("REGISTER", uri, { nextHop: uri, headers: { Contact: "<sip:x@127.0.0.1>" } });
  t.match(outcome, { kind: "answered", response: { status: 200, reason: "OK for [number]\ufffd[31m" } });
  t.equal(outcome.kind === "answered" && outcome.response.header("Expires"), "600");
  t.strictSame(texts, []);
  signalling.close();
  await registrar.close();
  await stopServer(t, server);
});

/** A drachtio that sends arbitrary data. */
async function rawDrachtio(): Promise<{
  readonly port: number;
  readonly sockets: Socket[];
  readonly heard: string[];
  close(): void;
}> {
  const sockets: Socket[] = [];
  const heard: string[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    const reader = new FrameReader(100_000);
    socket.on("data", (chunk: Buffer) => {
      const payloads = reader.push(chunk);
      for (const payload of payloads.ok ? payloads.value : []) {
        heard.push(payload);
        const [id = "", verb] = payload.split("|");
        if (verb === "authenticate")
          socket.write(frame(`x|response|${id}|OK|udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060`));
        else socket.write(frame(`x|response|${id}|OK`));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, sockets, heard, close };
}

const request = (text: string): string =>
  frame(`u|sip|network|100|udp|127.0.0.1|5060|12:00:00.000000|txn-1||127.0.0.1|5060|\r\n${text}`);

await t.test("an invalid frame closes the connection, which is re-established", async (t) => {
  const texts = printed(t);
  const drachtio = await rawDrachtio();
  const { signalling, events } = await connected(drachtio.port);
  const broken = [`12${number}#x`, "#x", "0#", "abc#", frame("x|dance"), "99999999#"];
  for (const [round, bytes] of broken.entries()) {
    drachtio.sockets.at(-1)?.write(bytes);
    await until(
      () => drachtio.sockets.length === round + 2 && signalling.state === "connected",
      `a new connection after ${bytes}`,
    );
  }
  t.equal(events.filter((event) => event.startsWith("lost: drachtio sent an unreadable frame")).length, broken.length);
  t.equal(events.filter((event) => event.startsWith("connected")).length, broken.length + 1);
  t.notOk(
    [...events, ...texts].some((text) => text.includes("30555")),
    "no number",
  );
  t.strictSame(texts, []);
  signalling.close();
  drachtio.close();
});

await t.test("an unreadable request gets 400, and the next one is processed", async (t) => {
  const texts = printed(t);
  const drachtio = await rawDrachtio();
  const { signalling, calls, events } = await connected(drachtio.port);
  const [socket] = drachtio.sockets;
  socket?.write(request(`INVITE sip:${number}@x SIP/2.0 and more\r\nVia: x\r\n\r\n`));
  socket?.write(request(`ACK sip:${number}@x SIP/2.0 and more\r\nVia: x\r\n\r\n`));
  socket?.write(request(`INVITE sip:${number}@x SIP/2.0\r\nno end of headers`));
  socket?.write(
    request(
      "INVITE sip:bob@127.0.0.1 SIP/2.0\r\nCall-ID: good\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCSeq: 1 INVITE\r\n\r\n",
    ),
  );
  await until(() => calls.length === 1, "the good one");
  const replies = (): string[] => drachtio.heard.filter((payload) => payload.includes("|sip|txn-1|"));
  await until(() => replies().length === 2, "two answers");
  const answers = replies();
  for (const answer of answers) t.match(answer, /\|sip\|txn-1\|\r\nSIP\/2\.0 400 Bad Request\r\n\r\n$/);
  t.strictSame([texts, events.length], [[], 1]);
  signalling.close();
  drachtio.close();
});

await t.test("messages that drachtio-srf can parse are unchanged", (t) => {
  const good = "INFO sip:x SIP/2.0\r\nVia: a\r\n folded: b\r\nX-Empty:\r\nname  : v\r\n\r\nbody\r\n\r\n\nmore";
  t.equal(makeReadable(good), good);
  t.equal(makeReadable("SIP/2.0 200 OK\r\nA: 1\r\n\r\n"), "SIP/2.0 200 OK\r\nA: 1\r\n\r\n");
  t.equal(
    makeReadable("sip/2.0 200\nA: 1\rno colon\r\n folded\r\nB: 2\n\nbody"),
    "SIP/2.0 200 \r\nA: 1\r\nB: 2\r\n\r\nbody",
  );
  for (const bad of ["", "INVITE sip:x SIP/2.0\r\n", "INVITE SIP/2.0\r\n\r\n", "INVITE x SIP/3.0\r\n\r\n", "\r\n\r\n"])
    t.equal(makeReadable(bad), undefined, JSON.stringify(bad));
  t.end();
});
