import t, { type Test } from "tap";

import type { Flow } from "../../../src/softphone/sip/flow.js";
import { type SipMessage, type SipRequest, SipResponse } from "../../../src/softphone/sip/message.js";
import type { ServerTransaction } from "../../../src/softphone/sip/server-transaction.js";
import { defaultTimers } from "../../../src/softphone/sip/timers.js";
import { TransactionLayer } from "../../../src/softphone/sip/transaction-layer.js";
import { FakeClock } from "../../support/fake-clock.js";
import { FakeFlow, requestFrom } from "./support.js";

interface Bench {
  readonly clock: FakeClock;
  readonly flow: FakeFlow;
  readonly layer: TransactionLayer;
  readonly arrive: (message: SipMessage) => void;
  readonly received: ServerTransaction[];
}

function bench(transport: "udp" | "tcp"): Bench {
  const clock = new FakeClock();
  const flow = new FakeFlow(transport);
  const network = {
    onMessage: ((): void => undefined) as (message: SipMessage, flow: Flow) => void,
    flowTo: () => Promise.resolve({ ok: true as const, value: flow }),
  };
  let count = 0;
  const random = (bytes: number): Buffer => {
    count += 1;
    return Buffer.alloc(bytes, count);
  };
  const layer = new TransactionLayer({ transport: network, clock, random, timers: defaultTimers });
  const received: ServerTransaction[] = [];
  layer.onRequest = (transaction) => received.push(transaction);
  return {
    clock,
    flow,
    layer,
    received,
    arrive: (message) => {
      network.onMessage(message, flow);
    },
  };
}

interface Sent {
  readonly request: SipRequest;
  readonly heard: (number | string)[];
  readonly answer: (status: number) => void;
}

async function send(b: Bench, method: string): Promise<Sent> {
  const heard: (number | string)[] = [];
  const request = requestFrom(method);
  request.headers.remove("Via");
  b.layer.send(request, b.flow, {
    response: ({ status }) => heard.push(status),
    fault: (fault) => heard.push(fault),
  });
  await Promise.resolve();
  const answer = (status: number): void => {
    b.arrive(SipResponse.to(request, status, { toTag: "b" }));
  };
  return { request, heard, answer };
}

/** Times of the transmissions, in ms. */
function times(b: Bench, until: number): number[] {
  const seen: number[] = [];
  let known = 0;
  for (let now = 0; now <= until; now += 100) {
    for (; known < b.flow.sent.length; known += 1) seen.push(now);
    b.clock.advanceSync(100);
  }
  return seen;
}

function clean(t: Test, b: Bench): void {
  t.same(b.layer.counts(), { waiting: 0, lingering: 0 });
  t.equal(b.clock.pending, 0);
}

await t.test("INVITE over UDP: timer A doubles, timer B ends it", async (t) => {
  const b = bench("udp");
  const { heard } = await send(b, "INVITE");
  t.same(times(b, 40_000), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  t.same(heard, ["timeout"]);
  clean(t, b);
});

await t.test("other requests over UDP: timer E doubles up to T2, timer F ends it", async (t) => {
  const b = bench("udp");
  const { heard } = await send(b, "BYE");
  t.same(times(b, 40_000), [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  t.same(heard, ["timeout"]);
  clean(t, b);
});

await t.test("no retransmissions over TCP; timers B and F still run", async (t) => {
  for (const method of ["INVITE", "BYE"]) {
    const b = bench("tcp");
    const { heard } = await send(b, method);
    t.same(times(b, 40_000), [0]);
    t.same(heard, ["timeout"]);
    clean(t, b);
  }
});

await t.test(
  "a provisional response stops an INVITE's retransmission, and a refusal is acknowledged each time",
  async (t) => {
    const b = bench("udp");
    const { heard, answer, request } = await send(b, "INVITE");
    b.clock.advanceSync(600);
    answer(180);
    b.clock.advanceSync(120_000);
    t.same(b.flow.log, ["INVITE", "INVITE"]);
    answer(486);
    answer(486);
    t.same(heard, [180, 486]);
    t.same(b.flow.log.slice(2), ["ACK", "ACK"]);
    const ack = b.flow.sent[2];
    t.equal(ack?.headers.get("Via"), request.headers.get("Via"));
    t.match(ack?.headers.get("To"), /tag=b/);
    t.same(ack?.cseq, { number: 1, method: "ACK" });
    t.same(b.layer.counts(), { waiting: 0, lingering: 1 });
    b.clock.advanceSync(32_000);
    clean(t, b);
  },
);

await t.test("each 2xx to an INVITE is passed on, for 64 T1", async (t) => {
  const b = bench("udp");
  const { heard, answer } = await send(b, "INVITE");
  answer(200);
  b.clock.advanceSync(20_000);
  answer(200);
  t.same(heard, [200, 200]);
  b.clock.advanceSync(12_000);
  answer(200);
  t.same(heard, [200, 200]);
  t.same(b.flow.log, ["INVITE"]);
  clean(t, b);
});

await t.test(
  "a response ends the retransmission of a non-INVITE request; later ones are absorbed for T4",
  async (t) => {
    const b = bench("udp");
    const { heard, answer } = await send(b, "OPTIONS");
    answer(100);
    b.clock.advanceSync(4_000);
    answer(200);
    answer(200);
    t.same(heard, [100, 200]);
    t.same(b.flow.log, ["OPTIONS", "OPTIONS"]);
    b.clock.advanceSync(5_000);
    clean(t, b);
  },
);

await t.test("a broken connection ends its transactions", async (t) => {
  const b = bench("tcp");
  const { heard } = await send(b, "INVITE");
  b.flow.break();
  t.same(heard, ["transport"]);
  clean(t, b);
});

await t.test("a CANCEL has the INVITE's Via, and its own transaction", async (t) => {
  const b = bench("udp");
  const request = requestFrom("INVITE");
  request.headers.remove("Via");
  const heard: number[] = [];
  const invite = b.layer.send(request, b.flow, {
    response: ({ status }) => heard.push(status),
    fault: () => undefined,
  });
  await Promise.resolve();
  t.equal(invite.proceeding, false);
  b.arrive(SipResponse.to(request, 180, { toTag: "b" }));
  t.equal(invite.proceeding, true);
  const cancel = b.layer.cancel(invite);
  await Promise.resolve();
  t.equal(cancel.headers.get("Via"), request.headers.get("Via"));
  t.equal(cancel.headers.get("CSeq"), "1 CANCEL");
  b.arrive(SipResponse.to(cancel, 200, { toTag: "b" }));
  b.arrive(SipResponse.to(request, 487, { toTag: "b" }));
  t.same(heard, [180, 487]);
  t.same(b.flow.log, ["INVITE", "CANCEL", "ACK"]);
});

await t.test("an INVITE gets its 100 at once, its refusal repeated (timer G) until the ACK", (t) => {
  const b = bench("udp");
  b.arrive(requestFrom("INVITE"));
  t.same(b.flow.log, [100]);
  b.arrive(requestFrom("INVITE"));
  t.same(b.flow.log, [100, 100]);
  t.equal(b.received.length, 1);
  b.received[0]?.reply(486);
  b.clock.advanceSync(3_600);
  t.same(b.flow.log.slice(2), [486, 486, 486, 486]);
  b.arrive(requestFrom("INVITE"));
  t.equal(b.flow.log.length, 7);
  b.arrive(requestFrom("ACK"));
  b.clock.advanceSync(4_900);
  t.equal(b.flow.log.length, 7);
  t.same(b.layer.counts(), { waiting: 0, lingering: 1 });
  b.clock.advanceSync(100);
  clean(t, b);
  t.end();
});

await t.test("a refusal without an ACK ends with timer H", (t) => {
  for (const transport of ["udp", "tcp"] as const) {
    const b = bench(transport);
    b.arrive(requestFrom("INVITE"));
    let timedOut = 0;
    const invite = b.received[0];
    if (invite !== undefined) invite.onTimeout = () => (timedOut += 1);
    invite?.reply(404);
    b.clock.advanceSync(32_000);
    t.equal(timedOut, 1);
    t.equal(b.flow.log.length, transport === "udp" ? 12 : 2);
    clean(t, b);
  }
  t.end();
});

await t.test("a retransmitted request gets the same response again, for 64 T1 over UDP", (t) => {
  const b = bench("udp");
  b.arrive(requestFrom("OPTIONS"));
  b.arrive(requestFrom("OPTIONS"));
  t.same(b.flow.log, []);
  t.equal(b.received[0]?.reply(200), true);
  t.equal(b.received[0]?.reply(404), false);
  b.arrive(requestFrom("OPTIONS"));
  t.same(b.flow.log, [200, 200]);
  t.equal(b.flow.sent[0]?.toTag, b.flow.sent[1]?.toTag);
  b.clock.advanceSync(32_000);
  clean(t, b);
  t.end();
});

await t.test("CANCEL: 200, the INVITE's 487, and 481 without a matching INVITE", (t) => {
  const b = bench("udp");
  b.arrive(requestFrom("INVITE"));
  let cancelled = 0;
  const invite = b.received[0];
  if (invite !== undefined) invite.onCancel = () => (cancelled += 1);
  invite?.reply(180);
  b.arrive(requestFrom("CANCEL"));
  t.same(b.flow.log, [100, 180, 200, 487]);
  t.equal(cancelled, 1);
  t.equal(invite?.reply(200), false);
  b.arrive(requestFrom("CANCEL", { branch: "z9hG4bKother" }));
  t.same(b.flow.log.at(-1), 481);
  t.equal(b.received.length, 1);
  t.end();
});

await t.test("the ACK of a 2xx goes to the dialog with any branch", (t) => {
  const b = bench("udp");
  const acks: string[] = [];
  b.layer.onAck = (ack) => acks.push(ack.via?.params.get("branch") ?? "");
  b.arrive(requestFrom("INVITE"));
  b.received[0]?.reply(200);
  b.arrive(requestFrom("ACK", { branch: "z9hG4bKown" }));
  b.arrive(requestFrom("ACK"));
  t.same(acks, ["z9hG4bKown", "z9hG4bK1"]);
  t.end();
});

await t.test("requests of RFC 2543 senders without the branch cookie are distinguished", (t) => {
  const b = bench("udp");
  b.arrive(requestFrom("OPTIONS", { branch: "1", cseq: 1 }));
  b.arrive(requestFrom("OPTIONS", { branch: "1", cseq: 1 }));
  b.arrive(requestFrom("OPTIONS", { branch: "1", cseq: 2 }));
  t.equal(b.received.length, 2);
  t.end();
});

await t.test("an unanswered INVITE is dropped", (t) => {
  const b = bench("udp");
  b.arrive(requestFrom("INVITE"));
  b.clock.advanceSync(300_000);
  clean(t, b);
  t.end();
});
