import { EventEmitter } from "node:events";

import t from "tap";

import type { EndCause } from "../../src/call/cause.js";
import type { AnswerFailure } from "../../src/call/interfaces.js";
import { readOffer } from "../../src/sip/offer.js";
import { SessionExchange } from "../../src/sip/session-exchange.js";
import type {
  SrfDialog,
  SrfLike,
  SrfReceivedResponse,
  SrfRequest,
  SrfRequestOptions,
  SrfResponse,
} from "../../src/sip/srf.js";
import { failure, type Result, success } from "../../src/util/result.js";
import { FakeClock, settle } from "../support/fake-clock.js";
import { FakeEndpoint } from "../support/fake-endpoint.js";

const key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
function sdp(version: number, { direction = "sendrecv", suite = "AES_CM_128_HMAC_SHA1_80", port = 4000 } = {}): string {
  const secure =
    suite === ""
      ? ""
      : `a=crypto:1 ${suite} ${suite.startsWith("AEAD") ? `inline:${Buffer.alloc(44, 1).toString("base64")}` : key}\r\n`;
  return `v=0\r\no=- 1 ${version} IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio ${port} RTP/${suite === "" ? "" : "S"}AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=${direction}\r\n${secure}`;
}

interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function message(headers: Readonly<Record<string, string>>, body: string): Pick<SrfRequest, "get" | "body"> {
  const type = body === "" ? {} : { "Content-Type": "application/sdp" };
  const all: Readonly<Record<string, string>> = { ...type, ...headers };
  return { body, get: (name) => all[name] };
}

class Endpoint extends FakeEndpoint {
  override sdp = sdp(7);
  readonly answers: string[] = [];
  taken: Result<void, AnswerFailure> = success(undefined);
  /** Completes the media server's work on an offer. */
  finish: () => void = () => undefined;

  override newOffer(): string {
    return `${sdp(7)}a=crypto:2 AEAD_AES_256_GCM inline:${Buffer.alloc(44).toString("base64")}\r\n`;
  }

  override async renegotiate(): Promise<Result<string, never>> {
    await new Promise<void>((resolve) => {
      this.finish = resolve;
    });
    return success(sdp(8));
  }

  override async takeAnswer(offer?: string, answer = ""): Promise<Result<void, AnswerFailure>> {
    this.answers.push(answer);
    await Promise.resolve(offer);
    return this.taken;
  }
}

function endpointWith(ours: string): Endpoint {
  const endpoint = new Endpoint(
    {
      promptMs: 1,
      stopMs: 1,
      releaseMs: 1,
      bridgeMs: 1,
      talkMs: 1,
      overs: ["ended"],
      bridgeOutcomes: [],
      suite: "AES_CM_128_HMAC_SHA1_80",
    },
    async (_name, _timing, outcome) => await Promise.resolve(outcome()),
    () => undefined,
  );
  endpoint.sdp = ours;
  return endpoint;
}

/** An established call; the test controls the caller's requests and drachtio. */
function call(sessionExpires = ""): {
  clock: FakeClock;
  endpoint: Endpoint;
  ends: (EndCause | "gone")[];
  bugs: unknown[];
  ours: SrfRequestOptions[];
  exchange: SessionExchange;
  receive: (
    method: "INVITE" | "UPDATE",
    sequence: number,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ) => Sent[];
  acknowledge: (sequence: number, body?: string) => void;
  respond: (status: number, body?: string, headers?: Readonly<Record<string, string>>) => void;
} {
  const clock = new FakeClock();
  const dialog = Object.assign(new EventEmitter(), {
    id: "1",
    local: { contact: "<sip:us>", sdp: "" },
    remote: { uri: "", sdp: "" },
  });
  const endpoint = endpointWith(sdp(7));
  const ends: (EndCause | "gone")[] = [];
  const bugs: unknown[] = [];
  const ours: SrfRequestOptions[] = [];
  let last = new EventEmitter();
  const srf: Pick<SrfLike, "request"> = {
    request: (_uri, options, callback) => {
      ours.push(options);
      last = new EventEmitter();
      callback(null, last as unknown as SrfRequest);
    },
  };
  const exchange = new SessionExchange({
    srf: srf as SrfLike,
    clock,
    random: () => 0.5,
    dialog: dialog as unknown as SrfDialog,
    offer: readOffer(sdp(1)),
    onEnd: (cause) => ends.push(cause),
    onGone: () => ends.push("gone"),
    onChange: () => undefined,
    onBug: (error) => bugs.push(error),
  });
  exchange.begin(sdp(6), sessionExpires);
  exchange.attach(endpoint);
  return {
    clock,
    endpoint,
    ends,
    bugs,
    ours,
    exchange,
    receive: (method, sequence, body = "", headers = {}) => {
      const sent: Sent[] = [];
      let end: () => void = () => undefined;
      const response: SrfResponse = {
        msg: { headers: {} },
        send: (status, _reason, options) => {
          sent.push({ status, headers: options.headers ?? {}, body: options.body ?? "" });
          end();
        },
        once: (_event, listener) => {
          end = listener;
        },
      };
      dialog.emit(
        method === "INVITE" ? "modify" : "update",
        { method, msg: { headers: {} }, ...message({ CSeq: `${sequence} ${method}`, ...headers }, body) },
        response,
      );
      return sent;
    },
    acknowledge: (sequence, body = "") => {
      dialog.emit("ack", message({ CSeq: `${sequence} ACK` }, body));
    },
    respond: (status, body = "", headers = {}) => {
      const response: Partial<SrfReceivedResponse> = { status, source_address: "192.0.2.1", ...message(headers, body) };
      last.emit("response", response, () => undefined);
    },
  };
}

await t.test(
  "one offer of the caller's at a time: 500 with Retry-After (RFC 3261 section 14.2, RFC 3311 section 5.2)",
  async (t) => {
    const { receive, endpoint } = call();
    const first = receive("INVITE", 2, sdp(2));
    for (const method of ["INVITE", "UPDATE"] as const)
      t.match(receive(method, 3, sdp(3)), [{ status: 500, headers: { "Retry-After": "5" } }], method);
    t.match(receive("UPDATE", 4), [{ status: 200, body: "" }], "an UPDATE without SDP has nothing to do with it");
    endpoint.finish();
    await settle();
    t.match(
      first,
      [{ status: 200, body: sdp(6) }],
      "the first is answered, in the version of before: nothing has changed on our side",
    );
    const second = receive("INVITE", 5, sdp(3));
    endpoint.finish();
    await settle();
    t.match(second, [{ status: 200 }], "and then the next");
  },
);

await t.test("a re-INVITE without SDP", async (t) => {
  await t.test("gets an offer, and the answer in the ACK reaches the media server", async (t) => {
    const { receive, acknowledge, endpoint, ends, clock } = call();
    t.match(
      receive("INVITE", 2),
      [{ status: 200, headers: { "Content-Type": "application/sdp" }, body: endpoint.newOffer() }],
      "in the next version of our session",
    );
    t.match(receive("INVITE", 3, sdp(2)), [{ status: 491 }], "our offer has no answer yet");
    t.match(receive("UPDATE", 4, sdp(2)), [{ status: 491 }]);
    acknowledge(1, sdp(9));
    t.strictSame(endpoint.answers, [], "the ACK of another request counts for nothing");
    acknowledge(2, sdp(2, { port: 4002 }));
    acknowledge(2, sdp(2, { port: 4004 }));
    const later = receive("INVITE", 5, sdp(3));
    t.strictSame(later, [], "what comes next waits for the media server");
    await settle();
    t.match(endpoint.answers, [/^m=audio 4002 /m], "once");
    endpoint.finish();
    await settle();
    t.match(later, [{ status: 200 }]);
    await clock.advance(60_000);
    t.strictSame({ ends, pending: clock.pending }, { ends: [], pending: 0 });
  });

  await t.test("with an ACK without an answer: the session is unchanged", async (t) => {
    const { receive, acknowledge, endpoint, ends, clock } = call();
    receive("INVITE", 2);
    acknowledge(2);
    await clock.advance(60_000);
    t.strictSame([ends, endpoint.answers], [[], []]);
    t.match(receive("INVITE", 3), [{ status: 200 }], "and the next one is taken");
  });

  for (const { what, body, cause } of [
    { what: "a malformed answer in the ACK", body: "v=0\r\nm=audio\r\n", cause: "unusable-offer" },
    { what: "an answer without SRTP in the ACK", body: sdp(2, { suite: "" }), cause: "plain-rtp" },
  ] as const) {
    await t.test(`with ${what}: the call ends (${cause})`, async (t) => {
      const { receive, acknowledge, ends } = call();
      receive("INVITE", 2);
      acknowledge(2, body);
      await settle();
      t.strictSame(ends, [cause]);
    });
  }

  await t.test("without an ACK: the call ends after 64*T1 (RFC 3261 section 13.3.1.4)", async (t) => {
    const { receive, ends, clock } = call();
    receive("INVITE", 2);
    await clock.advance(31_999);
    t.strictSame(ends, []);
    await clock.advance(1);
    t.strictSame(ends, ["answer-failed"]);
  });

  await t.test(
    "answered with a suite that the media server cannot change to: only its own suite is offered again",
    async (t) => {
      const { receive, acknowledge, respond, endpoint, ends, clock, ours } = call();
      receive("INVITE", 2);
      endpoint.taken = failure("other-suite");
      acknowledge(2, sdp(2, { suite: "AEAD_AES_256_GCM" }));
      await clock.advance(10);
      t.match(ours, [{ method: "INVITE", body: /^a=crypto:1 AES_CM_128_HMAC_SHA1_80 /m }]);
      endpoint.taken = success(undefined);
      respond(200, sdp(3));
      await settle();
      t.match(endpoint.answers.at(-1), /^a=crypto:1 AES_CM_128_HMAC_SHA1_80 /m);
      t.strictSame(ends, []);
    },
  );
});

await t.test("a session that we refresh (RFC 4028)", async (t) => {
  await t.test("is refreshed before drachtio's timer, unchanged; the answer reaches the media server", async (t) => {
    const { respond, receive, endpoint, clock, ours } = call("1800;refresher=uas");
    await clock.advance(894_000);
    t.strictSame(ours, []);
    await clock.advance(1_000);
    t.match(ours, [
      { method: "INVITE", stackDialogId: "1", headers: { "Session-Expires": "1800;refresher=uac", "Min-SE": "90" } },
    ]);
    t.match(receive("INVITE", 2, sdp(2)), [{ status: 491 }], "the caller's own re-INVITE has to wait");
    respond(200, sdp(2, { port: 4002 }), { "Session-Expires": "1800;refresher=uac" });
    await settle();
    t.match(endpoint.answers, [/^m=audio 4002 /m]);
    await clock.advance(895_000);
    t.equal(ours.length, 2, "and again");
  });

  await t.test("491 (glare): our re-INVITE is retried within 2 s (RFC 3261 section 14.1), a few times", async (t) => {
    const { respond, clock, ours, ends } = call("90;refresher=uas");
    await clock.advance(40_000);
    for (let attempts = 1; attempts <= 5; attempts++) {
      t.equal(ours.length, attempts);
      respond(491);
      await clock.advance(1_000);
    }
    t.equal(ours.length, 5, "then it is left to drachtio");
    t.strictSame(ends, []);
  });

  await t.test("481: the caller has ended the call", async (t) => {
    const { respond, clock, ends } = call("90;refresher=uas");
    await clock.advance(40_000);
    respond(481);
    await settle();
    t.strictSame(ends, ["gone"]);
  });

  await t.test("is not refreshed if the caller is the refresher, or after a re-INVITE without a timer", async (t) => {
    for (const header of ["90;refresher=uac", "90", ""]) {
      const { clock, ours } = call(header);
      await clock.advance(200_000);
      t.strictSame(ours, [], header);
    }
    const { receive, clock, ours } = call("90;refresher=uas");
    t.match(receive("UPDATE", 2, "", { "Session-Expires": "90;refresher=uas" }), [
      { status: 200, headers: { "Session-Expires": "90;refresher=uas" } },
    ]);
    receive("UPDATE", 3);
    await clock.advance(200_000);
    t.strictSame(ours, []);
  });

  await t.test("the end of the call cancels all timers", async (t) => {
    const { exchange, receive, clock } = call("90;refresher=uas");
    receive("INVITE", 2);
    exchange.close();
    t.equal(clock.pending, 0);
    await clock.advance(1);
  });
});

await t.test("a move to the channel of another media server", async (t) => {
  const moving = (
    sessionExpires = "",
  ): ReturnType<typeof call> & { next: Endpoint; moved: () => Promise<unknown>; finish: () => Promise<unknown> } => {
    const world = call(sessionExpires);
    const next = endpointWith(
      sdp(70, { port: 5000 }).replace("o=- 1 70 IN IP4 192.0.2.1", "o=- 99 70 IN IP4 192.0.2.7"),
    );
    let outcome: unknown;
    return {
      ...world,
      next,
      moved: async () => {
        world.exchange.move(next).then((result) => (outcome = result), world.bugs.push);
        await settle();
        return outcome;
      },
      finish: async () => {
        await settle();
        return outcome;
      },
    };
  };

  await t.test("offers its port and keys in the next version of the same session", async (t) => {
    const { moved, finish, respond, receive, next, endpoint, ours } = moving();
    t.equal(await moved(), undefined);
    t.match(ours, [{ method: "INVITE", stackDialogId: "1", body: /^m=audio 5000 /m }]);
    t.match(
      ours[0]?.body,
      /^o=- 1 7 IN IP4 192\.0\.2\.1\r$/m,
      "user, session id and address stay (RFC 3264 section 8)",
    );
    t.match(receive("INVITE", 2, sdp(2)), [{ status: 491 }]);
    respond(200, sdp(2, { port: 4002 }));
    t.strictSame(await finish(), success(undefined));
    t.match(next.answers, [/^m=audio 4002 /m]);
    t.strictSame(endpoint.answers, []);
  });

  await t.test("keeps the session timer and its refresher", async (t) => {
    const { moved, ours } = moving("1800;refresher=uac");
    await moved();
    t.match(ours, [{ headers: { "Session-Expires": "1800;refresher=uas" } }]);
  });

  await t.test("is retried after 491, a few times", async (t) => {
    const { moved, finish, respond, clock, ours } = moving();
    await moved();
    for (let attempts = 1; attempts <= 5; attempts++) {
      t.equal(ours.length, attempts);
      respond(491);
      await clock.advance(1_000);
    }
    t.strictSame(await finish(), failure("media-server-lost"));
    t.equal(ours.length, 5);
  });

  await t.test("fails if the caller refuses it, or answers without an SDP", async (t) => {
    for (const [status, body] of [
      [488, ""],
      [408, ""],
      [200, ""],
    ] as const) {
      const { moved, finish, respond, next } = moving();
      await moved();
      respond(status, body);
      t.strictSame(await finish(), failure("media-server-lost"), `${status}`);
      t.strictSame(next.answers, []);
    }
  });

  await t.test("answers the caller's pending re-INVITE instead", async (t) => {
    const { moved, finish, receive, next, endpoint, ours } = moving();
    const pending = receive("INVITE", 2, sdp(2));
    await moved();
    t.strictSame([ours, pending], [[], []]);
    next.finish();
    t.strictSame(await finish(), success(undefined));
    t.match(pending, [{ status: 200, body: /^o=- 1 \d+ /m }]);
    endpoint.finish();
    await settle();
    t.equal(pending.length, 1, "an answer of the lost media server comes too late");
  });

  await t.test("waits for the answer to our pending re-INVITE, which the lost media server does not get", async (t) => {
    const { moved, finish, respond, clock, endpoint, next, ours } = moving("90;refresher=uas");
    await clock.advance(40_000);
    t.equal(ours.length, 1);
    await moved();
    t.equal(ours.length, 1);
    respond(200, sdp(2, { port: 4002 }), { "Session-Expires": "90;refresher=uac" });
    await settle();
    t.match(ours.slice(1), [{ body: /^m=audio 5000 /m }]);
    respond(200, sdp(2, { port: 4002 }));
    t.strictSame(await finish(), success(undefined));
    t.strictSame([endpoint.answers.length, next.answers.length], [0, 1]);
  });

  await t.test("waits for the ACK with the answer to our offer", async (t) => {
    const { moved, receive, acknowledge, endpoint, ours } = moving();
    receive("INVITE", 2);
    await moved();
    t.strictSame(ours, []);
    acknowledge(2, sdp(2, { port: 4002 }));
    await settle();
    t.match(ours, [{ body: /^m=audio 5000 /m }]);
    t.strictSame(endpoint.answers, []);
  });

  await t.test("the end of the call ends it, without a timer", async (t) => {
    const { moved, respond, exchange, clock } = moving();
    await moved();
    respond(491);
    await settle();
    exchange.close();
    t.equal(clock.pending, 0);
  });
});
