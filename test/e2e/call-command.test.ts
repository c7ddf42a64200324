import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { sampleRate } from "../../src/softphone/rtp/tone.js";
import { readWav } from "../../src/softphone/rtp/wav.js";
import { toneLevel } from "../../src/softphone/tone-level.js";
import { inTime } from "../support/deadline.js";
import { CommandLine, onlyJson } from "./support/command-line.js";
import { scratchFolder } from "./support/scratch.js";
import { conferences, numbers, World } from "./support/world.js";

const [lecture, meeting] = conferences;
const conferenceHz = 620;
const callerHz = 1_040;

await t.test("einwahl call on the command line", async (t) => {
  const world = await World.start(t, { line: "straight" });
  const folder = await scratchFolder(t, "call");
  await writeFile(join(folder, "ca.pem"), world.certificates.ca);
  const server = ["--server", `127.0.0.1:${world.engines.sip.tls}`];
  const trusted = [...server, "--ca", "ca.pem"];
  const einwahlCall = async (
    args: readonly string[],
  ): Promise<{ code: string; report: Readonly<Record<string, unknown>> }> => {
    const { code, lines } = await new CommandLine(t, ["call", ...args, "--json"], folder).outcome();
    return { code, report: onlyJson(lines) };
  };

  await t.test("a successful call, heard at both ends", async (t) => {
    world.bbbs[0].playTone(lecture.pin, conferenceHz);
    const heard = world.bbbs[0].waitForTone({ voiceBridge: lecture.pin }, callerHz, 60_000);
    const report = world.reports.next("the call's report", () => true);
    const { code, report: told } = await einwahlCall([
      numbers.german,
      ...trusted,
      "--pin",
      lecture.pin,
      "--from",
      "+49 1522 3125678",
      "--play",
      `tone:${callerHz}`,
      "--expect-tone",
      String(conferenceHz),
      "--record",
      "call.wav",
      "--seconds",
      "3",
    ]);
    world.bbbs[0].stopTone(lecture.pin);
    t.equal(code, "exit 0", JSON.stringify(told));
    t.match(told, { ok: true, stage: null, codec: "PCMA", srtp: String, media: { rejected: 0, lost: 0 } });
    t.not(told["srtp"], "none");
    const events = told["events"] as readonly Readonly<Record<string, unknown>>[];
    t.match(
      events.map(({ kind }) => kind).filter((kind) => kind !== "progress" && kind !== "prompt"),
      ["invite", "answered", "pin-typed", "tone", "joined", "hung-up"],
    );
    t.ok(
      events.some(({ kind, name, language }) => kind === "prompt" && name === "enter-pin" && language === "de"),
      "the prompt that asks for the PIN",
    );
    t.match(await heard, { hz: callerHz }, "the conference hears the caller");
    t.match(await report, { cause: "caller-hung-up", joins: 1 });
    const wav = readWav(await readFile(join(folder, "call.wav")));
    if (!wav.ok) throw new Error(wav.failure.kind);
    const last = wav.value.subarray(wav.value.length - sampleRate / 2);
    t.ok(
      wav.value.length > 3 * sampleRate && toneLevel(last, conferenceHz) > 0.05,
      "the recording ends with the conference's tone",
    );
    t.notOk(JSON.stringify(told).includes(lecture.pin), "the report does not tell the PIN");
  });

  await t.test("one suite, one codec, the other language, a silent conference", async (t) => {
    const { code, report } = await einwahlCall([
      `sip:${numbers.german}@127.0.0.1:${world.engines.sip.tls}`,
      "--ca",
      "ca.pem",
      "--pin",
      meeting.pin,
      "--language",
      "en",
      "--srtp",
      "AES_CM_128_HMAC_SHA1_80",
      "--codec",
      "pcmu",
      "--seconds",
      "1",
    ]);
    t.equal(code, "exit 0", JSON.stringify(report));
    t.match(report, { ok: true, codec: "PCMU", srtp: "AES_CM_128_HMAC_SHA1_80" });
    const events = report["events"] as readonly Readonly<Record<string, unknown>>[];
    t.ok(events.some(({ kind, how }) => kind === "joined" && how === "silence"));
    t.ok(events.some(({ kind, name, language }) => kind === "prompt" && name === "enter-pin" && language === "en"));
  });

  for (const { name, args, code, told } of [
    {
      name: "unknown PIN",
      args: [numbers.german, ...trusted, "--pin", "99999"],
      code: "exit 1",
      told: { stage: "pin", why: /knows no conference/ },
    },
    {
      name: "unknown number",
      args: [numbers.unknown, ...trusted],
      code: "exit 1",
      told: { stage: "answer", why: /^404/, cure: /numbers of the trunk/ },
    },
    {
      name: "offer without SRTP",
      args: [numbers.german, ...trusted, "--srtp", "off"],
      code: "exit 1",
      told: { stage: "answer", why: /^488/, said: /SRTP with SDES keys is required/ },
    },
    {
      name: "SRTP keys over UDP, unencrypted",
      args: [numbers.german, "--server", `127.0.0.1:${world.engines.sip.udp}`, "--transport", "udp"],
      code: "exit 1",
      told: { stage: "answer", why: /^403/ },
    },
    {
      name: "certificate of an unknown authority",
      args: [numbers.german, ...server],
      code: "exit 69",
      told: { stage: "connect", why: /certificate/, cure: /--ca FILE/ },
    },
    {
      name: "certificate for another name",
      args: [numbers.german, ...trusted, "--server-name", "phone.example.org"],
      code: "exit 69",
      told: { stage: "connect", why: /for another name/, cure: /--server-name/ },
    },
    {
      name: "expected tone is not heard",
      args: [numbers.german, ...trusted, "--pin", lecture.pin, "--expect-tone", "2000", "--seconds", "1"],
      code: "exit 1",
      told: { stage: "tone", why: /2000 Hz/ },
    },
  ]) {
    await t.test(`${name}: ${code}, failed at the stage ${told.stage}`, async (t) => {
      const { lines, code: ended } = await new CommandLine(t, ["call", ...args, "--json"], folder).outcome();
      // Over UDP the output starts with a note about the keys.
      const report = onlyJson(lines.slice(-1));
      t.equal(ended, code, JSON.stringify(report));
      t.match(report, { ok: false, ...told });
    });
  }

  await t.test("text output, to the configured drachtio, without verification of the certificate", async (t) => {
    const { code, lines } = await new CommandLine(
      t,
      ["call", numbers.english, "--insecure", "--seconds", "0"],
      folder,
      { EINWAHL_CONFIG: world.settingsFile },
    ).outcome();
    t.equal(code, "exit 0", lines.join("\n"));
    const text = lines.join("\n");
    t.match(
      text,
      `Calling drachtio at 127.0.0.1:${world.engines.sip.tls} from 127.0.0.1: that address must be among the sources of a trunk.`,
    );
    t.match(text, /The certificate is not verified/);
    t.match(text, /\d+ ms {2}answered: PCMA, SRTP \S+/);
    t.match(text, /heard: welcome \(en\)/);
    t.match(text, /\d+ packets in, \d+ out, \d+\.\d % lost, jitter \d+\.\d ms/);
    t.match(text, /The call works\./);
  });

  await t.test("Ctrl-C hangs up", async (t) => {
    const report = world.reports.next("the call's report", () => true);
    const command = new CommandLine(
      t,
      ["call", numbers.german, ...trusted, "--pin", lecture.pin, "--seconds", "600"],
      folder,
    );
    await command.program.line("the call is in the conference", /in the conference/);
    command.program.signal("SIGINT");
    const { code, lines } = await command.outcome();
    t.equal(code, "exit 1");
    t.match(lines.join("\n"), /The call does not work \(interrupted\)/);
    t.match(await report, { cause: "caller-hung-up" });
  });

  await t.test("the conference ends during the call", async (t) => {
    const arrived = world.bbbs[1].waitForMember(meeting.pin, 60_000);
    const command = new CommandLine(
      t,
      ["call", numbers.german, ...trusted, "--pin", meeting.pin, "--seconds", "60"],
      folder,
    );
    t.ok(await inTime("the caller is in the conference", arrived, 60_000));
    await command.program.line("the call knows it", /in the conference/);
    await world.bbbs[1].endMeeting(meeting.name);
    const { code, lines } = await command.outcome();
    t.equal(code, "exit 1");
    t.match(lines.join("\n"), /The call does not work \(join\): the conference ended/);
  });
  t.strictSame(world.complaints([lecture.pin, "15223125678"]), []);
});
