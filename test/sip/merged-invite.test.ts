import t from "tap";

import { DrachtioConnection } from "../../src/sip/drachtio-connection.js";
import type { DrachtioCall } from "../../src/sip/incoming-call.js";
import { systemClock } from "../../src/util/clock.js";
import { someSdp, startServer, stopServer } from "../simulators/drachtio/support.js";
import { until } from "../softphone/sip/support.js";
import { RawPhone } from "../support/raw-phone.js";

await t.test("a merged INVITE gets 482 and does not affect CANCEL, refusal and retry of the first one", async (t) => {
  const server = await startServer();
  const calls: DrachtioCall[] = [];
  const signalling = DrachtioConnection.open({
    host: "127.0.0.1",
    port: server.controlPort,
    secret: "secret",
    clock: systemClock,
    random: Math.random,
    onCall: (call) => calls.push(call),
    onHeard: () => true,
    onConnected: () => undefined,
    onLost: () => undefined,
    onBug: (error) => t.fail(String(error)),
  });
  await until(() => signalling.state === "connected", "a connection");
  const phone = await RawPhone.open({
    transport: "tcp",
    port: server.addresses.find(({ transport }) => transport === "tcp")?.port ?? 0,
  });
  const send = (method: string, branch: string, body = ""): void => {
    phone.request(
      `${method} sip:bob@127.0.0.1 SIP/2.0
      ${phone.via(branch)}
      From: <sip:+4930555012345@127.0.0.1>;tag=a1
      To: <sip:bob@127.0.0.1>
      Call-ID: merged
      CSeq: 1 ${method}
      Contact: <sip:a@127.0.0.1;transport=tcp>
      Content-Type: application/sdp`,
      body,
    );
  };
  const heard = async (status: number, branch: string): Promise<void> => {
    const answer = new RegExp(`SIP/2.0 ${status} [^]{0,40}\\r\\nVia: [^\\r]*z9hG4bK${branch}[;\\r]`);
    await until(() => answer.test(phone.heard), `${status} for ${branch}`);
  };

  send("INVITE", "first", someSdp);
  send("INVITE", "second", someSdp);
  await heard(482, "second");
  t.equal(calls.length, 1, "no call of its own");
  send("CANCEL", "first");
  await heard(487, "first");
  await until(() => calls[0]?.gone.isSet === true, "the end of the first call");
  for (const call of calls) signalling.release(call);

  send("INVITE", "third", someSdp);
  await until(() => calls.length === 2, "the same INVITE by another proxy, after its end");
  calls[1]?.refuse({ status: 503, reason: "Service Unavailable", headers: {} });
  await heard(503, "third");
  for (const call of calls) signalling.release(call);
  send("ACK", "third");
  send("ACK", "first");
  send("ACK", "second");
  phone.close();
  signalling.close();
  await stopServer(t, server);
});
