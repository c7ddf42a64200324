import type { Test } from "tap";

import type { Flow } from "../../../src/softphone/sip/flow.js";
import {
  type SipDialog,
  SipRequest,
  SipUserAgent,
  type SipUserAgentOptions,
  type TlsOptions,
  type Transport,
} from "../../../src/softphone/sip/index.js";
import type { SipMessage } from "../../../src/softphone/sip/message.js";
import { parseMessage } from "../../../src/softphone/sip/parse.js";
import { systemClock } from "../../../src/util/clock.js";
import { sleep } from "../../../src/util/wait.js";
import { freePort } from "../../e2e/support/ports.js";

/** A flow without a network that records the sent messages. */
export class FakeFlow implements Flow {
  readonly transport;
  readonly reliable: boolean;
  readonly sent: SipMessage[] = [];
  readonly #listeners = new Set<() => void>();
  open = true;

  constructor(transport: "udp" | "tcp") {
    this.transport = transport;
    this.reliable = transport === "tcp";
  }

  get local(): Flow["local"] {
    return { transport: this.transport, address: "127.0.0.1", port: 5060 };
  }

  get remote(): Flow["remote"] {
    return { transport: this.transport, address: "127.0.0.1", port: 5062 };
  }

  send(text: string): boolean {
    if (this.open) this.sent.push(parsed(text));
    return this.open;
  }

  onClose(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  retain(): () => void {
    return () => undefined;
  }

  break(): void {
    this.open = false;
    for (const listener of this.#listeners) listener();
  }

  /** Methods and statuses sent so far, in order. */
  get log(): (string | number)[] {
    return this.sent.map((message) => (message.kind === "request" ? message.method : message.status));
  }
}

export function parsed(text: string): SipMessage {
  const result = parseMessage(Buffer.from(text));
  if (!result.ok) throw new Error(`not a SIP message: ${result.failure.reason}`);
  return result.value;
}

/** A request as received from the network. */
export function requestFrom(method: string, options: { branch?: string; cseq?: number } = {}): SipRequest {
  return new SipRequest(method, "sip:bob@127.0.0.1", [
    ["Via", `SIP/2.0/UDP 127.0.0.1:5062;branch=${options.branch ?? "z9hG4bK1"};rport`],
    ["From", "<sip:alice@127.0.0.1>;tag=a"],
    ["To", "<sip:bob@127.0.0.1>"],
    ["Call-ID", "one@test"],
    ["CSeq", `${options.cseq ?? 1} ${method}`],
    ["Contact", "<sip:alice@127.0.0.1:5062>"],
  ]);
}

/** Timers a fifteenth as long as RFC 3261's, for tests over real sockets. */
export const fast = { t1: 30, t2: 120, t4: 150 };

/** Listens on 127.0.0.1 with fast timers. */
export function listen(options: Partial<SipUserAgentOptions> = {}): Promise<SipUserAgent> {
  return SipUserAgent.listen({
    listen: [{ transport: "udp", address: "127.0.0.1", port: 0 }],
    userAgent: "test",
    timers: fast,
    ...options,
  });
}

/** The URI of the n-th listening address of a user agent. */
export function uriOf(
  agent: { addresses: SipUserAgent["addresses"] },
  user = "bob",
  host = "127.0.0.1",
  at = 0,
): string {
  const address = agent.addresses[at];
  if (address === undefined) throw new Error("not listening");
  return `sip:${user}@${host}:${address.port};transport=${address.transport}`;
}

/** Polls every 2 ms of real time until `so` returns true; throws after 5 s. */
export async function until(so: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!so()) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await sleep(systemClock, 2);
  }
}

export const someOffer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=offer\r\n";
export const someAnswer = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=answer\r\n";
export const from = { user: "alice", displayName: 'Alice "A"' };

export interface Pair {
  readonly caller: SipUserAgent;
  readonly callee: SipUserAgent;
  readonly uri: string;
}

/** The caller listens on UDP only; over TCP and TLS it is a client with an ephemeral port, like a phone. */
export async function pair(
  transport: Transport,
  tls: { client?: TlsOptions; server?: TlsOptions } = {},
): Promise<Pair> {
  const callee = await listen({
    // Tests close it and listen again: no other test may get the port meanwhile.
    listen: [{ transport, address: "127.0.0.1", port: await freePort() }],
    ...(tls.server === undefined ? {} : { tls: tls.server }),
  });
  const caller = await listen({
    listen: transport === "udp" ? [{ transport, address: "127.0.0.1", port: 0 }] : [],
    ...(tls.client === undefined ? {} : { tls: tls.client }),
  });
  return { caller, callee, uri: uriOf(callee) };
}

export async function establish({ caller, callee, uri }: Pair): Promise<{ ours: SipDialog; theirs: SipDialog }> {
  const accepted = new Promise<SipDialog>((resolve) => {
    callee.onInvite = (invite) => {
      invite.ring();
      resolve(invite.accept(someAnswer));
    };
  });
  const result = await caller.invite({ uri, from: from, sdp: someOffer }).result;
  if (!result.ok) throw new Error(`refused: ${result.failure.status} ${result.failure.reason}`);
  return { ours: result.value, theirs: await accepted };
}

/** Closes both after checking that neither has active transactions or dialogs. */
export async function finish(t: Test, { caller, callee }: Pair): Promise<void> {
  for (const agent of [caller, callee]) {
    await until(() => agent.counts().transactions === 0, "transactions over");
    t.equal(agent.counts().dialogs, 0);
    await agent.close();
    t.same(agent.counts(), { connections: 0, transactions: 0, lingering: 0, dialogs: 0 });
  }
}
