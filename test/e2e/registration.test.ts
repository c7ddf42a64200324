import t, { type Test } from "tap";

import { reportFindings } from "../../src/check/running.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import type { Resolver } from "../../src/trunk/resolver.js";
import { timeoutMs } from "../support/deadline.js";
import { FakeResolver } from "../support/fake-resolver.js";
import type { Baresip } from "./support/baresip.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";

/** A call from the telephone network that joins the conference. */
async function callThrough(t: Test, world: World, carrier: Kamailio, baresip: Baresip, pin: string): Promise<void> {
  const flow = (await carrier.registrations())[0]?.received;
  t.equal(
    await baresip.dial(`sip:${numbers.german}@127.0.0.1:${carrier.networkTlsPort}`),
    "established",
    "the call is answered",
  );
  const [, address] = /sip:([^;]+)/.exec(flow ?? "") ?? [];
  t.match(
    carrier.events.filter((event) => event.startsWith("answered 200")).at(-1),
    `from ${address ?? "?"} tls`,
    "over the registered connection",
  );
  t.ok(await baresip.listener.prompt("de/welcome"), "the greeting is heard");
  const bbb = world.bbbs.find((_each, index) => conferences[index]?.pin === pin);
  const arrival = bbb?.waitForMember(pin, 20_000);
  await baresip.press(pin);
  t.match(await arrival, { name: "5678" }, "and the conference is reached");
}

/** The registrar's name with an SRV record for each of its servers. */
function srvRecords(...servers: readonly Kamailio[]): Resolver {
  const resolver = new FakeResolver();
  resolver.records.set(
    "_sips._tcp.sip.example.net",
    servers.map(({ registrarPort }, priority) => ({ name: "127.0.0.1", port: registrarPort, priority, weight: 1 })),
  );
  return resolver;
}

await t.test(
  "a registrar of two servers: 503 from the first, 302 from the second",
  { skip: missingPrograms("kamailio") },
  async (t) => {
    const certificates = await makeCertificates();
    const first = await Kamailio.start(t, { certificates });
    const second = await Kamailio.start(t, { certificates, grantedExpiry: 8 });
    await first.changeRegister("unavailable");
    const trunk = {
      registrar: { host: "sip.example.net", transport: "tls", srv: true },
      certificate_name: "127.0.0.1",
    };
    const world = await World.start(t, { certificates, carrier: second, trunk, resolver: srvRecords(first, second) });
    t.strictSame(first.events, ["ready", "unavailable"], "the first is asked once, without a password");
    t.match(
      world.log.past.find((line) => line.includes("trunk not registered")),
      "503 Service Unavailable; paused for 120 s",
    );
    t.equal((await second.registrations()).length, 1, "the second has taken it");

    await second.changeRegister("moved");
    const isTold = (text: string): boolean =>
      /302 Moved Temporarily: the registrar redirects to sbc\.example\.net:5071, which is not followed/.test(text);
    await world.log.next("the log line", isTold, { ms: timeoutMs, past: true, evidence: () => world.tail() });
    t.ok(isTold(world.einwahl.status().trunks[0]?.fault ?? ""), "in the status");
    t.ok(
      reportFindings(world.einwahl.status(), ["line"]).some(
        ({ severity, message }) => severity === "error" && isTold(message),
      ),
      "and check reports it",
    );
    t.strictSame(first.events, ["ready", "unavailable"], "not before its time");
    await world.stopEinwahl();
    t.strictSame(world.complaints([second.password]), []);
  },
);

await t.test("a trunk at Kamailio", { skip: missingPrograms("baresip", "kamailio") }, async (t) => {
  const certificates = await makeCertificates();
  const carrier = await Kamailio.start(t, { certificates, grantedExpiry: 90 });
  const other = `sip:${carrier.username}@127.0.0.9:5061;transport=tls`;
  await carrier.bindOther(other, 3_000);
  await carrier.changeRegister("unreadable");
  const world = await World.start(t, { certificates, carrier });
  const baresip = await world.baresip({ user: caller }, t);

  await t.test("registers with a digest without qop and algorithm", async (t) => {
    await carrier.event(/^registered /, { past: true });
    t.equal(carrier.events.filter((event) => event.startsWith("challenged")).length, 1, "one challenge is enough");
    const contacts = await carrier.registrations();
    t.equal(contacts.length, 2, "beside another device");
    await carrier.bindOther(other, 0);
    const [contact, ...more] = await carrier.registrations();
    t.strictSame(more, [], "one Contact");
    t.match(contact, {
      address: `sip:${carrier.username}@127.0.0.1:${world.engines.sip.tls};transport=tls`,
      received: /transport=tls/,
    });
    t.ok((contact?.expires ?? 0) <= 90, "for as long as is granted");
    t.match(
      world.log.past.find((line) => line.includes("trunk registered")),
      /"expiresInMs":90000,.*"contactListed":"yes"/,
      "and einwahl knows, although the 200 lists another device with a longer expiry and has a malformed header",
    );
  });

  await t.test("a call is delivered over the registered connection", async (t) => {
    await callThrough(t, world, carrier, baresip, conferences[1].pin);
    const report = world.reports.next("the call's report", () => true);
    await baresip.hangUp();
    t.match(await report, { cause: "caller-hung-up", trunk: "line" });
  });

  await t.test("the other side hangs up: its BYE reaches the phone", async (t) => {
    await callThrough(t, world, carrier, baresip, conferences[0].pin);
    const closed = baresip.closed();
    await world.bbbs[0].endMeeting(conferences[0].name);
    t.ok(await closed, "the phone got the BYE");
    world.bbbs[0].createMeeting({
      meetingID: conferences[0].name,
      name: conferences[0].name,
      voiceBridge: conferences[0].pin,
    });
  });

  await t.test("Kamailio restarts: the trunk registers again, and calls arrive", async (t) => {
    await carrier.stop();
    const stopped = performance.now();
    await carrier.resume();
    t.ok(
      await carrier.event(/^registered /, { ms: 15_000, past: true }),
      "a new registration, not a refresh: Kamailio had lost it",
    );
    t.comment(`registered again ${Math.round(performance.now() - stopped)} ms after Kamailio went down`);
    t.equal((await carrier.registrations()).length, 1);
    await callThrough(t, world, carrier, baresip, conferences[1].pin);
    await baresip.hangUp();
  });

  await t.test("a shutdown un-registers", async (t) => {
    const unregistered = carrier.event(/^unregistered /);
    await world.stopEinwahl();
    await unregistered;
    t.strictSame(await carrier.registrations(), []);
    t.match(
      await baresip.dial(`sip:${numbers.german}@127.0.0.1:${carrier.networkTlsPort}`),
      { status: 480 },
      "no more calls are delivered",
    );
  });

  t.strictSame(
    world.complaints([caller.slice(3), conferences[1].pin, carrier.password]),
    [],
    "no unexpected error, no number, PIN or password in the log",
  );
});
