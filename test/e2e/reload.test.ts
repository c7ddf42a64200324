import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:tls";

import t, { type Test } from "tap";

import type { MemberInfo } from "../../src/simulators/bbb/member.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { inTime, timeoutMs } from "../support/deadline.js";
import { hears, untilHeard } from "./support/hearing.js";
import { Tones } from "./support/talk.js";
import { conferences, numbers, type Settings, withCalls, World, type WorldOptions } from "./support/world.js";

const callers = 50;
const diallingAtOnce = 5;
const [lecture, staff] = conferences;
const carrierNumber = numbers.unknown;

t.setTimeout(300_000);

function numberOf(index: number): string {
  return `+49152232${String(20_000 + index)}`;
}

/** A second trunk with the same source and these numbers. */
function secondTrunk(trunkNumbers: readonly Settings[]): Settings {
  return { name: "second", provider: "generic", sources: ["127.0.0.1"], numbers: trunkNumbers };
}

/** Who is which member of which conference. */
function membersOf(members: readonly MemberInfo[]): string[] {
  return members.map(({ name, memberId, voiceBridge }) => `${name} is ${memberId} of ${voiceBridge}`).sort();
}

function certificateOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

/** The fingerprint of a server's certificate. */
async function certificateAt(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

function withTrunks(change: (trunks: readonly Settings[]) => readonly Settings[]): WorldOptions {
  return { settings: (settings) => ({ ...settings, trunks: change(settings["trunks"] as readonly Settings[]) }) };
}

await t.test(`reload during ${callers} calls`, async (t) => {
  const [before, renewed] = await Promise.all([makeCertificates(), makeCertificates()]);
  const certificates = { ...before, ca: `${before.ca}\n${renewed.ca}` };
  const world = await World.start(t, { line: "straight", certificates, released: "at-the-end" });
  const phone = await world.phone();
  const idle = await world.counts();
  const [first, second] = world.bbbs;
  const ended: string[] = [];
  let next = callers;

  const arrivalOf = async (index: number, node: typeof first): Promise<MemberInfo> =>
    await new Promise((resolve) => {
      const off = node.onJoin((member) => {
        if (!member.name.endsWith(numberOf(index).slice(-4))) return;
        off();
        resolve(member);
      });
    });
  const enters = async (
    index: number,
    { pin, node }: { readonly pin: string; readonly node: typeof first },
  ): Promise<{ readonly call: PhoneCall; readonly member: MemberInfo }> => {
    const arrival = arrivalOf(index, node);
    const call = await phone.dial({ uri: world.sipUri(), number: numberOf(index) });
    const answered = await call.answered;
    if (!answered.ok) throw new Error(`${answered.failure.status} ${answered.failure.reason}`);
    // The later ones join and leave.
    if (index < callers)
      call.ended.then(
        ({ by }) => ended.push(`${index} by ${by}`),
        () => undefined,
      );
    // The caller types only after the prompt.
    if (!(await call.audio.waitForSound(timeoutMs))) throw new Error("the caller hears nothing");
    await call.sendDigits(`${pin}#`);
    return { call, member: await inTime(`caller ${index} is in`, arrival, timeoutMs, () => world.tail()) };
  };

  /** A caller other than those that must stay. */
  const leaves = async (call: PhoneCall, member: MemberInfo, node: typeof first): Promise<void> => {
    const left = node.waitForLeave(member.memberId, timeoutMs);
    await call.hangUp();
    await left;
  };

  const inLecture = { pin: lecture.pin, node: first };
  const inStaff = { pin: staff.pin, node: second };
  const calls: { readonly call: PhoneCall; readonly member: MemberInfo }[] = [];
  while (calls.length < callers) {
    const indices = Array.from({ length: diallingAtOnce }, (_, at) => calls.length + at);
    calls.push(...(await Promise.all(indices.map((index) => enters(index, index % 2 === 0 ? inLecture : inStaff)))));
  }
  const [oneInLecture, oneInStaff] = calls;
  if (oneInLecture === undefined || oneInStaff === undefined) throw new Error("no caller");
  const tones = { lecture: new Tones(world, oneInLecture, first), staff: new Tones(world, oneInStaff, second) };

  /** Asserts that all calls are up, and two of them have audio both ways. */
  const nobodyIsLost = async (t: Test, when: string): Promise<void> => {
    t.strictSame(ended, [], "no call has ended");
    // The members that came, and no others: who has left and come back is another one, and would not be listened to.
    t.strictSame(
      membersOf([...first.members(lecture.pin), ...second.members(staff.pin)]),
      membersOf(calls.map(({ member }) => member)),
      "all of them are in their conferences",
    );
    await tones.lecture.bothWays(t, `${when}, in the lecture`);
    await tones.staff.bothWays(t, `${when}, in the staff meeting`);
  };
  const status = async (uri: string): Promise<number> => {
    const call = await phone.dial({ uri, number: numberOf(next++) });
    const answered = await call.answered;
    if (!answered.ok) return answered.failure.status;
    await call.hangUp();
    return 200;
  };
  /** Asserts that a call is answered and greeted in this language. */
  const greets = async (t: Test, number: string, prompt: string): Promise<PhoneCall> => {
    const call = await phone.dial({ uri: world.sipUri(number), number: numberOf(next++) });
    call.audio.listenForPrompts(world.prompts);
    t.ok((await call.answered).ok, `${prompt} is said`);
    await untilHeard(world, call, prompt);
    return call;
  };

  await t.test("an unchanged configuration", async (t) => {
    t.strictSame(await world.reload({}), { outcome: "reloaded", changed: [], needsRestart: [] });
    await nobodyIsLost(t, "after a reload without a change");
  });

  await t.test("a trunk is added", async (t) => {
    t.equal(await status(world.sipUri(carrierNumber)), 404, "not known before");
    const answer = await world.reload(
      withTrunks((trunks) => [...trunks, secondTrunk([{ number: carrierNumber, languages: ["de"] }])]),
    );
    t.strictSame(answer, { outcome: "reloaded", changed: ["trunk second: added"], needsRestart: [] });
    await (await greets(t, carrierNumber, "de/welcome")).hangUp();
    t.match(world.einwahl.status().trunks, [{ name: "line" }, { name: "second" }]);
    await nobodyIsLost(t, "with a new trunk");
  });

  await t.test("a number moves to another trunk, and to another language", async (t) => {
    await (await greets(t, numbers.german, "de/welcome")).hangUp();
    const answer = await world.reload(
      withTrunks(([line]) => [
        { ...line, numbers: [{ number: numbers.english, languages: ["en", "de"] }] },
        secondTrunk([
          { number: carrierNumber, languages: ["de"] },
          { number: numbers.german, languages: ["en"] },
        ]),
      ]),
    );
    t.strictSame(answer, {
      outcome: "reloaded",
      changed: ["trunk line: changed", "trunk second: changed"],
      needsRestart: [],
    });
    await (await greets(t, numbers.german, "en/welcome")).hangUp();
    const shown = (await (await fetch(`http://127.0.0.1:${world.einwahl.httpPort}/api/v1/dial-in-numbers`)).json()) as {
      readonly numbers: readonly { readonly number: string; readonly languages: readonly string[] }[];
    };
    t.strictSame(
      shown.numbers.find(({ number }) => number === numbers.german)?.languages,
      ["en"],
      "the HTTP API returns it",
    );
    await nobodyIsLost(t, "after a number has moved");
  });

  await t.test("a trunk is removed: its calls continue, new ones are refused", async (t) => {
    const answer = await world.reload(
      withTrunks(([line]) => [{ ...line, numbers: [{ number: numbers.english, languages: ["en", "de"] }] }]),
    );
    t.strictSame(answer, { outcome: "reloaded", changed: ["trunk second: removed"], needsRestart: [] });
    t.equal(await status(world.sipUri(carrierNumber)), 404);
    t.equal(await status(world.sipUri(numbers.german)), 404);
    t.equal(await status(world.sipUri(numbers.english)), 200);
    await nobodyIsLost(t, "without the trunk that they came over");
    t.match(await world.reload({}), { outcome: "reloaded", changed: ["trunk line: changed"] });
  });

  await t.test("a BBB server is removed: its callers stay, its PINs are unknown; then it is added again", async (t) => {
    const answer = await world.reload({
      settings: (settings) => ({
        ...settings,
        bbb_servers: (settings["bbb_servers"] as readonly Settings[]).slice(0, 1),
      }),
    });
    t.strictSame(answer, { outcome: "reloaded", changed: [`BBB server ${second.name}: removed`], needsRestart: [] });
    const call = await greets(t, numbers.german, "de/welcome");
    await call.sendDigits(`${staff.pin}#`);
    await hears(t, world, call, "de/pin-unknown", "its conference is not found any more");
    await call.hangUp();
    await nobodyIsLost(t, "with their server gone from the settings");
    t.match(await world.reload({}), { outcome: "reloaded", changed: [`BBB server ${second.name}: added`] });
    const { call: later, member } = await enters(next++, inStaff);
    await leaves(later, member, second);
  });

  await t.test("limits, keys and labels apply to the next call", async (t) => {
    const answer = await world.reload({ settings: withCalls({ max_concurrent: callers, hints: false }) });
    t.strictSame(answer, { outcome: "reloaded", changed: ["calls: changed"], needsRestart: [] });
    t.equal(await status(world.sipUri()), 503, "no slot is free");
    await nobodyIsLost(t, "at the new limit");
    t.match(
      await world.reload({
        settings: (settings) => ({ ...settings, label: { template: { de: "Telefon {last4}", en: "Phone {last4}" } } }),
      }),
      { outcome: "reloaded", changed: ["calls: changed", "label: changed"] },
    );
    const { call, member } = await enters(next++, inLecture);
    t.match(member.name, /^Telefon \d{4}$/);
    await leaves(call, member, first);
    await world.reload({});
  });

  await t.test("the prompts change, and with them the media server's settings", async (t) => {
    const answer = await world.reload({
      settings: (settings) => ({
        ...settings,
        media_servers: (settings["media_servers"] as readonly Settings[]).map((server) => ({
          ...server,
          capacity: 77,
        })),
      }),
    });
    t.strictSame(answer, { outcome: "reloaded", changed: ["media server media-1: changed"], needsRestart: [] });
    t.match(world.einwahl.status().mediaServers, [{ name: "media-1", state: "up", capacity: 77 }]);
    await (await greets(t, numbers.german, "de/welcome")).hangUp();
    await nobodyIsLost(t, "on the media server as it was before");
  });

  await t.test("a BBB server has a new certificate", async (t) => {
    first.voice.renewCertificate(renewed);
    t.equal(await certificateAt(first.sipPort), certificateOf(renewed.cert), "it shows the new one");
    t.match(await world.reload({}), { outcome: "reloaded" });
    const { call, member } = await enters(next++, inLecture);
    await leaves(call, member, first);
    await nobodyIsLost(t, "after a new certificate");
  });

  await t.test("a faulty file changes nothing, and the reason is reported", async (t) => {
    const good = await readFile(world.settingsFile, "utf8");
    for (const { text, path } of [
      { text: "trunks: [", path: /line/ },
      { text: good.replace('"provider": "generic"', '"provider": "genric"'), path: /trunks\[0\]\.provider/ },
      {
        text: good.replace(/"number": "\+493023125001"/, '"number": "030"'),
        path: /trunks\[0\]\.numbers\[0\]\.number/,
      },
    ]) {
      await writeFile(world.settingsFile, text);
      const answer = await world.readAgain();
      t.match(answer, { outcome: "refused", faults: [{ path, message: /./, cure: /./ }] });
    }
    await (await greets(t, numbers.german, "de/welcome")).hangUp();
    await nobodyIsLost(t, "after files with faults");
    t.ok(
      world.log.past.some((line) => line.includes("nothing changed")),
      "and the log has it",
    );
  });

  await t.test("settings that need a restart are named", async (t) => {
    const answer = await world.reload({
      settings: (settings) => ({
        ...settings,
        drachtio: { ...(settings["drachtio"] as Settings), port: 1 },
        rooms: { pin_length: 7 },
      }),
    });
    t.match(answer, { outcome: "reloaded", needsRestart: ["drachtio", "rooms.pin_length"] });
    await nobodyIsLost(t, "at the old drachtio");
    await world.reload({});
  });

  await Promise.all(calls.map(({ call }) => call.hangUp()));
  t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
  t.strictSame(
    world.complaints([lecture.pin, staff.pin, ...calls.map((_, index) => numberOf(index).slice(3))]),
    [],
    "no unexpected error, number or PIN in the log",
  );
});
