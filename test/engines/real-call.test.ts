import { setTimeout } from "node:timers/promises";

import t from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { conferences, numbers } from "../e2e/support/world.js";
import { timeoutMs } from "../support/deadline.js";
import type { BbbLike, ConferenceMember } from "./bbb-like.js";
import { missingEngines } from "./programs.js";
import { type RealWorld, startRealWorld } from "./real-world.js";
import { greatestToneShare } from "./sound.js";

const caller = "+4915223125678";
/** The telephone's own log may hold its number. */
const otherCaller = "+4915111112222";
const digits = caller.slice(3);
const tones = { conference: 620, caller: 1040 } as const;
const lookEveryMs = 50;
const toneMs = 1_500;

/** Polls the conference list, because no event announces a member. */
async function memberOf(node: BbbLike, voiceBridge: string): Promise<ConferenceMember> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const [member] = await node.members(voiceBridge);
    if (member !== undefined) return member;
    if (performance.now() > deadline)
      throw new Error(`no member in ${voiceBridge}\n${node.log().slice(-40).join("\n")}`);
    await setTimeout(lookEveryMs);
  }
}

/** The remaining members after the server has processed the BYE. */
async function leftIn(node: BbbLike, voiceBridge: string): Promise<readonly ConferenceMember[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const members = await node.members(voiceBridge);
    if (members.length === 0 || performance.now() > deadline) return members;
    await setTimeout(lookEveryMs);
  }
}

/** Both legs in the media server's table, which is updated a moment later: codec for reading and writing, SRTP suite. */
async function legs({ engines }: RealWorld): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const table = JSON.parse(await engines.media.api("show channels as json")) as {
      readonly rows?: readonly Record<string, string>[];
    };
    const rows = table.rows ?? [];
    // L16: FreeSWITCH still plays the ringing tone. A leg that is transcoded has another codec in the end, not L16.
    const isComplete =
      rows.length === 2 &&
      rows.every(({ secure, read_codec, write_codec }) => secure !== "" && write_codec !== "" && read_codec !== "L16");
    if (isComplete || performance.now() > deadline) {
      return rows
        .map(({ direction, read_codec, write_codec, secure }) => [direction, read_codec, write_codec, secure].join(" "))
        .sort();
    }
    await setTimeout(lookEveryMs);
  }
}

await t.test(
  "complete calls through the real engines",
  { skip: missingEngines() ?? false, timeout: 240_000 },
  async (t) => {
    const real = await startRealWorld(t);
    const { world, nodes } = real;
    const phone = await world.phone();
    const before = await world.counts();

    for (const { codec, index } of [
      { codec: "PCMA", index: 0 },
      { codec: "PCMU", index: 1 },
    ] as const) {
      const node = nodes[index];
      const other = nodes[1 - index];
      const { pin } = conferences[index];
      await t.test(`${codec}, ${node.name}`, async (t) => {
        const call = await phone.dial({ ...world.line(), number: caller, codecs: [codec] });
        call.audio.listenForPrompts(world.prompts);
        t.ok((await call.answered).ok);
        t.ok(await call.audio.waitForPrompt("de/welcome", timeoutMs), "the greeting is heard");
        await call.sendDigits(`${pin}#`);

        const member = await memberOf(node, pin);
        t.equal(member.name, "5678", "the last four digits are the name");
        t.notMatch(member.number, /\d/, "a pseudonym is the number");
        t.equal((await other?.members(pin))?.length, 0, "no member on the other BBB server");
        const both = await legs(real);

        call.playTone(tones.caller);
        const stop = await node.recordMember(member);
        await node.playTone(pin, tones.conference, toneMs);
        t.ok(await call.audio.waitForTone(tones.conference, timeoutMs), "the caller hears the conference");
        await setTimeout(toneMs);
        t.ok(greatestToneShare(await stop(), tones.caller) > 0.8, "the conference hears the caller");

        const variables = await node.socket.dump(member.channel);
        t.notOk(
          [...variables.values()].some((value) => value.includes(digits)),
          "no variable of the BBB server has the caller's number",
        );
        t.strictSame(
          [...variables.keys()].filter((name) => name.startsWith("variable_sip_h_")),
          [],
          "nor any header of the caller's leg",
        );
        t.equal(variables.get("variable_sip_via_protocol"), "tls");

        const report = world.reports.next("the call's report", () => true);
        await call.hangUp();
        const { srtp, ...rest } = await report;
        t.match(rest, { cause: "caller-hung-up", codec });
        t.match(srtp.trunk, /^A/);
        t.strictSame(
          both,
          [
            `inbound ${codec} ${codec} srtp:sdes:${String(srtp.trunk)}`,
            `outbound ${codec} ${codec} srtp:sdes:AEAD_AES_256_GCM`,
          ],
          "both legs were encrypted and not transcoded",
        );
        t.strictSame(await world.leftBehind(before), {}, "nothing is left");
        t.strictSame(await leftIn(node, pin), [], "and the conference has no member");
      });
    }

    await t.test("G.722, with a FreeSWITCH as the telephone", async (t) => {
      const [node, telephone] = nodes;
      const { pin } = conferences[0];
      const asked = world.stages.next("the PIN is asked for", ({ stage }) => stage === "asking");
      const channel = await telephone.dial(`${numbers.german}@127.0.0.1:${world.engines.sip.tls}`, {
        number: otherCaller,
        codec: "G722",
        hz: tones.caller,
      });
      await telephone.press(channel, pin);
      await asked;
      const member = await memberOf(node, pin);
      t.strictSame(
        await legs(real),
        ["inbound G722 G722 srtp:sdes:AES_CM_128_HMAC_SHA1_80", "outbound G722 G722 srtp:sdes:AEAD_AES_256_GCM"],
        "encrypted and not transcoded",
      );

      const stops = [await node.recordMember(member), await telephone.recordMember({ channel })] as const;
      await node.playTone(pin, tones.conference, toneMs);
      await setTimeout(toneMs);
      t.ok(greatestToneShare(await stops[0](), tones.caller) > 0.8, "the conference hears the caller");
      t.ok(greatestToneShare(await stops[1](), tones.conference) > 0.8, "the caller hears the conference");
      await telephone.socket.api(`uuid_kill ${channel}`);
    });

    const joined = async (node: BbbLike, pin: string): Promise<PhoneCall> => {
      const call = await phone.dial({ ...world.line(), number: caller });
      call.audio.listenForPrompts(world.prompts);
      t.ok((await call.answered).ok);
      await call.audio.waitForPrompt("de/welcome", timeoutMs);
      await call.sendDigits(`${pin}#`);
      await memberOf(node, pin);
      return call;
    };

    await t.test("the BBB server ends the call while the conference continues", async (t) => {
      const [node] = nodes;
      const { pin } = conferences[0];
      const call = await joined(node, pin);
      await node.empty(pin);
      t.ok(await call.audio.waitForPrompt("de/removed", timeoutMs), "the caller hears the reason");
      t.match(await call.ended, { by: "remote" });
    });

    await t.test("the conference ends", async (t) => {
      const [node] = nodes;
      const { pin, name } = conferences[0];
      const call = await joined(node, pin);
      await world.bbbs[0].endMeeting(name);
      await node.empty(pin);
      t.ok(await call.audio.waitForPrompt("de/conference-ended", timeoutMs), "the caller hears the reason");
      const asked = call.audio.recording.durationMs;
      t.ok(
        await call.audio.waitForPrompt("de/enter-pin", timeoutMs, { fromMs: asked - 10_000 }),
        "the caller is asked for another PIN",
      );
      await call.hangUp();
    });

    const logged = (lines: readonly string[], text: string): string[] => lines.filter((line) => line.includes(text));
    t.strictSame(
      nodes.flatMap((node) => logged(node.log(), digits)),
      [],
      "no log of the BBB servers has the number, not even at debug level",
    );
    for (const program of [real.engines.drachtio, real.engines.freeswitch]) {
      t.strictSame(logged(program.lines.past, digits), [], "nor in an engine's log");
      t.strictSame(
        conferences.flatMap(({ pin }) => logged(program.lines.past, pin)),
        [],
        "nor the PIN",
      );
    }
    t.strictSame(world.complaints([digits]), []);
  },
);
