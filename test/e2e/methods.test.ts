import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import { RawPhone } from "../support/raw-phone.js";
import { numbers, World } from "./support/world.js";

const caller = "+4915223125678";
const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE";
const timeoutMs = 10_000;
/** Longer than a response takes. */
const silenceMs = 1_000;
const offer = [
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=-",
  "c=IN IP4 127.0.0.1",
  "t=0 0",
  "m=audio 4000 RTP/SAVP 8",
  "a=rtpmap:8 PCMA/8000",
  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
  "",
].join("\r\n");

interface Sent {
  readonly to?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly type?: string;
}

/** One Call-ID of a phone that sends arbitrary requests. */
class Line {
  readonly phone: RawPhone;
  readonly #callId: string;
  #cseq = 0;

  constructor(phone: RawPhone, callId: string) {
    this.phone = phone;
    this.#callId = callId;
  }

  /** Sends a request and returns the relevant headers of the responses. @param cseq default the next one */
  send(
    method: string,
    {
      to = "",
      headers = ["Contact: <sip:a@127.0.0.1:9;transport=tcp>"],
      body = "",
      type = "application/sdp",
    }: Sent = {},
    cseq = (this.#cseq += 1),
  ): string {
    const head = [
      `${method} sip:${numbers.german}@127.0.0.1 SIP/2.0`,
      `From: <sip:${caller}@127.0.0.1>;tag=f`,
      `To: <sip:${numbers.german}@127.0.0.1>${to}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${cseq} ${method}`,
      "Max-Forwards: 70",
      ...headers,
      ...(body === "" ? [] : [`Content-Type: ${type}`]),
    ];
    this.phone.request(head.join("\n"), body);
    return `CSeq: ${cseq} ${method}`;
  }

  /** The final responses so far to a request. */
  answers(cseq: string): readonly string[] {
    return this.phone.heard
      .split(/^(?=SIP\/2\.0 )/m)
      .filter(
        (text) =>
          text.includes(`Call-ID: ${this.#callId}\r`) && text.includes(`${cseq}\r`) && !/^SIP\/2\.0 1/.test(text),
      );
  }

  async answer(cseq: string, count = 1): Promise<readonly string[]> {
    const deadline = performance.now() + timeoutMs;
    while (this.answers(cseq).length < count && performance.now() < deadline) await setTimeout(20);
    return this.answers(cseq);
  }

  async ask(method: string, sent: Sent = {}): Promise<string> {
    return (await this.answer(this.send(method, sent)))[0] ?? "";
  }

  /** INVITE and ACK; the tag of the To header. */
  async up(headers: readonly string[] = []): Promise<string> {
    const cseq = this.send("INVITE", {
      body: offer,
      headers: ["Contact: <sip:a@127.0.0.1:9;transport=tcp>", ...headers],
    });
    const [answered = ""] = await this.answer(cseq);
    const to = /^To: .*(;tag=\S+)/m.exec(answered)?.[1] ?? "";
    this.send("ACK", { to }, Number(/\d+/.exec(cseq)?.[0]));
    return to;
  }
}

function status(text: string): string {
  return /^SIP\/2\.0 (\d+)/.exec(text)?.[1] ?? "no answer";
}

function header(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*?)\\r$`, "im").exec(text)?.[1];
}

await t.test("unsupported requests", async (t) => {
  const world = await World.start(t, { line: "straight", trunk: { allow_unencrypted: true } });
  const phone = await RawPhone.open({ transport: "tcp", port: world.engines.sip.tcp });
  t.teardown(() => {
    phone.close();
  });
  let lines = 0;
  const line = (): Line => new Line(phone, `methods-${(lines += 1)}`);
  const reportOf = async (t: Test, cause: string): Promise<void> => {
    t.match(await world.reports.next("the call's report", () => true), { cause });
  };

  await t.test("in a dialog: 405, 420, and 481 after its end", async (t) => {
    const call = line();
    const to = await call.up();
    for (const method of ["REFER", "MESSAGE", "NOTIFY", "PUBLISH", "SUBSCRIBE", "PRACK", "FOO"]) {
      const answer = await call.ask(method, { to });
      t.equal(status(answer), "405", method);
      t.equal(header(answer, "Allow"), allow, `${method}: Allow`);
    }
    const refused = await call.ask("INVITE", {
      to,
      body: offer,
      headers: ["Contact: <sip:a@127.0.0.1:9;transport=tcp>", "Require: replaces, timer"],
    });
    t.equal(status(refused), "420", "a re-INVITE with an unsupported Require");
    t.equal(header(refused, "Unsupported"), "replaces");
    const options = await call.ask("OPTIONS", { to });
    t.equal(status(options), "200");
    t.equal(header(options, "Allow"), allow);
    t.match(header(options, "Accept"), /application\/sdp/);
    t.equal(
      status(await call.ask("INFO", { to, body: "Signal=1", type: "application/dtmf-relay" })),
      "200",
      "the call continues",
    );
    const report = reportOf(t, "caller-hung-up");
    t.equal(
      status(await call.ask("BYE", { to, headers: ["Require: replaces"] })),
      "200",
      "a BYE ends the call regardless of Require",
    );
    await report;
    for (const method of ["INFO", "OPTIONS", "MESSAGE", "NOTIFY", "UPDATE", "BYE", "INVITE"])
      t.equal(status(await call.ask(method, { to })), "481", `${method} afterwards`);
  });

  await t.test("outside dialogs: 405 with Allow, and OPTIONS", async (t) => {
    for (const method of ["MESSAGE", "NOTIFY", "PUBLISH"]) {
      const answer = await line().ask(method);
      t.equal(status(answer), "405", method);
      t.equal(header(answer, "Allow"), allow);
    }
    const options = await line().ask("OPTIONS");
    t.equal(status(options), "200");
    t.equal(header(options, "Allow"), allow);
    t.equal(header(options, "Accept"), "application/sdp, multipart/mixed, multipart/alternative");
  });

  await t.test("an INVITE with an unsupported Require: 420 with Unsupported", async (t) => {
    const call = line();
    const report = reportOf(t, "bad-extension");
    const answer = await call.ask("INVITE", {
      body: offer,
      headers: ["Contact: <sip:a@127.0.0.1:9;transport=tcp>", "Require: replaces", "Require: 100rel, precondition"],
    });
    t.equal(status(answer), "420");
    t.equal(header(answer, "Unsupported"), "replaces, precondition");
    await report;
  });

  await t.test("Require: 100rel and timer are accepted: no 180 that would have to be reliable", async (t) => {
    const call = line();
    phone.heard = "";
    const to = await call.up(["Require: 100rel, timer", "Session-Expires: 1800;refresher=uac", "Supported: timer"]);
    t.match(phone.heard, /^SIP\/2\.0 200/m);
    t.notMatch(phone.heard, /^SIP\/2\.0 180/m);
    const report = reportOf(t, "caller-hung-up");
    await call.ask("BYE", { to });
    await report;
  });

  await t.test("an INVITE without Contact: 400", async (t) => {
    const report = reportOf(t, "bad-contact");
    t.equal(status(await line().ask("INVITE", { body: offer, headers: [] })), "400");
    await report;
  });

  await t.test("an INVITE received over two paths: one call, one 482", async (t) => {
    const call = line();
    const report = reportOf(t, "caller-hung-up");
    const before = world.reports.past.length;
    const cseq = call.send("INVITE", { body: offer });
    call.send("INVITE", { body: offer }, 1);
    const answers = await call.answer(cseq, 2);
    t.strictSame(answers.map(status).sort(), ["200", "482"]);
    const to = /^To: .*(;tag=\S+)/m.exec(answers.find((text) => status(text) === "200") ?? "")?.[1] ?? "";
    call.send("ACK", { to }, 1);
    t.equal(
      status(await call.ask("INFO", { to, body: "Signal=1", type: "application/dtmf-relay" })),
      "200",
      "the first one continues",
    );
    await call.ask("BYE", { to });
    await report;
    t.equal(world.reports.past.length, before + 1, "and nothing else is counted");
  });

  await t.test("an INVITE over UDP whose Contact has no host gets no response, and drachtio continues", async (t) => {
    const udp = await RawPhone.open({ transport: "udp", port: world.engines.sip.udp });
    const call = new Line(udp, "no-host");
    for (const contact of ["Contact: *", "Contact: <tel:+4930>"]) {
      const cseq = call.send("INVITE", { body: offer, headers: [contact] });
      await setTimeout(silenceMs);
      t.strictSame(call.answers(cseq), [], contact);
    }
    t.equal(status(await new Line(udp, "alive").ask("OPTIONS")), "200");
    udp.close();
    // drachtio keeps an INVITE without a response for a minute.
    world.expectedLeftovers = /^drachtio\.transactions$/;
  });

  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
});
