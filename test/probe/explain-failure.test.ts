import t from "tap";

import { explainFailure } from "../../src/probe/explain-failure.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import { EmbeddedDrachtio } from "../../src/simulators/drachtio/embedded-drachtio.js";
import { TestPhone } from "../../src/softphone/test-phone.js";

await t.test("drachtio with EINWAHL_TRUNK_CA refuses test calls: the reason and a remedy", async (t) => {
  const certificates = await makeCertificates();
  const server = await EmbeddedDrachtio.start({
    control: { address: "127.0.0.1", port: 0, secret: "secret" },
    sip: [{ transport: "tls", address: "127.0.0.1", port: 0 }],
    tls: { ...certificates, verifyPeers: true },
  });
  t.teardown(() => server.close());
  const phone = await TestPhone.open({ transport: "tls", tls: { ca: certificates.ca } });
  t.teardown(() => phone.close());
  const call = await phone.dial({
    uri: `sip:+493023125001@127.0.0.1:${server.addresses[0]?.port ?? 0};transport=tls`,
    number: "anonymous",
  });
  const answered = await call.answered;
  if (answered.ok) throw new Error("answered");
  t.match(explainFailure(answered.failure), {
    stage: "connect",
    why: "no connection: the other side requires a client certificate (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)",
    cure: /with EINWAHL_TRUNK_CA drachtio requires a client certificate.*synthetic_call\.trunk/,
  });
});
