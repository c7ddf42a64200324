import type { Test } from "tap";

import { SampleBbb, type SampleBbbOptions } from "../../../../src/simulators/bbb/sample-bbb.js";
import { makeCertificates } from "../../../../src/simulators/certificates.js";
import type { PhoneCall } from "../../../../src/softphone/phone-call.js";
import { type DialOptions, TestPhone } from "../../../../src/softphone/test-phone.js";
import { systemClock } from "../../../../src/util/clock.js";
import { sleep } from "../../../../src/util/wait.js";

const certificates = await makeCertificates();

/** A sample BBB server for the test, which checks at the end that finished calls have released all resources. */
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
  t.teardown(async () => {
    // The BYE of a phone that closes arrives later.
    for (let looks = 0; looks < 100 && leftBehind(bbb).length > 0; looks++) await sleep(systemClock, 20);
    const left = leftBehind(bbb);
    await bbb.close();
    if (left.length > 0) throw new Error(`not released: ${left.join(", ")}`);
  });
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

/** At most the caller's connection stays open. */
function leftBehind(bbb: SampleBbb): string[] {
  return Object.entries(bbb.counts())
    .filter(([name, count]) => count > (name === "connections" ? 1 : 0))
    .map(([name, count]) => `${count} ${name}`);
}
