import t, { type Test } from "tap";
import { makeCertificates } from "../../src/embedded/certificates.js";
import type { Baresip } from "./support/baresip.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { World, conferences, numbers } from "./support/world.js";

const caller = "+4915223125678";

/** A call from the telephone network, as far as a PIN and the conference. */
async function callThrough(t: Test, world: World, carrier: Kamailio, baresip: Baresip, pin: string): Promise<void> {
  const flow = (await carrier.registrations())[0]?.received;
  t.equal(await baresip.dial(`sip:${numbers.german}@127.0.0.1:${carrier.networkTlsPort}`), "established", "the call is answered");
  const [, address] = /sip:([^;]+)/.exec(flow ?? "") ?? [];
  t.match(carrier.events.filter((event) => event.startsWith("answered 200")).at(-1), `from ${address ?? "?"} tls`, "over the registered connection");
  t.ok(await baresip.listener.prompt("de/welcome"), "the greeting is heard");
  const bbb = world.bbbs.find((_each, index) => conferences[index]?.pin === pin);
  const arrival = bbb?.waitForMember(pin, 20_000);
  await baresip.press(pin);
  t.match(await arrival, { name: "5678" }, "and the conference is reached");
}

await t.test("a trunk at Kamailio", { skip: missingPrograms("baresip", "kamailio") }, async (t) => {
  const certificates = await makeCertificates();
  const carrier = await Kamailio.start(t, { certificates, grantedExpiry: 90 });
  const registered = carrier.event(/^registered /);
  const world = await World.start(t, { certificates, carrier });
  const before = await world.counts();
  const baresip = await world.baresip({ user: caller }, t);

  await t.test("registers with a digest without qop and algorithm", async (t) => {
    await registered;
    t.equal(carrier.events.filter((event) => event.startsWith("challenged")).length, 1, "one challenge is enough");
    const [contact, ...more] = await carrier.registrations();
    t.strictSame(more, [], "one Contact");
    t.match(contact, { address: `sip:${carrier.username}@127.0.0.1:${world.engines.sip.tls};transport=tls`, received: /transport=tls/ });
    t.ok((contact?.expires ?? 0) <= 90, "for as long as is granted");
    t.match(world.log.past.find((line) => line.includes("trunk registered")), '"expiresInMs":90000', "and einwahl knows");
  });

  await t.test("a call is delivered over the registered connection", async (t) => {
    await callThrough(t, world, carrier, baresip, conferences[1].pin);
    const report = world.reports.next("the call's report", () => true);
    await baresip.hangUp();
    t.match(await report, { cause: "caller-hung-up", trunk: "line" });
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("the other side hangs up: its BYE finds the phone", async (t) => {
    await callThrough(t, world, carrier, baresip, conferences[0].pin);
    const closed = baresip.closed();
    await world.bbbs[0].endMeeting(conferences[0].name);
    t.ok(await closed, "the phone is told");
    world.bbbs[0].createMeeting({ meetingID: conferences[0].name, name: conferences[0].name, voiceBridge: conferences[0].pin });
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("Kamailio restarted: registered again, and calls arrive", async (t) => {
    await carrier.stop();
    const stopped = performance.now();
    await carrier.resume();
    t.ok(await carrier.event(/^registered /, { ms: 15_000, past: true }), "anew, not refreshed: Kamailio had forgotten");
    t.comment(`registered again ${Math.round(performance.now() - stopped)} ms after Kamailio went down`);
    t.equal((await carrier.registrations()).length, 1);
    await callThrough(t, world, carrier, baresip, conferences[1].pin);
    await baresip.hangUp();
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("a shutdown un-registers", async (t) => {
    const unregistered = carrier.event(/^unregistered /);
    await world.stopEinwahl();
    await unregistered;
    t.strictSame(await carrier.registrations(), []);
    t.match(await baresip.dial(`sip:${numbers.german}@127.0.0.1:${carrier.networkTlsPort}`), { status: 480 }, "no call is delivered any more");
  });

  t.strictSame(world.complaints([caller.slice(3), conferences[1].pin, carrier.password]), [], "no bug, no number, PIN or password in the log");
});
