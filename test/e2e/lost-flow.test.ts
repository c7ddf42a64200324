import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";

import t from "tap";

import { RawCall, replyTo } from "./support/raw-call.js";
import { talk } from "./support/talk.js";
import { World } from "./support/world.js";

const caller = "+4915223125678";
/** 8 to 10 s on an idle machine, and 30 s without the OPTIONS. */
const withinMs = 20_000;

await t.test("the carrier's connection is lost, and with it the BYE", { timeout: 180_000 }, async (t) => {
  const world = await World.start(t, { line: "straight", trunk: { allow_unencrypted: true } });
  const before = await world.counts();

  await t.test("the caller is no longer reachable", async (t) => {
    const phone = await world.phone();
    const { member } = await talk(world, phone, { number: caller });
    const report = world.reports.next("the call's report", () => true, { ms: withinMs });
    const since = performance.now();
    await phone.vanish();
    t.match(await report, { cause: "signalling-lost" });
    t.ok(await world.bbbs[0].waitForLeave(member.memberId, withinMs), "the conference is left");
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
    t.comment(`${((performance.now() - since) / 1_000).toFixed(1)} s`);
  });

  await t.test("the carrier reconnects: it keeps the call, or reports that it has ended", async (t) => {
    const server = createServer();
    const requests: { readonly text: string; readonly socket: Socket }[] = [];
    let status = "200 OK";
    server.on("connection", (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        const text = bytes.toString();
        requests.push({ text, socket });
        socket.write(replyTo(text, status));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.teardown(() => {
      for (const { socket } of requests) socket.destroy();
      server.close();
    });
    const call = await RawCall.dial(t, world, caller, (server.address() as AddressInfo).port);
    let isOver = false;
    const report = world.reports
      .next("the call's report", () => true, { ms: 60_000 })
      .finally(() => {
        isOver = true;
      });
    call.disconnect();
    const deadline = performance.now() + withinMs;
    while (requests.length < 2 && performance.now() < deadline) await setTimeout(100);
    t.match(
      requests[0]?.text,
      /^OPTIONS sip:raw@127\.0\.0\.1:\d+;transport=tcp SIP\/2\.0\r\n/,
      "the caller gets an in-dialog OPTIONS",
    );
    t.equal(requests.length, 2, "and asked again");
    t.notOk(isOver, "it responds: the call continues");
    status = "481 Call/Transaction Does Not Exist";
    t.match(await report, { cause: "caller-hung-up" }, "it does not know the call any more: so that is over");
  });

  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
});
