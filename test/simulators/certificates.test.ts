import { X509Certificate } from "node:crypto";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";

await t.test("the server certificate is signed by the CA and valid for localhost and 127.0.0.1", async (t) => {
  const made = await makeCertificates();
  const authority = new X509Certificate(made.ca);
  const server = new X509Certificate(made.cert);
  t.ok(server.verify(authority.publicKey));
  t.equal(server.checkHost("localhost"), "localhost");
  t.equal(server.checkIP("127.0.0.1"), "127.0.0.1");
  t.equal(server.checkHost("example.org"), undefined);
});
