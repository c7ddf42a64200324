import t from "tap";

import type { DialOptions } from "../../src/softphone/test-phone.js";
import { talk } from "./support/talk.js";
import { conferences, type Settings, World } from "./support/world.js";

const caller = "+4915223125678";

/** What carriers send for a withheld number, beside the number. */
const withheld: readonly (readonly [what: string, dial: Pick<DialOptions, "number"> & Partial<DialOptions>])[] = [
  ["withheld by the display name", { number: caller, display: "Unterdrückt" }],
  [
    "withheld by Remote-Party-ID",
    { number: caller, headers: [["Remote-Party-ID", `<sip:${caller}@x>;party=calling;privacy=full`]] },
  ],
  [
    "withheld by an anonymous P-Asserted-Identity",
    { number: caller, headers: [["P-Asserted-Identity", '"Anonymous" <sip:anonymous@anonymous.invalid>']] },
  ],
  [
    "withheld by Privacy: session",
    {
      number: caller,
      headers: [
        ["Privacy", "Session"],
        ["P-Asserted-Identity", `<tel:${caller}>`],
      ],
    },
  ],
  ["number that spells ANONYMOUS", { number: "+266696687" }],
  ["number that spells ANONYMOUS, second caller", { number: "+266696687" }],
];

/** The From user of a caller in the first conference. */
async function pseudonymOf(world: World, number: string): Promise<string> {
  const phone = await world.phone();
  const { call, member } = await talk(world, phone, { number });
  await call.hangUp();
  await call.ended;
  return member.number;
}

await t.test(
  "a ban by BBB applies for the rest of the meeting, also after a restart",
  { timeout: 300_000 },
  async (t) => {
    const kept = (settings: Settings): Settings => ({ ...settings, rooms: { store: "data" } });
    const world = await World.start(t, { settings: kept });
    const [bbb] = world.bbbs;
    const first = await pseudonymOf(world, caller);
    t.match(first, /^anruf-[a-p]{16}$/);
    t.equal(await pseudonymOf(world, caller), first);
    t.not(await pseudonymOf(world, "+4915223125679"), first, "another caller");

    await world.stopEinwahl();
    await world.startEinwahl({ settings: kept });
    t.equal(await pseudonymOf(world, caller), first, "after a restart");

    await world.stopEinwahl();
    await world.startEinwahl({ settings: (settings) => ({ ...settings, rooms: { store: "elsewhere" } }) });
    t.not(await pseudonymOf(world, caller), first, "without the store");

    const [{ pin, name }] = conferences;
    await bbb.endMeeting(name);
    bbb.createMeeting({ meetingID: name, name, voiceBridge: pin });
    await world.stopEinwahl();
    await world.startEinwahl({ settings: kept });
    t.not(await pseudonymOf(world, caller), first, "in the next meeting of the same room");
  },
);

await t.test(
  "callers marked as withheld by words show no digits, and share no pseudonym",
  { timeout: 300_000 },
  async (t) => {
    const world = await World.start(t);
    const phone = await world.phone();
    const pseudonyms = new Set<string>();
    for (const [what, dial] of withheld) {
      const { call, member } = await talk(world, phone, dial);
      t.equal(member.name, "Anonym", `${what}: no digits`);
      t.match(member.number, /^anruf-[a-p]{16}$/, `${what}: a pseudonym`);
      pseudonyms.add(member.number);
      await call.hangUp();
      await call.ended;
    }
    t.equal(pseudonyms.size, withheld.length);
    // A quoted value is not valid in RFC 3323: drachtio-server can't parse it, and einwahl does not see the call.
    const quoted = await phone.dial({ uri: world.sipUri(), number: caller, headers: [["Privacy", '"id"']] });
    t.match(await quoted.answered, { ok: false, failure: { status: 400 } });
    t.strictSame(world.complaints([caller.slice(3), "266696687"]), [], "no bug and no number in the log");
  },
);
