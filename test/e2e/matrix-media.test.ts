import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, type Settings } from "./support/world.js";

const [, elsewhere] = conferences;

t.setTimeout(300_000);

await t.test("a media server of two ends with a caller in each stage", { skip: missingPrograms() }, async (t) => {
  await testPart(t, {
    mediaServers: 2,
    // Calls go to the server with the lowest share of its capacity in use: all are on the one that ends.
    settings: (settings) => {
      const [first, ...others] = settings["media_servers"] as readonly Settings[];
      return { ...settings, media_servers: [{ ...first, capacity: 10_000 }, ...others] };
    },
    // An idle server has the lowest share: one call each keeps the second one from being idle.
    before: async (parts) => {
      const [, other] = parts.world.bbbs;
      const bystanders = [];
      for (const number of ["+491522312477", "+491522312478"])
        bystanders.push(await parts.talk(number, elsewhere.pin, other, { recognises: false }));
      await bystanders[0]?.hangUp();
    },
    part: ({ engines }) => {
      const [first] = engines.media;
      if (first === undefined) throw new Error("no media server");
      return first;
    },
    pauseMs: 5_000,
    promises: {
      mayEnd: ["ringing"],
      silenceMs: 3_000,
      heard: ["greeting", "typing", "waiting", "joining", "talking", "leaving"],
      nextCallMs: 5_000,
      // The BBB server keeps the legs of a media server that was killed until its own timers end, and drachtio the BYEs to it (timer F).
      expectedLeftovers: /^(?:bbb-1\.|drachtio\.transactions$)/,
    },
  });
});
