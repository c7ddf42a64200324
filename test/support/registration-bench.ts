import type { Test } from "tap";

import type { Target } from "../../src/trunk/registrar-host.js";
import { Registration, type RegistrationOptions } from "../../src/trunk/registration.js";
import type { RegistrationState } from "../../src/trunk/registration-state.js";
import { success } from "../../src/util/result.js";
import { CountedClock, FakeClock, settle } from "./fake-clock.js";
import { answered, FakeRequests, type Registrar, via } from "./fake-requests.js";

/** A registrar's name that always resolves to this address. */
export function hostAt(...targets: readonly Target[]): RegistrationOptions["host"] {
  return {
    targets: async () => await Promise.resolve(targets),
    has: (target) => targets.some((each) => each.address === target.address),
    fault: { kind: "unresolved", why: "the registrar's name does not resolve" },
  };
}

export const registrationOptions: RegistrationOptions = {
  host: hostAt({ address: "192.0.2.10", port: 5061 }),
  verifyPeer: async () => await Promise.resolve(success(undefined)),
  transport: "tls",
  domain: "secure.sip.easybell.de",
  username: "004930123456",
  authUsername: "004930123456",
  password: "secret",
  realms: ["secure.sip.easybell.de", "sip.easybell.de"],
  newCnonce: () => "c0ffee",
  contact: () => ({ host: "10.0.0.1", port: 5061 }),
  expires: 600,
  keepaliveMs: 30_000,
  watchdog: undefined,
  newCallId: () => "call-id-of-the-registration",
};

/** A registration with a fake clock, and its registrar. */
export interface RegistrationBench {
  readonly clock: FakeClock;
  /** The registration's own view of the clock. */
  readonly own: CountedClock;
  readonly requests: FakeRequests;
  readonly registration: Registration;
  readonly states: RegistrationState[];
  readonly renewals: string[];
}

export function bench(registrar: Registrar, changes: Partial<RegistrationOptions> = {}): RegistrationBench {
  const clock = new FakeClock();
  const own = new CountedClock(clock);
  const requests = new FakeRequests(clock, registrar);
  const states: RegistrationState[] = [];
  const renewals: string[] = [];
  const registration = new Registration({ ...registrationOptions, ...changes }, requests, own, {
    onState: (state) => {
      states.push(state);
    },
    onRenewal: (why) => {
      renewals.push(why);
    },
  });
  return { clock, own, requests, registration, states, renewals };
}

/** Grants this many seconds and reports requests as coming from that port. */
export function grants(seconds: number, port = 41_000): Registrar {
  return (request) =>
    answered(200, {
      Via: via(port),
      ...(request.method === "REGISTER" && {
        Contact: `${request.headers["Contact"]?.replace(/;expires=\d+/, "") ?? ""};expires=${seconds}`,
      }),
    });
}

/** Stops and asserts that nothing is left. */
export async function stopped(t: Test, { registration, clock, own }: RegistrationBench, within = 0): Promise<void> {
  let isStopped = false;
  const stopping = registration.stop().then(() => {
    isStopped = true;
  });
  await settle();
  await clock.advance(within);
  t.ok(isStopped, `stopped within ${within} ms`);
  await stopping;
  t.equal(own.pending, 0, "no timer is left");
  t.equal(registration.state.kind, "not-registered");
}
