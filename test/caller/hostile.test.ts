import t from "tap";

import { identifyCaller } from "../../src/caller/caller.js";
import { defaultLabels, labelFor, labelWordFault } from "../../src/caller/label.js";
import { fakeHasher } from "../support/fake-day-keys.js";

/** mulberry32: the same strings in every run, so that a failure is reproducible. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pieces = [
  "sip:",
  "sips:",
  "tel:",
  "<",
  ">",
  '"',
  "\\",
  "@",
  ";",
  ":",
  ",",
  "%",
  "%2B",
  "%00",
  "%3B",
  "%C3",
  "+",
  "0",
  "00",
  "49",
  "110",
  "15112345678",
  "anonymous",
  ".invalid",
  "x.example",
  "[",
  "]",
  " ",
  "\t",
  "\r\n",
  "\0",
  "ü",
  "😀",
  "\ud800",
  "-bbbID-",
  "GLOBAL_AUDIO_",
  "LISTENONLY",
  "tag=",
  "?",
  "{last4}",
  "-",
  ".",
  "(",
  ")",
];

function hostileText(random: () => number): string {
  let text = "";
  const count = Math.floor(random() * 12);
  for (let piece = 0; piece < count; piece += 1) {
    text +=
      random() < 0.1
        ? String.fromCharCode(Math.floor(random() * 65536))
        : (pieces[Math.floor(random() * pieces.length)] ?? "");
  }
  // Half of them look like an address, to pass the first check.
  return random() < 0.5 ? text : `<sip:${text}@x.example>`;
}

await t.test("no header content throws or reaches the label or the pseudonym", (t) => {
  const random = randomFrom(20_240_601);
  const settings = { label: defaultLabels, pseudonymKey: undefined };
  const kinds = new Map<string, number>();
  for (let run = 0; run < 10_000; run += 1) {
    const headers = {
      from: hostileText(random),
      privacy: random() < 0.2 ? hostileText(random) : "",
      assertedIdentities: random() < 0.3 ? [hostileText(random), hostileText(random)] : [],
    };
    const caller = identifyCaller(headers, { country: "DE", bareCountryCode: random() < 0.5 });
    kinds.set(caller.kind, (kinds.get(caller.kind) ?? 0) + 1);
    const hasher = fakeHasher(undefined, (bytes) => Buffer.alloc(bytes, run));
    const known = hasher.hash(caller, settings);
    const label = labelFor(known, defaultLabels, "de");
    const pseudonym = hasher.pseudonymIn({ meetingId: "meeting", createdAt: undefined }, known);
    if (
      !/^([0-9]{4}|Anonym|Telefon)$/.test(label) ||
      labelWordFault(label) !== undefined ||
      !/^anruf-[a-p]{16}$/.test(pseudonym)
    ) {
      t.fail(`run ${run}`, { headers, label, pseudonym });
    }
  }
  t.same([...kinds.keys()].sort(), ["anonymous", "number", "short", "unreadable"], "the strings reach every outcome");
  t.end();
});
