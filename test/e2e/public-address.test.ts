import t from "tap";

import { type Settings, World } from "./support/world.js";

const caller = "+4915223125678";
/** An address of this machine, other than the media server's. */
const address = "127.0.0.9";

await t.test(
  "behind NAT callers get the public address in the SDP, for offers of either side and in mid-call",
  async (t) => {
    const world = await World.start(t, {
      line: "straight",
      settings: (settings) => ({
        ...settings,
        media_servers: (settings["media_servers"] as readonly Settings[]).map((server) => ({
          ...server,
          public_address: address,
        })),
      }),
    });
    const phone = await world.phone();
    for (const lateOffer of [false, true]) {
      await t.test(lateOffer ? "an INVITE without SDP" : "an offer", async (t) => {
        const call = await phone.dial({ uri: world.sipUri(), number: caller, lateOffer });
        t.ok((await call.answered).ok);
        t.match(call.remoteSdp, new RegExp(`^c=IN IP4 ${address}\\r?$`, "m"));
        t.match(call.remoteSdp, new RegExp(`^o=.* IN IP4 ${address}\\r?$`, "m"));
        // Before the answer in the ACK is processed a re-INVITE gets 491.
        for (let tries = 0; tries < 100; tries++) {
          const held = await call.hold();
          if (held.ok) break;
          t.equal(held.failure.status, 491);
        }
        t.match(call.remoteSdp, /^a=(recvonly|inactive)\r?$/m, "held");
        t.match(call.remoteSdp, new RegExp(`^c=IN IP4 ${address}\\r?$`, "m"), "on hold too");
        await call.hangUp();
      });
    }
  },
);
