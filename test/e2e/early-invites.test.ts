import t from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { CuttableLink } from "../support/cuttable-link.js";
import { inTime } from "../support/deadline.js";
import { untilHeard } from "./support/hearing.js";
import { freePort } from "./support/ports.js";
import { type Settings, World, type WorldOptions } from "./support/world.js";

const caller = "+4915223125678";

await t.test(
  "INVITEs between the connection to drachtio and the first media server",
  { timeout: 120_000 },
  async (t) => {
    const nothing = await freePort();
    let eventSocket = nothing;
    const link = await CuttableLink.to(() => eventSocket);
    const options: WorldOptions = {
      line: "straight",
      waitUntilReady: false,
      settings: (settings) => {
        const [server] = settings["media_servers"] as readonly { readonly event_socket: Settings }[];
        return {
          ...settings,
          media_servers: [{ ...server, event_socket: { ...server?.event_socket, port: link.port } }],
        };
      },
    };
    const world = await World.start(t, options);
    t.teardown(() => link.close());
    // The first connections of einwahl come with the media server.
    world.expectedLeftovers = /^freeswitch\.controls$/;
    const phone = await world.phone();
    const before = await world.counts();

    /** Restarts einwahl, and dials as soon as it is connected to drachtio. */
    const dialEarly = async (): Promise<{ readonly call: PhoneCall; readonly started: Promise<void> }> => {
      link.cut();
      eventSocket = nothing;
      await world.stopEinwahl();
      const connected = world.log.next("connected to drachtio", (line) => line.includes("connected to drachtio"));
      const started = world.startEinwahl(options);
      await connected;
      return { call: await phone.dial({ ...world.line(), number: caller }), started };
    };

    await t.test("the call waits for the media server", async (t) => {
      const { call, started } = await dialEarly();
      call.audio.listenForPrompts(world.prompts);
      await started;
      t.strictSame(
        call.progress.filter(({ status }) => status >= 300),
        [],
        "not refused",
      );
      eventSocket = world.engines.eventSocket.port;
      t.ok((await call.answered).ok);
      await untilHeard(world, call, "de/welcome");
      await call.hangUp();
      t.strictSame(await world.leftBehind(before, { expected: world.expectedLeftovers }), {}, "nothing is left");
    });

    await t.test("a caller who gives up meanwhile", async (t) => {
      const { call, started } = await dialEarly();
      const report = world.reports.next("the call's report", () => true);
      await started;
      await call.hangUp();
      t.match(await report, { cause: "cancelled" });
      t.strictSame(await world.leftBehind(before, { expected: world.expectedLeftovers }), {}, "nothing is left");
    });

    await t.test("no media server after 5 s: the call is refused", async (t) => {
      const since = performance.now();
      const { call, started } = await dialEarly();
      await started;
      const answered = await inTime("the refusal", call.answered);
      t.equal(answered.ok ? 200 : answered.failure.status, 503);
      const ms = performance.now() - since;
      t.ok(ms > 4_000 && ms < 8_000, String(ms));
    });

    await t.test("einwahl ends before it was ready: the call is refused at once", async (t) => {
      const { call, started } = await dialEarly();
      await started;
      const since = performance.now();
      await world.stopEinwahl();
      const answered = await inTime("the refusal", call.answered);
      t.equal(answered.ok ? 200 : answered.failure.status, 503);
      t.ok(performance.now() - since < 2_000);
    });

    t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
  },
);
