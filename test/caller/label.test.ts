import t from "tap";

import { labelTemplateFault, labelWordFault } from "../../src/caller/label.js";

await t.test("templates that BBB and FreeSWITCH accept", (t) => {
  for (const template of [
    "{last4}",
    "Telefon {last4}",
    "Tel. (…{last4})",
    "☎ {last4}",
    "Anruf",
    "{last4} & {last4}",
    "x".repeat(96) + "{last4}",
  ]) {
    t.equal(labelTemplateFault(template), undefined);
  }
  t.end();
});

await t.test("templates that would break or forge a name", (t) => {
  const faulty: readonly (readonly [string, RegExp])[] = [
    ["", /empty/],
    ["   ", /empty/],
    [" {last4}", /space/],
    ["{last4} ", /space/],
    ['say "{last4}"', /holds "/],
    ["back\\slash", /holds \\/],
    ["it's {last4}", /holds '/],
    ["<{last4}>", /holds </],
    ["a, {last4}", /holds ,/],
    ["{number}", /holds {/],
    ["{last5}", /holds {/],
    ["${last4}", /holds \$/],
    ["50 %", /holds %/],
    ["line\nbreak", /control character/],
    ["bell\u0007", /control character/],
    ["nel\u0085", /control character/],
    ["line\u2028separator", /control character/],
    ["right-to-left\u202e", /invisible/],
    ["lone \ud800 surrogate", /control character/],
    ["w_1-bbbID-Erika", /bbbid/],
    ["x-BBBid-y", /bbbid/],
    ["GLOBAL_AUDIO_1", /global_audio_/],
    ["LISTENONLY", /listenonly/],
    ["x".repeat(97) + "{last4}", /longer than 100/],
  ];
  // The templates stay out of the assertions' names: TAP gives some of their characters a meaning.
  for (const [row, [template, fault]] of faulty.entries())
    t.match(labelTemplateFault(template), fault, `template ${row}`);
  t.end();
});

await t.test("fixed labels contain no digits of the caller", (t) => {
  t.equal(labelWordFault("Anonym"), undefined);
  t.match(labelWordFault("Anonym {last4}"), /holds {/);
  t.end();
});
