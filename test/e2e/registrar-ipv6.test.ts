import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { startEngines } from "./support/engines.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";

await t.test("a registrar on ::1", { skip: missingPrograms("baresip", "kamailio"), timeout: 120_000 }, async (t) => {
  const certificates = await makeCertificates();
  const carrier = await Kamailio.start(t, { certificates, registrarAddress: "[::1]" });
  const registered = carrier.event(/^registered /);
  const world = await World.start(t, {
    certificates,
    carrier,
    engines: async (ours, soundsDirectory) => await startEngines(ours, soundsDirectory, { trunkAddress: "::1" }),
    // Without a contact: drachtio's own address.
    trunk: { registrar: { host: "::1", port: carrier.registrarPort, transport: "tls" }, contact: undefined },
  });

  await t.test("registers: the address is in brackets in Request-URI, digest uri and Contact", async (t) => {
    t.match(
      await registered,
      /^registered \S+ from \[?::1\]?:\d+ tls call \S+ cseq \d+ ruri sip:\[::1\] digest sip:\[::1\]$/,
    );
    t.equal(carrier.events.filter((event) => event.startsWith("challenged")).length, 1, "one challenge is enough");
    const [contact, ...more] = await carrier.registrations();
    t.strictSame(more, [], "one Contact");
    t.match(contact, {
      address: `sip:${carrier.username}@[::1]:${world.engines.sip.tls};transport=tls`,
      received: /^sip:\[::1\]:\d+;transport=tls$/i,
    });
  });

  await t.test("a call arrives over that connection and reaches the conference", async (t) => {
    const baresip = await world.baresip({ user: caller }, t);
    t.equal(
      await baresip.dial(`sip:${numbers.german}@127.0.0.1:${carrier.networkTlsPort}`),
      "established",
      "the call is answered",
    );
    t.ok(await baresip.listener.prompt("de/welcome"), "the greeting is heard");
    const arrival = world.bbbs[1].waitForMember(conferences[1].pin, 20_000);
    await baresip.press(conferences[1].pin);
    t.match(await arrival, { name: "5678" }, "and the conference is reached");
    await baresip.hangUp();
  });

  await t.test("a shutdown un-registers", async (t) => {
    const unregistered = carrier.event(/^unregistered /);
    await world.stopEinwahl();
    await unregistered;
    t.strictSame(await carrier.registrations(), []);
  });
  t.strictSame(
    world.complaints([caller.slice(3), conferences[1].pin, carrier.password]),
    [],
    "no unexpected error, no number, PIN or password in the log",
  );
});
