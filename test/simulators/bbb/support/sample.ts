import type { Test } from "tap";

import { SampleBbb, type SampleBbbOptions } from "../../../../src/simulators/bbb/sample-bbb.js";
import { makeCertificates } from "../../../../src/simulators/certificates.js";
import type { PhoneCall } from "../../../../src/softphone/phone-call.js";
import { type DialOptions, TestPhone } from "../../../../src/softphone/test-phone.js";

const certificates = await makeCertificates();

/** A sample BBB server for the test. */
export async function serve(t: Test, options: Partial<SampleBbbOptions> = {}): Promise<SampleBbb> {
  const bbb = await SampleBbb.start({
    name: "bbb1",
    http: { address: "127.0.0.1", port: 0 },
    secret: "secret",
    sip: { address: "127.0.0.1", port: 0 },
    tls: certificates,
    srtp: "mandatory",
    ...options,
  });
  t.teardown(() => bbb.close());
  return bbb;
}

export async function telephone(t: Test): Promise<TestPhone> {
  const phone = await TestPhone.open({ transport: "tls", tls: { ca: certificates.ca } });
  t.teardown(() => phone.close());
  return phone;
}

type Dialled = Omit<DialOptions, "uri" | "number">;

export function dial(phone: TestPhone, bbb: SampleBbb, voiceBridge: string, options: Dialled = {}): Promise<PhoneCall> {
  return phone.dial({ uri: bbb.sipUri(voiceBridge), number: "p1", display: "1234", ...options });
}

/** Checks that a finished call has released all resources. */
export function nothingLeft(t: Test, bbb: SampleBbb): void {
  const { connections, ...rest } = bbb.counts();
  t.ok(connections <= 1, "at most the caller's connection stays open");
  for (const [name, count] of Object.entries(rest)) t.equal(count, 0, `no ${name} left`);
}
