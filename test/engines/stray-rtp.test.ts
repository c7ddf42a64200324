import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { type Talk, talk, Tones } from "../e2e/support/talk.js";
import { withCalls, World } from "../e2e/support/world.js";
import { missingEngines } from "./programs.js";
import { startRealEngines } from "./real-engines.js";

const caller = "+4915223125678";
/** The minimum of calls.media_timeout. */
const mediaTimeoutMs = 5_000;
/** FreeSWITCH 1.11.2 takes 4 to 38 s, others some 20 ms. This limit leaves room for a busy machine. */
const promptMs = 2_000;
/** FreeSWITCH counts ticks without a packet; a busy machine drops some. With 1.11.2 the timeout never fires. */
const timeoutLateMs = mediaTimeoutMs;
/** FreeSWITCH learns the RTP source from the first packets and checks it only afterwards. */
const settledMs = 1_500;
/** Time for packets in flight to arrive. */
const quietMs = 300;
const strays = 5;

/** Sends stray RTP to the media server's port of a call from another address. */
class Stranger {
  readonly #send: () => void;

  private constructor(send: () => void) {
    this.#send = send;
  }

  static async towards(t: Test, call: PhoneCall): Promise<Stranger> {
    const port = Number(/^m=audio (\d+)/m.exec(call.remoteSdp)?.[1]);
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.2");
    await once(socket, "listening");
    t.teardown(() => {
      socket.close();
    });
    let sequence = 1_000;
    return new Stranger(() => {
      const packet = Buffer.alloc(12 + 160, 0xd5);
      packet.writeUInt16BE(0x80_08, 0);
      packet.writeUInt16BE(sequence, 2);
      packet.writeUInt32BE(sequence * 160, 4);
      packet.writeUInt32BE(0x5e_ed, 8);
      sequence += 1;
      socket.send(packet, port, "127.0.0.1");
    });
  }

  once(): void {
    this.#send();
  }

  async often(): Promise<void> {
    for (let count = 0; count < strays; count++) {
      this.#send();
      await setTimeout(quietMs);
    }
  }
}

/** A call in the conference with audio both ways, which then sends no RTP. */
async function fallSilent(t: Test, world: World, there: Talk): Promise<Tones> {
  const tones = new Tones(world, there);
  await tones.bothWays(t, "at first");
  await setTimeout(settledMs);
  there.call.stopRtp();
  await setTimeout(quietMs);
  return tones;
}

async function promptly<Value>(t: Test, what: string, work: Promise<Value>, withinMs = promptMs): Promise<Value> {
  const since = performance.now();
  const value = await work;
  const ms = Math.round(performance.now() - since);
  t.ok(ms < withinMs, `${what} took ${ms} ms`);
  return value;
}

await t.test(
  "stray RTP to a caller's leg without incoming RTP",
  { skip: missingEngines() ?? false, timeout: 240_000 },
  async (t) => {
    const world = await World.start(t, {
      line: "straight",
      engines: startRealEngines,
      settings: withCalls({ media_timeout: `${mediaTimeoutMs}ms` }),
    });
    t.comment(`FreeSWITCH ${world.einwahl.status().mediaServers[0]?.version ?? "?"}`);
    const phone = await world.phone();
    const before = await world.counts();

    await t.test("one packet: hold, resume and BYE are processed at once, and the audio returns", async (t) => {
      const there = await talk(world, phone, { number: caller });
      const { call } = there;
      const tones = await fallSilent(t, world, there);
      const stranger = await Stranger.towards(t, call);
      stranger.once();
      await setTimeout(quietMs);
      t.match(await promptly(t, "hold", call.hold()), { ok: true });
      stranger.once();
      await setTimeout(quietMs);
      t.match(await promptly(t, "resume", call.resume()), { ok: true });
      call.resumeRtp();
      await tones.bothWays(t, "after the packets");

      call.stopRtp();
      await setTimeout(quietMs);
      stranger.once();
      await setTimeout(quietMs);
      const report = world.reports.next("the call's report", () => true);
      await promptly(t, "BYE", call.hangUp());
      t.strictSame(await promptly(t, "the end of both legs", world.leftBehind(before)), {});
      t.match(await report, { cause: "caller-hung-up" });
    });

    await t.test("several packets: the leg still ends by its media timeout", async (t) => {
      const there = await talk(world, phone, { number: caller });
      await fallSilent(t, world, there);
      await (await Stranger.towards(t, there.call)).often();
      const report = world.reports.next("the call's report", () => true, { ms: 4 * mediaTimeoutMs });
      await setTimeout(mediaTimeoutMs);
      t.match(await promptly(t, "the end, beyond the media timeout,", report, timeoutLateMs), { cause: "media-lost" });
    });

    t.strictSame(world.complaints([caller.slice(3)]), []);
  },
);
