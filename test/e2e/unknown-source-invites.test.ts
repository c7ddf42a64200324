import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

import t from "tap";

import { EventSocketSession } from "../../src/media/event-socket-session.js";
import { inviteKey, inviteKeyHeader } from "../../src/media/invite-key.js";
import { MediaSession } from "../../src/softphone/rtp/media-session.js";
import { type SipDialog, SipUserAgent } from "../../src/softphone/sip/index.js";
import { systemClock } from "../../src/util/clock.js";
import { inTime } from "../support/deadline.js";
import { startEmbeddedEngines } from "./support/embedded-engines.js";
import { World } from "./support/world.js";

const here = "127.0.0.1";
/** Of this machine too, and not among the media server's EINWAHL_FS_CONTROL_HOSTS. */
const elsewhere = "127.0.0.2";
const answerMs = 5_000;

interface Listener {
  readonly port: number;
  readonly connections: readonly Socket[];
  readonly first: Promise<Socket>;
}

async function listen(t: { teardown(handler: () => void): unknown }, host: string): Promise<Listener> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    connections.push(socket);
  });
  const first = once(server, "connection").then(([socket]) => socket as Socket);
  server.listen(0, host);
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections, first };
}

await t.test(
  "an INVITE to the media server gets an event socket only with the key, and only for einwahl's host",
  async (t) => {
    const world = await World.start(t, { line: "straight" });
    const { eventSocket } = world.engines;
    const control = await EventSocketSession.open(eventSocket, systemClock, answerMs);
    if (!control.ok) throw new Error("no event socket");
    t.teardown(() => {
      control.value.close();
    });
    const status = await control.value.api("sofia status");
    const place = /^\s*drachtio_mrf\s.*@(127\.0\.0\.1:\d+)/m.exec(status.ok ? status.value : "")?.[1] ?? "";
    const agent = await SipUserAgent.listen({
      listen: [{ transport: "udp", address: here, port: 0 }],
      userAgent: "someone",
    });
    t.teardown(() => agent.close());
    const media = await MediaSession.open({ address: here });
    t.teardown(() => media.close());
    const [ours, foreign] = [await listen(t, here), await listen(t, elsewhere)];
    const key = inviteKey(eventSocket.password);
    const target = `${here}:${ours.port}`;

    const invite = async (
      headers: readonly (readonly [string, string])[],
      sdp: string | undefined,
    ): Promise<{ readonly status: number; readonly dialog?: SipDialog }> => {
      const result = await inTime(
        "an answer to the INVITE",
        agent.invite({
          uri: `sip:drachtio@${place}`,
          from: { user: "stranger" },
          headers: [["User-Agent", "drachtio-fsmrf:x"], ...headers],
          ...(sdp === undefined ? {} : { sdp }),
        }).result,
      );
      return result.ok ? { status: 200, dialog: result.value } : { status: result.failure.status };
    };
    const sdp = media.offer({ codecs: ["PCMA"], srtp: "none" });

    const foreignTarget = `${elsewhere}:${foreign.port}`;
    const strangers: readonly { readonly name: string; readonly headers: readonly (readonly [string, string])[] }[] = [
      { name: "no key", headers: [["X-esl-outbound", target]] },
      {
        name: "an empty key",
        headers: [
          [inviteKeyHeader, ""],
          ["X-esl-outbound", target],
        ],
      },
      {
        name: "a regular expression as the key",
        headers: [
          [inviteKeyHeader, ".*"],
          ["X-esl-outbound", target],
        ],
      },
      {
        name: "the password as the key",
        headers: [
          [inviteKeyHeader, eventSocket.password],
          ["X-esl-outbound", target],
        ],
      },
      {
        name: "another key",
        headers: [
          [inviteKeyHeader, inviteKey(`${eventSocket.password}x`)],
          ["X-esl-outbound", target],
        ],
      },
      {
        name: "the key without its last digit",
        headers: [
          [inviteKeyHeader, key.slice(0, 63)],
          ["X-esl-outbound", target],
        ],
      },
      {
        name: "the key with one more digit",
        headers: [
          [inviteKeyHeader, `${key}0`],
          ["X-esl-outbound", target],
        ],
      },
      {
        name: "the address of another application",
        headers: [
          [inviteKeyHeader, key],
          ["X-esl-outbound", foreignTarget],
        ],
      },
      {
        name: "another application's address before einwahl's",
        headers: [
          [inviteKeyHeader, key],
          ["X-esl-outbound", `${foreignTarget}|${target}`],
        ],
      },
      {
        name: "another application's address after einwahl's",
        headers: [
          [inviteKeyHeader, key],
          ["X-esl-outbound", `${target}|${foreignTarget}`],
        ],
      },
      {
        name: "a host that matches einwahl's only as an unescaped pattern",
        headers: [
          [inviteKeyHeader, key],
          ["X-esl-outbound", `127x0.0.1:${ours.port}`],
        ],
      },
      { name: "no application address", headers: [[inviteKeyHeader, key]] },
    ];
    for (const { name, headers } of strangers)
      t.equal((await invite(headers, sdp)).status, 404, `${name}: 404 before an answer`);

    // FreeSWITCH answers an INVITE without SDP before its dialplan runs (enable-3pcc), which then ends the call.
    const late = await invite([["X-esl-outbound", target]], undefined);
    t.equal(late.status, 200);
    if (late.dialog !== undefined)
      t.match(await inTime("BYE", late.dialog.ended), { by: "remote" }, "without SDP: ended");
    t.equal(ours.connections.length + foreign.connections.length, 0, "none of them got a socket");

    const taken = await invite(
      [
        [inviteKeyHeader, key],
        ["X-esl-outbound", target],
      ],
      sdp,
    );
    t.equal(taken.status, 200, "with the key, to our host");
    const socket = await inTime("FreeSWITCH's connection", ours.first);
    socket.write("connect\n\n");
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.write("getvar uuid\n\n");
    await inTime("the channel's variables", once(socket, "data"));
    t.match(text, /variable_sip_h_X-esl-outbound/);
    t.notMatch(text, /einwahl-key/i, "the key is gone from the channel");
    t.notMatch(text, key);
    await taken.dialog?.bye();
    t.strictSame(world.complaints([key, eventSocket.password]), [], "not in the log");
  },
);

await t.test(
  "a media server that would refuse every call is down, and the health report gives the reason",
  async (t) => {
    for (const { name, media, why } of [
      {
        name: "FreeSWITCH expects another key",
        media: { key: "0".repeat(64) },
        why: /^media server media-1: it would reject every call: .*another key/,
      },
      {
        name: "FreeSWITCH may connect to another host only",
        media: { controlHosts: ["192.0.2.1"] },
        why: /^media server media-1: it would reject every call: .*EINWAHL_FS_CONTROL_HOSTS/,
      },
    ]) {
      await t.test(`${name}: not ready, with the reason`, async (t) => {
        const world = await World.start(t, {
          line: "straight",
          engines: (certificates, sounds) => startEmbeddedEngines(certificates, sounds, media),
          waitUntilReady: false,
        });
        const { state, reasons } = world.einwahl.health();
        t.equal(state, "not-ready");
        t.ok(
          reasons.some((reason) => why.test(reason)),
          reasons.join("; "),
        );
        t.match(world.einwahl.status().mediaServers, [{ state: "down", why: /reject every call/ }]);
      });
    }
  },
);
