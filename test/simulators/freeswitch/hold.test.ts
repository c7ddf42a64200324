import { setTimeout } from "node:timers/promises";

import t from "tap";

import { Node, type NodeCall } from "./node.js";
import { type Endpoint, FreeswitchHarness, type ModeslEvent, nextBridge, soon } from "./support.js";

const world = await FreeswitchHarness.start(t);
const node = await Node.start(t, world);

/** A hold of the far leg, which sends no RTP meanwhile. */
async function holdBy({ dialog, media }: NodeCall, direction: "sendonly" | "sendrecv"): Promise<string> {
  const answered = await dialog.reinvite(media.renew(direction));
  if (!answered.ok) throw new Error(answered.failure.reason);
  const accepted = media.accept(answered.value.body);
  if (!accepted.ok) throw new Error(accepted.failure.detail);
  return answered.value.body;
}

async function bridge(
  endpoint: Endpoint,
  variables: Record<string, string>,
): Promise<{ readonly far: NodeCall; readonly done: Promise<ModeslEvent> }> {
  // A dial string cannot contain its commas.
  await endpoint.execute("set", "nolocal:hold_music=tone_stream://%(300,0,700)");
  await endpoint.execute("set", "export_vars=nolocal:hold_music");
  const taken = node.call();
  const connected = nextBridge(endpoint);
  const done = endpoint.execute("bridge", node.dialString(variables));
  const far = await soon("the node's answer", taken);
  await soon("CHANNEL_BRIDGE", connected);
  return { far, done };
}

function byeTo(endpoint: Endpoint): Promise<string | undefined> {
  return new Promise((resolve) => {
    endpoint.dialog.on("destroy", (request) => {
      resolve(request.get("Reason"));
    });
  });
}

await t.test("the peer holds: the other leg hears its music and not its audio; the older timeouts", async (t) => {
  const { endpoint, caller } = await world.call(t);
  const { far, done } = await bridge(endpoint, { rtp_timeout_sec: "1", rtp_hold_timeout_sec: "60" });
  const fromFar = world.play(far.media, 1000);
  await world.hears(caller, 1000);
  t.match(await holdBy(far, "sendonly"), "a=recvonly");
  await world.hears(caller, 700);
  fromFar();
  const held = world.play(caller, 440);
  const before = far.media.stats().packetsIn;
  await world.hears(caller, 700);
  await setTimeout(1_500);
  await world.hears(caller, 700);
  t.equal(far.media.stats().packetsIn, before, "a held leg is sent nothing");
  t.match(await holdBy(far, "sendrecv"), "a=sendrecv");
  const again = world.play(far.media, 1300);
  await Promise.all([world.hears(caller, 1300), world.hears(far.media, 440)]);
  again();
  held();
  const stop = world.play(caller, 440);
  t.equal(
    (await soon("the end of the bridge", done)).getHeader("variable_bridge_hangup_cause"),
    "MEDIA_TIMEOUT",
    "without a hold the shorter timeout counts",
  );
  stop();
  await endpoint.destroy();
});

await t.test("media_timeout applies on hold too, and the other leg ends with a held one", async (t) => {
  const { endpoint } = await world.call(t);
  const { far } = await bridge(endpoint, { media_timeout: "500", media_hold_timeout: "60000" });
  await holdBy(far, "sendonly");
  const bye = byeTo(endpoint);
  t.match(await soon("BYE", far.dialog.ended), { by: "remote", reason: /cause=804/ });
  t.match(await soon("BYE to the caller", bye), "NORMAL_CLEARING");
});

await t.test("a leg ends while its peer holds: the other leg ends too", async (t) => {
  const { endpoint } = await world.call(t);
  const { far } = await bridge(endpoint, {});
  await holdBy(far, "sendonly");
  const bye = byeTo(endpoint);
  await far.dialog.bye();
  t.match(await soon("BYE to the caller", bye), "NORMAL_CLEARING");
});
