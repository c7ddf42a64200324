import { createSocket } from "node:dgram";
import { type EventEmitter, once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

import t, { type Test } from "tap";

import type { FsmrfMediaServer } from "../../../src/media/fsmrf.js";
import { makeLateOffer } from "../../../src/media/late-offer.js";
import { EmbeddedFreeSwitch } from "../../../src/simulators/freeswitch/embedded-freeswitch.js";
import type { SrfDialog, SrfLike, SrfMessage } from "../../../src/sip/srf.js";
import { type AnswerOptions, MediaSession } from "../../../src/softphone/rtp/media-session.js";
import {
  type InviteOptions,
  type SipDialog,
  SipRequest,
  SipResponse,
  SipUserAgent,
} from "../../../src/softphone/sip/index.js";
import { TestPhone } from "../../../src/softphone/test-phone.js";
import { systemClock } from "../../../src/util/clock.js";
import { success } from "../../../src/util/result.js";
import { parsed, until } from "../../softphone/sip/support.js";
import { FakeClock } from "../../support/fake-clock.js";
import { codecs, type Endpoint, FreeswitchHarness, host, key, password, soon } from "./support.js";

const timeoutMs = 8000;

/** Replaces drachtio in a call without SDP; its application must not be called too early. */
class Direct {
  readonly agent: SipUserAgent;
  readonly media: MediaSession;
  readonly #uri: string;
  readonly #headers: InviteOptions["headers"];
  connections = 0;

  private constructor(agent: SipUserAgent, media: MediaSession, sipPort: number, eventSocket: string) {
    this.agent = agent;
    this.media = media;
    this.#uri = `sip:drachtio@${host}:${sipPort}`;
    this.#headers = [
      ["User-Agent", "drachtio-fsmrf:x"],
      ["X-esl-outbound", eventSocket],
      ...Object.entries(key),
      ["X-Einwahl-Srtp", "mandatory"],
    ];
  }

  static async open(t: Test, sipPort: number): Promise<Direct> {
    const agent = await SipUserAgent.listen({ listen: [{ transport: "udp", address: host, port: 0 }], userAgent: "x" });
    const media = await MediaSession.open({ address: host });
    const server = createServer();
    server.listen(0, host);
    await once(server, "listening");
    const direct = new Direct(agent, media, sipPort, `${host}:${(server.address() as AddressInfo).port}`);
    server.on("connection", (socket) => {
      direct.connections += 1;
      socket.destroy();
    });
    t.teardown(async () => {
      server.close();
      await agent.close();
      await media.close();
    });
    return direct;
  }

  async call(answerOffer?: InviteOptions["answerOffer"]): Promise<SipDialog> {
    const late = answerOffer === undefined ? {} : { answerOffer };
    const { result } = this.agent.invite({
      uri: this.#uri,
      from: { user: "x", host: host },
      headers: this.#headers ?? [],
      ...late,
    });
    const called = await result;
    if (!called.ok) throw new Error(`refused: ${called.failure.status}`);
    return called.value;
  }

  answer(offer: string, options: Partial<AnswerOptions> = {}): string {
    const answer = this.media.answer(offer, { codecs: codecs, srtp: "mandatory", ...options });
    if (!answer.ok) throw new Error(answer.failure.detail);
    return answer.value;
  }
}

await t.test("the offer", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const direct = await Direct.open(t, world.freeswitch.sipPort);
  const dialog = await direct.call((offer) => success(direct.answer(offer)));
  const [session = "", secure = "", plain = "", ...more] = dialog.remoteSdp.split(/^(?=m=)/m);
  t.match(session, /^v=0\r\n/);
  t.match(secure, /^m=audio [1-9]\d* RTP\/SAVP 8 0 101\r\n/);
  const crypto = [...secure.matchAll(/^a=crypto:(\d) (\S+) inline:/gm)].map(
    ([, tag, suite]) => `${tag ?? ""} ${suite ?? ""}`,
  );
  t.same(crypto, [
    "1 AEAD_AES_256_GCM",
    "2 AEAD_AES_128_GCM",
    "3 AES_CM_128_HMAC_SHA1_80",
    "4 AES_CM_128_HMAC_SHA1_32",
  ]);
  t.match(plain, /^m=audio [1-9]\d* RTP\/AVP 8 0 101\r\n/);
  t.notMatch(plain, "a=crypto");
  t.same(more, []);
  t.match(dialog.localSdp, /^m=audio 0 RTP\/AVP /m, "the answer to both lines takes the secure one");
  await until(() => direct.connections === 1, "the dialplan");
  await soon("the end of a channel without an application", dialog.ended);
  await world.nothingLeft();
});

await t.test("invalid answers: hung up, and the application is not called", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const answers: readonly (readonly [string, (direct: Direct, offer: string) => string])[] = [
    ["ACK without SDP", () => ""],
    ["ACK with malformed SDP", () => "v=0\r\nnonsense"],
    ["ACK with plain RTP", (direct, offer) => direct.answer(offer, { srtp: "none" })],
    ["ACK with SAVP, but without a key", (direct, offer) => direct.answer(offer).replace(/^a=crypto.*\r\n/m, "")],
    [
      "ACK with a key under a tag that was not offered",
      (direct, offer) => direct.answer(offer).replace("a=crypto:1 ", "a=crypto:7 "),
    ],
    [
      "ACK with a codec that was not offered",
      (direct, offer) =>
        direct
          .answer(offer)
          .replace(/ 8 101\r\n/, " 9 101\r\n")
          .replace("a=rtpmap:8 PCMA", "a=rtpmap:9 G722"),
    ],
    ["ACK that refuses the audio line", (direct, offer) => direct.answer(offer).replace(/^m=audio \d+/m, "m=audio 0")],
  ];
  for (const [what, make] of answers) {
    await t.test(`${what}: BYE with INCOMPATIBLE_DESTINATION`, async (t) => {
      const direct = await Direct.open(t, world.freeswitch.sipPort);
      const dialog = await direct.call((offer) => success(make(direct, offer)));
      t.match(await soon("BYE", dialog.ended), {
        by: "remote",
        reason: 'Q.850;cause=88;text="INCOMPATIBLE_DESTINATION"',
      });
      await world.nothingLeft();
      t.equal(direct.connections, 0);
    });
  }
});

/** A call whose caller never sends an ACK. */
async function unacknowledgedCall(
  t: Test,
  sipPort: number,
): Promise<{ readonly heard: SipRequest[]; readonly answers: SipResponse[]; readonly bye: () => void }> {
  const socket = createSocket("udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  t.teardown(() => {
    socket.close();
  });
  const heard: SipRequest[] = [];
  const answers: SipResponse[] = [];
  const send = (message: SipRequest | SipResponse): void => {
    socket.send(message.toString(), sipPort, host);
  };
  socket.on("message", (datagram) => {
    const message = parsed(datagram.toString());
    if (message instanceof SipRequest) {
      heard.push(message);
      send(SipResponse.to(message, 200));
    } else if (message.status === 200) {
      answers.push(message);
    }
  });
  const { port } = socket.address();
  const request = (method: string, cseq: number, toTag: string): SipRequest =>
    new SipRequest(method, `sip:drachtio@${host}:${sipPort}`, [
      ["Via", `SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${method};rport`],
      ["From", `<sip:x@${host}>;tag=1`],
      ["To", `<sip:drachtio@${host}>${toTag}`],
      ["Call-ID", "silent"],
      ["CSeq", `${cseq} ${method}`],
      ["Contact", `<sip:x@${host}:${port}>`],
      ["User-Agent", "drachtio-fsmrf:x"],
      ...Object.entries(key),
      ["X-esl-outbound", `${host}:1`],
    ]);
  send(request("INVITE", 1, ""));
  await until(() => answers.length > 0, "the 200");
  return {
    heard,
    answers,
    bye: () => {
      send(request("BYE", 2, `;tag=${answers[0]?.toTag ?? ""}`));
    },
  };
}

await t.test("no ACK for 32 s", async (t) => {
  const clock = new FakeClock();
  const freeswitch = await EmbeddedFreeSwitch.start({
    eventSocket: { address: host, port: 0, password: password },
    sip: { address: host, port: 0 },
    rtp: { address: host },
    tls: {},
    clock,
  });
  const { heard } = await unacknowledgedCall(t, freeswitch.sipPort);
  clock.advanceSync(31_900);
  t.match(freeswitch.counts(), { channels: 1, mediaSessions: 1, sipDialogs: 1 });
  t.same(heard, []);
  clock.advanceSync(200);
  const over = (): boolean => {
    const { channels, mediaSessions, sipDialogs } = freeswitch.counts();
    return channels + mediaSessions + sipDialogs === 0;
  };
  await until(over, "the end of the channel");
  t.ok(heard.some(({ method }) => method === "BYE"));
  await freeswitch.close();
});

await t.test("a BYE instead of the ACK", async (t) => {
  const world = await FreeswitchHarness.start(t);
  const { bye, answers } = await unacknowledgedCall(t, world.freeswitch.sipPort);
  t.equal(world.freeswitch.counts().channels, 1);
  bye();
  await world.nothingLeft();
  t.match(answers.at(-1)?.headers.get("CSeq"), /BYE$/);
});

await t.test("from the phone through drachtio to the media server and back, as in the application", async (t) => {
  for (const suites of [undefined, ["AES_CM_128_HMAC_SHA1_80"]] as const) {
    const world = await FreeswitchHarness.start(t);
    const srf = world.srf as unknown as SrfLike;
    const phone = await TestPhone.open({ transport: "udp" });
    t.teardown(() => phone.close());
    const taken = new Promise<{ endpoint: Endpoint; dialog: SrfDialog }>((resolve, reject) => {
      const take = async (...[request, response]: Parameters<Parameters<SrfLike["invite"]>[0]>): Promise<void> => {
        const late = await makeLateOffer(world.mediaServer as unknown as FsmrfMediaServer, srf, systemClock, {
          ...key,
          "X-Einwahl-Srtp": "mandatory",
        });
        const dialog = await new Promise<SrfDialog>((answered, failed) => {
          srf.createUAS(request, response, { localSdp: late.offer }, (error, made) => {
            if (made === undefined) failed(error ?? new Error("no dialog"));
            else answered(made);
          });
        });
        const [ack] = await (once(dialog as unknown as EventEmitter, "ack") as Promise<[SrfMessage]>);
        const endpoint = await late.complete(ack.body ?? "");
        if (!endpoint.ok) throw new Error(endpoint.failure);
        resolve({ endpoint: endpoint.value as unknown as Endpoint, dialog });
      };
      srf.invite((request, response) => {
        take(request, response).catch(reject);
      });
    });
    const call = await phone.dial({
      uri: `sip:+4930123@${host}:${world.drachtioPort}`,
      number: "+49301112222",
      lateOffer: true,
      codecs: ["PCMU"],
      ...(suites === undefined ? {} : { suites }),
    });
    const { endpoint, dialog } = await soon("the endpoint", taken);
    t.match(await call.answered, { ok: true });
    const suite = suites?.[0] ?? "AEAD_AES_256_GCM";
    t.same([call.suite, call.codec], [suite, "PCMU"]);
    const info = endpoint.conn?.getInfo();
    const facts = [
      "rtp_has_crypto",
      "rtp_secure_audio_confirmed",
      "read_codec",
      "remote_media_port",
      "sip_h_X-Einwahl-Srtp",
    ].map((name) => info?.getHeader(`variable_${name}`));
    t.same(facts, [suite, "true", "PCMU", /^m=audio (\d+)/m.exec(call.localSdp)?.[1], "mandatory"]);
    t.equal(info?.getHeader("Answer-State"), "answered");

    await endpoint.execute("set", "subscribed=true");
    const played = endpoint.execute("playback", "tone_stream://%(2000,0,600)");
    t.match(await call.audio.waitForTone(600, timeoutMs), { hz: 600 });
    const pressed = new Promise<unknown>((resolve) => {
      endpoint.on("dtmf", resolve);
    });
    t.ok(await call.sendDigits("5"));
    t.match(await soon("the digit", pressed), { dtmf: "5", source: "RTP" });
    await endpoint.api("uuid_break", `${endpoint.uuid} all`);
    await soon("the end of the tone", played);
    t.equal(call.audio.stats.rejected, 0, "no packet with a key that was not agreed on");

    dialog.on("modify", (request, response) => {
      endpoint.modify(request.body ?? "").then(
        (sdp) => {
          response.send(200, "OK", {
            headers: { Contact: dialog.local.contact, "Content-Type": "application/sdp" },
            body: sdp,
          });
        },
        (error: unknown) => {
          t.error(error);
        },
      );
    });
    const held = await call.hold();
    t.match(held.ok && held.value.body, /a=recvonly/);
    t.match(await call.resume(), { ok: true });
    t.equal(call.suite, suite);
    const destroyed = new Promise<void>((resolve) => {
      dialog.on("destroy", () => {
        resolve();
      });
    });
    await call.hangUp();
    await soon("the BYE", destroyed);
    await endpoint.destroy();
    await world.nothingLeft();
  }
});
