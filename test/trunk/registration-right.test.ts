import t from "tap";

import type { RegistrationRight, RightState, Succession } from "../../src/trunk/registration-right.js";
import { Trunk } from "../../src/trunk/trunk.js";
import { success } from "../../src/util/result.js";
import { FakeClock } from "../support/fake-clock.js";
import { answered, FakeRequests } from "../support/fake-requests.js";
import { FakeResolver } from "../support/fake-resolver.js";
import { trunkConfig } from "../support/trunk-config.js";

const listening = [{ transport: "tls", host: "10.0.0.1", port: 5061 }] as const;

/** A right that the test gives and takes. */
class FakeRight implements RegistrationRight {
  state: RightState = { kind: "open" };
  readonly asked: (readonly string[])[] = [];
  readonly listeners = new Set<() => void>();
  #answer: (succession: Succession) => void = () => undefined;

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  async succession(contacts: readonly string[]): Promise<Succession> {
    this.asked.push(contacts);
    return await new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  become(state: RightState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  answer(succession: Succession): void {
    this.#answer(succession);
  }
}

const elsewhere = { kind: "elsewhere", instance: "other" } as const;

function bench(): { line: Trunk; right: FakeRight; clock: FakeClock; sent: () => string[] } {
  const clock = new FakeClock();
  const requests = new FakeRequests(clock, () => answered(200, { Expires: "600" }));
  const right = new FakeRight();
  const line = new Trunk(trunkConfig, {
    requests,
    clock,
    resolver: new FakeResolver({ "secure.sip.easybell.de": ["192.0.2.1"] }),
    makeVerifier: () => async () => await Promise.resolve(success(undefined)),
    onState: () => undefined,
    onRenewal: () => undefined,
    onNameFault: () => undefined,
    right,
  });
  const sent = (): string[] => requests.registers.map(({ headers }) => String(headers["Expires"]));
  return { line, right, clock, sent };
}

async function close({ line, right, clock }: ReturnType<typeof bench>): Promise<void> {
  const closing = line.close();
  await clock.advance(10_000);
  await closing;
  if (clock.pending > 0 || right.listeners.size > 0) throw new Error("left behind");
}

await t.test("registers once it has the right, and shows who has it instead", async (t) => {
  const all = bench();
  const { line, right, clock, sent } = all;
  await line.open();
  line.signallingIsUp(listening);
  await clock.advance(10_000);
  t.strictSame(sent(), []);
  t.equal(line.fault, "not registered", "no instance is known to register");
  t.ok(line.allows("192.0.2.1"), "calls may arrive nevertheless");
  right.become(elsewhere);
  t.equal(line.fault, undefined);
  t.equal(line.registeredBy, "other");
  right.become({ kind: "held" });
  await clock.advance(100);
  t.strictSame(sent(), ["600"]);
  t.equal(line.registeredBy, undefined);
  t.equal(line.registrationState?.kind, "registered");
  await close(all);
  t.strictSame(sent(), ["600", "0"]);
});

await t.test("the right comes before drachtio", async (t) => {
  const all = bench();
  const { line, right, clock, sent } = all;
  right.become({ kind: "held" });
  await clock.advance(1_000);
  t.strictSame(sent(), []);
  line.signallingIsUp(listening);
  await clock.advance(100);
  t.strictSame(sent(), ["600"]);
  await close(all);
});

for (const [succession, left] of [
  ["same-contact", []],
  ["other-contact", ["0"]],
  ["none", ["0"]],
] as const)
  await t.test(`loses the right: ${succession}`, async (t) => {
    const all = bench();
    const { line, right, clock, sent } = all;
    right.become({ kind: "held" });
    line.signallingIsUp(listening);
    await clock.advance(5_000);
    right.become(elsewhere);
    await clock.advance(5_000);
    t.strictSame(sent(), ["600"], "the binding stays until the other instance receives the calls");
    t.strictSame(right.asked, [["10.0.0.1:5061"]]);
    right.answer(succession);
    await clock.advance(5_000);
    t.strictSame(sent(), ["600", ...left]);
    await close(all);
    t.strictSame(sent(), ["600", ...left], "and nothing follows");
  });

await t.test("the right returns before the old registration has ended: a new one follows it", async (t) => {
  const all = bench();
  const { line, right, clock, sent } = all;
  right.become({ kind: "held" });
  line.signallingIsUp(listening);
  await clock.advance(5_000);
  right.become({ kind: "open" });
  right.become({ kind: "held" });
  await clock.advance(5_000);
  t.strictSame(sent(), ["600"]);
  right.answer("none");
  await clock.advance(5_000);
  t.strictSame(sent(), ["600", "0", "600"]);
  t.equal(line.fault, undefined);
  await close(all);
});
