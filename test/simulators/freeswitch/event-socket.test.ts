import t from "tap";

import {
  EmbeddedFreeSwitch,
  type EmbeddedFreeSwitchOptions,
} from "../../../src/simulators/freeswitch/embedded-freeswitch.js";
import { host, password, RawSocket } from "./support.js";

async function start(
  t: { teardown(handler: () => Promise<void>): unknown },
  o: Partial<EmbeddedFreeSwitchOptions> = {},
): Promise<EmbeddedFreeSwitch> {
  const server = await EmbeddedFreeSwitch.start({
    eventSocket: { address: host, port: 0, password: password },
    sip: { address: host, port: 0 },
    rtp: { address: host },
    tls: {},
    ...o,
  });
  t.teardown(() => server.close());
  return server;
}

async function authenticated(
  t: { teardown(handler: () => void): unknown },
  server: EmbeddedFreeSwitch,
): Promise<RawSocket> {
  const raw = await RawSocket.open(t, server.eventSocketPort);
  await raw.ask(`auth ${password}`, /Reply-Text: \+OK accepted\n\n/);
  return raw;
}

await t.test("authentication", async (t) => {
  const server = await start(t);
  await t.test("a wrong password is refused, and the connection closed", async (t) => {
    const raw = await RawSocket.open(t, server.eventSocketPort);
    await raw.ask("auth wrong", /Reply-Text: -ERR invalid\n\n/);
    await raw.gets(/text\/disconnect-notice\nContent-Length: \d+\n\nDisconnected, goodbye/);
    await raw.closed();
  });
  await t.test("commands before authentication are rejected", async (t) => {
    const raw = await RawSocket.open(t, server.eventSocketPort);
    await raw.ask("api status", /-ERR invalid/);
    await raw.closed();
    t.notMatch(raw.text, "session(s)");
  });
  await t.test("exit sends a disconnect notice", async (t) => {
    const raw = await authenticated(t, server);
    await raw.ask("exit", /\+OK bye\n\nContent-Type: text\/disconnect-notice/);
    await raw.closed();
  });
  await t.test("all connections are released", async (t) => {
    const raw = await authenticated(t, server);
    await raw.ask("api version", /embedded in einwahl/);
    t.equal(server.counts().controls, 1, "only the one that is open");
  });
});

await t.test("api", async (t) => {
  const server = await start(t, { maxSessions: 42 });
  const raw = await authenticated(t, server);
  const table: [string, RegExp][] = [
    [
      "sofia status",
      new RegExp(`^ *drachtio_mrf\\tprofile\\t +sip:mod_sofia@127.0.0.1:${server.sipPort}\\tRUNNING \\(0\\)$`, "m"),
    ],
    ["sofia status", /2 profiles 0 aliases/],
    ["status", /42 session\(s\) max/],
    ["version", /FreeSWITCH Version 1\.10\.12-embedded/],
    ["show channels", /\n\n0 total\.\n|^Content.*\n\n\n0 total\.\n/s],
    ["show channels count", /\n0 total\.\n/],
    ["show calls count", /\n0 total\.\n/],
    ["show channels as json", /\{"row_count": 0\}\n/],
    ["uuid_exists nobody", /\n\nfalse/],
    ["uuid_dump nobody", /-ERR No such channel!/],
    ["uuid_getvar nobody name", /-ERR No such channel!/],
    ["uuid_kill nobody", /-ERR No such channel!/],
    ["uuid_break nobody all", /-ERR No such channel!/],
    ["uuid_recv_dtmf nobody 1", /-ERR Cannot locate session!/],
    ["uuid_getvar", /-USAGE/],
    ["global_getvar max_sessions", /\n\n42/],
    ["conference x list", /-ERR conference Command not found!/],
  ];
  for (const [command, answer] of table) t.match(await raw.ask(`api ${command}`, answer), answer, command);
  t.same(server.unsupported, ["api conference"]);
});

await t.test("bgapi and events", async (t) => {
  const server = await start(t);
  const raw = await authenticated(t, server);
  await raw.ask("event json BACKGROUND_JOB", /\+OK event listener enabled json\n\n/);
  await raw.ask("bgapi uuid_exists x\njob-uuid: 01ABC", /Reply-Text: \+OK Job-UUID: 01ABC\nJob-UUID: 01ABC\n\n/);
  const event = await raw.gets(/Content-Type: text\/event-json\n\n\{.*\}/s);
  const fields = JSON.parse(event.slice(event.indexOf("{"))) as Record<string, string>;
  t.match(fields, {
    "Event-Name": "BACKGROUND_JOB",
    "Job-UUID": "01ABC",
    "Job-Command": "uuid_exists",
    "Job-Command-Arg": "x",
    _body: "false",
    "Content-Length": "5",
  });

  const other = await authenticated(t, server);
  await other.ask("event plain SWITCH_EVENT_BACKGROUND_JOB", /enabled plain/);
  await other.ask("bgapi version", /Job-UUID: [0-9a-f-]{36}\n\n/);
  const plain = await other.gets(/Content-Type: text\/event-plain\n\n.*embedded in einwahl\)\n/s);
  t.match(plain, /^Event-Date-GMT: \w{3}%2C%20|^Event-Date-GMT: \w{3},%20/m, "percent-encoded");
  t.match(plain, /\nContent-Length: \d+\n\nFreeSWITCH Version/);

  await other.ask("nixevent BACKGROUND_JOB", /\+OK events nixed/);
  await other.ask("noevents", /-ERR not listening for events/);
  const before = other.text;
  await raw.ask("bgapi version", /"Job-Command":"version"/);
  await other.ask("api version", /api\/response/);
  t.notMatch(other.text.slice(before.length), "BACKGROUND_JOB");
});

await t.test("filters pass events that match one of them", async (t) => {
  const server = await start(t);
  const raw = await authenticated(t, server);
  await raw.ask("event plain BACKGROUND_JOB", /enabled plain/);
  await raw.ask("filter Job-UUID one", /\+OK filter added. \[Job-UUID\]=\[one\]/);
  await raw.ask("filter Job-UUID two", /\+OK filter added/);
  for (const job of ["other", "two", "one"]) await raw.ask(`bgapi version\nJob-UUID: ${job}`, /Job-UUID: /);
  await raw.gets(/^Job-UUID: one\n.*Job-Command/ms);
  t.match(raw.text, /^Job-UUID: two\nJob-Command/m);
  t.notMatch(raw.text, /^Job-UUID: other\nJob-Command/m);
  await raw.ask("filter delete all", /\+OK filter deleted/);
  await raw.ask("bgapi version\nJob-UUID: third", /^Job-UUID: third\nJob-Command/m);
  await raw.ask("filter", /-ERR/);
});

await t.test("HEARTBEAT", async (t) => {
  const server = await start(t, { heartbeatMs: 50, maxSessions: 7 });
  const raw = await authenticated(t, server);
  await raw.ask("event json HEARTBEAT", /enabled json/);
  const event = await raw.gets(/\{"Event-Name":"HEARTBEAT".*?\}/s);
  t.match(JSON.parse(event), {
    "Max-Sessions": "7",
    "Session-Count": "0",
    "Session-Per-Sec": "0",
    "Idle-CPU": /^\d+\.\d+$/,
    "FreeSWITCH-Version": "1.10.12-embedded",
    "FreeSWITCH-Hostname": /./,
  });
});

await t.test("subscriptions: all, CUSTOM, invalid", async (t) => {
  const server = await start(t);
  const raw = await authenticated(t, server);
  await raw.ask("event json NONSENSE", /-ERR no keywords supplied/);
  await raw.ask("event json CUSTOM a::b BACKGROUND_JOB", /\+OK/);
  await raw.ask("bgapi version\nJob-UUID: unseen", /Job-UUID: unseen\n\n/);
  await raw.ask("event json ALL", /\+OK/);
  await raw.ask("bgapi version\nJob-UUID: seen", /"Job-UUID":"seen"/);
  t.notMatch(raw.text, '"Job-UUID":"unseen"', "after CUSTOM everything is a subclass");
  await raw.ask("event xml HEARTBEAT", /-ERR xml is not supported/);
});

await t.test("channel commands on a connection without a channel", async (t) => {
  const server = await start(t);
  const raw = await authenticated(t, server);
  await raw.ask("linger", /-ERR not controlling a session/);
  await raw.ask("connect", /-ERR command not found/);
  await raw.ask(
    "sendmsg nobody\ncall-command: execute\nexecute-app-name: playback",
    /-ERR invalid session id \[nobody\]/,
  );
  await raw.ask("log 7", /\+OK log level 7/);
  await raw.ask("nolog", /\+OK no longer logging/);
  t.same(server.unsupported, ["event socket command connect"]);
});

await t.test("hostile input closes only that connection", async (t) => {
  const server = await start(t);
  const good = await authenticated(t, server);
  const attacks: [string, string][] = [
    ["a line of 200,000 bytes", "x".repeat(200_000)],
    ["a Content-Length above the limit", "sendmsg x\nContent-Length: 99999999\n\n"],
    ["a negative Content-Length", "sendmsg x\nContent-Length: -5\n\n"],
    ["a Content-Length that is not a number", "sendmsg x\nContent-Length: 12abc\n\n"],
  ];
  for (const [name, bytes] of attacks) {
    const raw = await authenticated(t, server);
    raw.send(bytes);
    await raw.closed();
    t.pass(`${name}: the connection is closed`);
  }
  const odd = await authenticated(t, server);
  odd.send("\r\n\r\n\n\n");
  odd.send("api uuid_exists x\r\nnonsense\r\n: empty\r\n\r\n");
  await odd.gets(/\n\nfalse/);
  odd.send("api ver");
  odd.send("sion\n");
  odd.send("\napi status\n\n");
  await odd.gets(/einwahl\)\nContent-Type: api\/response.*session\(s\) max/s);
  await good.ask("api version", /FreeSWITCH Version/);
});

await t.test("a port in use is an error and leaves nothing open", async (t) => {
  const server = await start(t);
  await t.rejects(
    EmbeddedFreeSwitch.start({
      eventSocket: { address: host, port: server.eventSocketPort, password: password },
      sip: { address: host, port: 0 },
      rtp: { address: host },
      tls: {},
    }),
    { code: "EADDRINUSE" },
  );
});
