import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import { RawPhone } from "../../support/raw-phone.js";
import type { Owner } from "./owner.js";
import { numbers, type World } from "./world.js";

const lookEveryMs = 20;
const keys = ["MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw", "MDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg3NjU0MzIx"] as const;

export interface RawSdp {
  readonly version: number;
  readonly direction?: "sendrecv" | "sendonly";
  readonly key?: 0 | 1;
}

/** A call whose messages the test writes one by one, over TCP, without RTP; the trunk must allow TCP (`allow_unencrypted`). */
export class RawCall {
  readonly #phone: RawPhone;
  readonly #rtp: Socket;
  readonly #uri: string;
  readonly #callId = `raw-${String(process.hrtime.bigint())}`;
  /** The URI for requests to the caller. */
  readonly contact: string;
  #to = `<sip:${numbers.german}@127.0.0.1>`;
  #seen = 0;

  private constructor(world: World, phone: RawPhone, rtp: Socket, contactPort: number) {
    this.#phone = phone;
    this.#rtp = rtp;
    this.#uri = world.sipUri(numbers.german, "tcp");
    this.contact = `<sip:raw@127.0.0.1:${contactPort};transport=tcp>`;
  }

  /** @param contactPort default the connection's own port, which does not listen */
  static async dial(owner: Owner, world: World, number: string, contactPort?: number): Promise<RawCall> {
    const rtp = createSocket("udp4");
    rtp.bind(0, "127.0.0.1");
    await once(rtp, "listening");
    const phone = await RawPhone.open({ transport: "tcp", port: world.engines.sip.tcp });
    owner.teardown(() => {
      phone.close();
      rtp.close();
    });
    const call = new RawCall(world, phone, rtp, contactPort ?? phone.port);
    call.request("INVITE", 1, { from: number, sdp: call.sdp({ version: 1 }) });
    const answer = await call.response(1, "INVITE", /^2/);
    call.#to = /^To: (.*?)\r?$/im.exec(answer)?.[1] ?? "";
    call.request("ACK", 1);
    return call;
  }

  sdp({ version, direction = "sendrecv", key = 0 }: RawSdp): string {
    const lines = [
      "v=0",
      `o=- 111 ${version} IN IP4 127.0.0.1`,
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      `m=audio ${this.#rtp.address().port} RTP/SAVP 8 101`,
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:101 telephone-event/8000",
      `a=${direction}`,
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keys[key]}`,
      "",
    ];
    return lines.join("\r\n");
  }

  request(
    method: string,
    sequence: number,
    { from = "+4915223125678", sdp = "" }: { readonly from?: string; readonly sdp?: string } = {},
  ): void {
    const head = [
      `${method} ${this.#uri} SIP/2.0`,
      `From: <sip:${from}@127.0.0.1>;tag=raw`,
      `To: ${this.#to}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${sequence} ${method}`,
      "Max-Forwards: 70",
      `Contact: ${this.contact}`,
      ...(sdp === "" ? [] : ["Content-Type: application/sdp"]),
    ];
    this.#phone.request(head.join("\n"), sdp);
  }

  /** The first response to that request with such a status. @throws after a timeout */
  async response(sequence: number, method: string, status: RegExp, ms = 20_000): Promise<string> {
    return await this.#message(
      `a response to ${sequence} ${method}`,
      ms,
      (text) =>
        new RegExp(`^CSeq: ${sequence} ${method}\r?$`, "im").test(text) &&
        status.test(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? "-"),
    );
  }

  /** The next request of that method to the caller. */
  async received(method: string, ms = 20_000): Promise<string> {
    const text = await this.#message(method, ms, (message, at) => at >= this.#seen && message.startsWith(`${method} `));
    this.#seen = this.#phone.heard.indexOf(text) + text.length;
    return text;
  }

  /** Closes the connection without a BYE. */
  disconnect(): void {
    this.#phone.close();
  }

  async #message(what: string, ms: number, fits: (text: string, at: number) => boolean): Promise<string> {
    const deadline = performance.now() + ms;
    for (;;) {
      let at = 0;
      for (const text of this.#phone.heard.split(/(?=^(?:SIP\/2\.0 \d{3} |[A-Z]+ sips?:\S+ SIP\/2\.0\r$))/m)) {
        if (fits(text, at)) return text;
        at += text.length;
      }
      if (performance.now() > deadline) throw new Error(`${what} has not come:\n${this.#phone.heard}`);
      await setTimeout(lookEveryMs);
    }
  }
}

/** The response to a received request, with these of its headers, as text. */
export function replyTo(request: string, status: string): string {
  const headers = request.split("\r\n").filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line));
  return [`SIP/2.0 ${status}`, ...headers, "Content-Length: 0", "", ""].join("\r\n");
}
