import t from "tap";

import { configFile } from "./support/config-file.js";
import { typed } from "./support/typed.js";

const trunks =
  '[{ name: berlin, sources: [192.0.2.1], numbers: [{ number: "+493023125001", city: Berlin }] }, { name: free, sources: [192.0.2.2], numbers: [{ number: "+498000000000", languages: [en, de] }] }]';

await t.test("numbers as people write them, with trunk and languages", async (t) => {
  const { path } = await configFile(t, { trunks });
  const { code, output } = await typed(["numbers", "--config", path]);
  t.equal(code, 0);
  const [head = "", ...rows] = output.trimEnd().split("\n");
  t.match(head, /^NUMBER +NATIONAL +COUNTRY +CITY +TRUNK +LANGUAGES$/);
  t.match(rows, [/^\+49 30 23125001 +030 23125001 +DE +Berlin +berlin +de, en$/, /^\+49 800 0000000 .* free +en, de$/]);
});

await t.test("the same as JSON", async (t) => {
  const { path } = await configFile(t, { trunks });
  const { code, output } = await typed(["numbers", "-c", path, "--json"]);
  t.equal(code, 0);
  t.match(JSON.parse(output), {
    numbers: [
      {
        number: "+493023125001",
        city: "Berlin",
        country: { code: "DE", name: "Germany" },
        trunk: "berlin",
        tollFree: false,
      },
      { number: "+498000000000", city: null, trunk: "free", tollFree: true },
    ],
  });
});

await t.test("a configuration with faults", async (t) => {
  const { path } = await configFile(t, { trunks: "[]" });
  t.match(await typed(["numbers", "-c", path]), { code: 78, output: "", errors: /trunks/ });
});
