import { setTimeout } from "node:timers/promises";

import { type InviteFailure, type SipDialog, SipUserAgent } from "../../../src/softphone/sip/index.js";
import type { Result } from "../../../src/util/result.js";
import { inTime } from "../../support/deadline.js";
import { callerNumber, dialled, pins } from "../calls/numbers.js";
import { AudioEnd, startAudio } from "./audio-end.js";

const host = "127.0.0.1";
/** Calls of the flood have smaller numbers. */
export const firstSteady = 9_000;
/** Between the answer and the first digit, and between digits, in milliseconds. */
const beforeDigitsMs = 1_000;
const betweenDigitsMs = 120;
const joinWithinMs = 20_000;
/** A refused caller of the steady calls calls again after this time, so many times in all. */
const againMs = 1_000;
const maxCalls = 30;

interface SteadyCall {
  readonly caller: AudioEnd;
  readonly node: AudioEnd;
  readonly dialog: SipDialog;
}

/** The caller's and the conference's ends of calls that stay up, with audio that is counted. */
export class SteadyCalls {
  readonly #phones: SipUserAgent;
  readonly #node: SipUserAgent;
  readonly #port: number;
  readonly #calls: SteadyCall[] = [];
  readonly #stop: () => void;
  readonly #joins = new Map<string, (end: AudioEnd) => void>();
  #ended = 0;
  #added = 0;

  private constructor(phones: SipUserAgent, node: SipUserAgent, port: number, echoPort: number) {
    this.#phones = phones;
    this.#node = node;
    this.#port = port;
    this.#stop = startAudio(() => this.#calls.flatMap(({ caller, node: end }) => [caller, end]));
    node.onInvite = (invite) => {
      const join = this.#joins.get(/(\d{4})\D*$/.exec(invite.request.from.displayName)?.[1] ?? "");
      if (join === undefined) {
        // A call of the flood: another process echoes its audio.
        invite.accept(echoSdp(echoPort));
        return;
      }
      AudioEnd.open().then(
        (end) => {
          end.sendTo(invite.request.body);
          invite.accept(end.sdp);
          join(end);
        },
        () => {
          invite.reject(500);
        },
      );
    };
  }

  /**
   * @param port where drachtio takes calls, UDP
   * @param nodePort of the conference node
   * @param echoPort where another process echoes RTP
   */
  static async open(port: number, nodePort: number, echoPort: number): Promise<SteadyCalls> {
    const listen = (at: number): Promise<SipUserAgent> =>
      SipUserAgent.listen({ listen: [{ transport: "udp", address: host, port: at }], userAgent: "bench" });
    return new SteadyCalls(await listen(0), await listen(nodePort), port, echoPort);
  }

  /** Calls that have ended although they were to stay. */
  get ended(): number {
    return this.#ended;
  }

  /** Brings one more call up, into its conference. */
  async add(): Promise<void> {
    const index = firstSteady + this.#added;
    this.#added += 1;
    const caller = await AudioEnd.open();
    const joined = new Promise<AudioEnd>((resolve) => {
      this.#joins.set(callerNumber(index).slice(-4), resolve);
    });
    const dialog = await this.#answered(index, caller.sdp);
    caller.sendTo(dialog.remoteSdp);
    const stop = startAudio(() => [caller]);
    await setTimeout(beforeDigitsMs);
    for (const digit of pins[index % pins.length] ?? "") {
      await dialog.info("application/dtmf-relay", `Signal=${digit}\r\nDuration=100\r\n`);
      await setTimeout(betweenDigitsMs);
    }
    const node = await inTime("the call is in its conference", joined, joinWithinMs);
    stop();
    const call = { caller, node, dialog };
    this.#calls.push(call);
    dialog.ended.then(
      () => {
        this.#ended += 1;
      },
      () => undefined,
    );
  }

  /** The learnt rate may refuse some of the first calls: the caller calls again. */
  async #answered(index: number, sdp: string): Promise<SipDialog> {
    for (let calls = 1; ; calls++) {
      const result = await this.#invite(index, sdp);
      if (result.ok) return result.value;
      if (calls === maxCalls) throw new Error(`a call before the flood was refused: ${result.failure.status}`);
      await setTimeout(againMs);
    }
  }

  enter(phase: number): void {
    for (const { caller, node } of this.#calls) for (const end of [caller, node]) end.enter(phase);
  }

  /** Of all calls, both directions. */
  audio(phase: number): { readonly sent: number; readonly lost: number; readonly longestGapMs: number } {
    const passed = this.#calls.flatMap(({ caller, node }) => [
      caller.passedTo(node, phase),
      node.passedTo(caller, phase),
    ]);
    const sent = passed.reduce((sum, each) => sum + each.sent, 0);
    return {
      sent,
      lost: sent - passed.reduce((sum, each) => sum + each.received, 0),
      longestGapMs: Math.max(
        ...this.#calls.flatMap(({ caller, node }) => [caller.longestGap(phase), node.longestGap(phase)]),
      ),
    };
  }

  /** One more caller who hangs up once answered: the response's status and its time in milliseconds. */
  async tryOne(index: number): Promise<{ readonly status: number; readonly ms: number; readonly retryAfter: boolean }> {
    const begin = performance.now();
    const end = await AudioEnd.open();
    const result = await this.#invite(index, end.sdp);
    const ms = performance.now() - begin;
    end.close();
    if (!result.ok) {
      const { status, headers = [] } = result.failure;
      return { status, ms, retryAfter: headers.some(([name]) => name.toLowerCase() === "retry-after") };
    }
    await result.value.bye();
    return { status: 200, ms, retryAfter: false };
  }

  async close(): Promise<void> {
    this.#stop();
    for (const { caller, node } of this.#calls) for (const end of [caller, node]) end.close();
    await Promise.all([this.#phones.close(), this.#node.close()]);
  }

  async #invite(index: number, sdp: string): Promise<Result<SipDialog, InviteFailure>> {
    const invite = this.#phones.invite({
      uri: `sip:${dialled}@${host}:${this.#port}`,
      from: { user: callerNumber(index) },
      sdp,
    });
    return await invite.result;
  }
}

function echoSdp(port: number): string {
  return `v=0\r\no=bench 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n`;
}
