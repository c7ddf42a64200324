import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { Node } from "./node.js";
import { FreeswitchHarness, soon } from "./support.js";

const world = await FreeswitchHarness.start(t);
const node = await Node.start(t, world);

await t.test("refusals and FreeSWITCH's causes", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const table: [number, string | undefined, string][] = [
    [486, undefined, "USER_BUSY"],
    [404, undefined, "UNALLOCATED_NUMBER"],
    [404, 'Q.850;cause=3;text="NO_ROUTE_DESTINATION"', "NO_ROUTE_DESTINATION"],
    [403, undefined, "CALL_REJECTED"],
    [480, undefined, "NO_USER_RESPONSE"],
    [488, undefined, "INCOMPATIBLE_DESTINATION"],
    [503, undefined, "NORMAL_TEMPORARY_FAILURE"],
    [408, undefined, "RECOVERY_ON_TIMER_EXPIRE"],
  ];
  for (const [status, reason, cause] of table) {
    node.reaction = { kind: "refuse", status, ...(reason === undefined ? {} : { reason }) };
    const complete = await soon(String(status), endpoint.execute("bridge", node.dialString()));
    t.same(
      [
        "originate_disposition",
        "originate_failed_cause",
        "last_bridge_hangup_cause",
        "last_bridge_proto_specific_hangup_cause",
        "sip_invite_failure_status",
      ].map((name) => complete.getHeader(`variable_${name}`)),
      [cause, cause, cause, `sip:${status}`, String(status)],
      `${status} is ${cause}`,
    );
    t.equal(complete.getHeader("Answer-State"), "answered");
  }
  const playing = endpoint.execute("playback", "tone_stream://%(2000,0,700)");
  await world.hears(caller, 700);
  await endpoint.api("uuid_break", endpoint.uuid);
  await playing;
  await endpoint.destroy();
});

await t.test("a BBB server that is unreachable or has another certificate", async (t) => {
  const { endpoint } = await world.call(t);
  const disposition = async (dialString: string): Promise<[string | undefined, string | undefined]> => {
    await endpoint.execute("unset", "sip_invite_failure_status");
    const complete = await soon("the failure", endpoint.execute("bridge", dialString));
    return [
      complete.getHeader("variable_originate_disposition"),
      complete.getHeader("variable_sip_invite_failure_status") ?? undefined,
    ];
  };
  const unused = await Node.start(t, world, "tcp");
  const to = (port: number, rest = ";transport=tls"): string =>
    `{rtp_secure_media_outbound=mandatory,leg_timeout=1}sofia/bbb/1@127.0.0.1:${port}${rest}`;
  t.same(await disposition(to(1)), ["NORMAL_TEMPORARY_FAILURE", "503"], "connection refused");
  const stranger = await Node.start(t, world, "tls", await makeCertificates());
  t.same(await disposition(to(stranger.port)), ["ALLOTTED_TIMEOUT", undefined], "a certificate of another authority");
  t.equal(stranger.invites.length, 0, "and it received no INVITE");
  t.same(await disposition(to(unused.port)), ["ALLOTTED_TIMEOUT", undefined], "no TLS there");
  t.same(
    await disposition(to(unused.port, ";transport=tcp")),
    ["NORMAL_TEMPORARY_FAILURE", undefined],
    "the profile speaks TLS only",
  );
  t.same(await disposition("sofia/nowhere/1@127.0.0.1"), ["INVALID_PROFILE", undefined]);
  t.same(await disposition("loopback/1"), ["CHAN_NOT_IMPLEMENTED", undefined]);
  t.same(await disposition("nonsense"), ["CHAN_NOT_IMPLEMENTED", undefined]);
  await endpoint.destroy();
});

await t.test("a BBB server that only rings", async (t) => {
  node.reaction = { kind: "ring" };
  const { endpoint, caller } = await world.call(t);
  await endpoint.execute("set", "transfer_ringback=%(1000,0,425)");
  const before = node.cancelled;
  const timedOut = endpoint.execute("bridge", node.dialString({ leg_timeout: "1" }));
  await world.hears(caller, 425);
  t.equal((await soon("leg_timeout", timedOut)).getHeader("variable_originate_disposition"), "ALLOTTED_TIMEOUT");
  await world.until("CANCEL", () => node.cancelled === before + 1);

  const noAnswer = await soon(
    "originate_timeout",
    endpoint.execute("bridge", node.dialString({ originate_timeout: "1" })),
  );
  t.equal(noAnswer.getHeader("variable_originate_disposition"), "NO_ANSWER");

  const killed = endpoint.execute("bridge", node.dialString({ origination_uuid: "doomed" }));
  await world.until("ringing", () => world.freeswitch.counts().channels === 2);
  t.equal((await endpoint.api("uuid_kill", "doomed")).getBody(), "+OK\n");
  t.equal((await soon("uuid_kill", killed)).getHeader("variable_originate_disposition"), "NORMAL_CLEARING");

  const given = endpoint.execute("bridge", node.dialString());
  await world.until("ringing", () => world.freeswitch.counts().channels === 2);
  const cancelled = node.cancelled;
  await endpoint.destroy();
  await soon("the end of the bridge", given);
  await world.until("CANCEL", () => node.cancelled > cancelled);
});

await t.test("instant_ringback does not wait for the 180", async (t) => {
  const silent = await Node.start(t, world);
  silent.reaction = { kind: "ring" };
  const { endpoint, caller } = await world.call(t);
  await endpoint.execute("set", "transfer_ringback=%(1000,0,425)");
  const going = endpoint.execute("bridge", silent.dialString({ instant_ringback: "true", leg_timeout: "5" }));
  await world.hears(caller, 425);
  await endpoint.destroy();
  await going;
});
