import { accessSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

import t from "tap";

import type { Owner } from "../e2e/support/owner.js";
import { conferences, type Settings, World } from "../e2e/support/world.js";
import { timeoutMs } from "../support/deadline.js";
import { audioOf, Capture, type Flow, understood, withTone } from "./capture.js";
import { missingEngines } from "./programs.js";
import { startRealEngines } from "./real-engines.js";

const caller = "+4915223125678";
const tones = { conference: 620, caller: 1040 } as const;
const { pin } = conferences[0];
const tonesMs = 2_000;

function missing(): string | undefined {
  try {
    accessSync("/usr/bin/tshark");
    return missingEngines();
  } catch {
    return "tshark is not installed";
  }
}

/** Calls, hears the greeting, joins, and both sides send tones; returns the captured packets. */
async function record(owner: Owner, world: World, encrypted: boolean): Promise<readonly Flow[]> {
  const phone = await world.phone();
  const capture = await Capture.start(owner);
  const call = await phone.dial({
    uri: world.sipUri(),
    number: caller,
    codecs: ["PCMA"],
    srtp: encrypted ? "mandatory" : "none",
  });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await call.audio.waitForPrompt("de/welcome", timeoutMs);
  await call.sendDigits(`${pin}#`);
  call.playTone(tones.caller);
  await world.bbbs[0].waitForTone({ voiceBridge: pin }, tones.caller, timeoutMs);
  world.bbbs[0].playTone(pin, tones.conference);
  await call.audio.waitForTone(tones.conference, timeoutMs);
  await setTimeout(tonesMs);
  world.bbbs[0].stopTone(pin);
  await call.hangUp();
  return await capture.stop();
}

const inTheOpen = (settings: Settings): Settings => ({
  ...settings,
  bbb_servers: (settings["bbb_servers"] as readonly { readonly sip: object }[]).map((server) => ({
    ...server,
    sip: { ...server.sip, allow_unencrypted: true },
  })),
});

await t.test(
  "what an observer on the path can read and hear",
  { skip: missing() ?? false, timeout: 240_000 },
  async (t) => {
    await t.test("of an encrypted call: nothing", async (t) => {
      const world = await World.start(t, { line: "straight", engines: startRealEngines });
      const flows = await record(t, world, true);
      const audio = audioOf(flows);
      t.ok(audio.length >= 4, "audio both ways on both legs has been captured");
      t.strictSame(understood(audio, world.prompts), [], "no prompt");
      t.strictSame([withTone(audio, tones.caller), withTone(audio, tones.conference)], [0, 0], "no tone");

      const outside = [world.engines.sip.tls, ...world.bbbs.map(({ sipPort }) => sipPort)];
      const signalling = flows.filter(
        ({ source, destination }) => outside.includes(source) || outside.includes(destination),
      );
      t.ok(signalling.length >= 4, "signalling of both legs has been captured");
      t.ok(
        signalling.every(({ protocol, payloads }) => protocol === "tcp" && isTls(payloads[0])),
        "all packets are TLS",
      );
      t.notOk(signalling.some(({ payloads }) => Buffer.concat(payloads).includes("SIP/2.0")));
    });

    await t.test("an unencrypted call: everything is readable, so the check can fail", async (t) => {
      const world = await World.start(t, {
        line: "straight",
        engines: startRealEngines,
        bbbSrtp: "none",
        trunk: { allow_unencrypted: true },
        settings: inTheOpen,
      });
      const audio = audioOf(await record(t, world, false));
      t.ok(understood(audio, world.prompts).includes("de/welcome"), "the prompt");
      t.ok(withTone(audio, tones.caller) >= 2, "the caller's tone on both legs");
      t.ok(withTone(audio, tones.conference) >= 2, "the conference's tone on both legs");
    });
  },
);

/** A TLS record: handshake, change of cipher, alert or data, of version 3.x. */
function isTls(payload: Buffer | undefined): boolean {
  return payload !== undefined && (payload[0] ?? 0) >= 20 && (payload[0] ?? 0) <= 23 && payload[1] === 3;
}
