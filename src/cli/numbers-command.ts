import { command, exitCodes } from "./command.js";
import { commonOptions } from "./options.js";
import { table } from "./table.js";

export const numbersCommand = command({
  name: "numbers",
  summary: "list the numbers that callers dial",
  positionals: "",
  details: [
    "Lists the numbers of the configuration file in its order, as shown on the page for people and in the HTTP API, with their trunks and languages; the greeting is in the first language.",
  ],
  options: { config: commonOptions.config, json: commonOptions.json },
  examples: ["einwahl numbers", "einwahl numbers --json | jq -r '.numbers[].number'"],
  async run({ options }, context) {
    const { loadedConfig } = await import("./loaded-config.js");
    const config = loadedConfig(options.config, context);
    if (config === undefined) return exitCodes.configuration;
    const { PhoneNumbers } = await import("../http/phone-numbers.js");
    const numbers = config.trunks.flatMap((trunk) =>
      new PhoneNumbers(trunk.numbers).list("en").map((number) => ({ ...number, trunk: trunk.name })),
    );
    const { terminal } = context;
    if (options.json) {
      terminal.print(JSON.stringify({ numbers }));
      return exitCodes.ok;
    }
    const rows = numbers.map(({ international, national, country, city, trunk, languages }) => [
      international,
      national,
      country.code ?? "",
      city ?? "",
      trunk,
      languages.join(", "),
    ]);
    for (const line of table([["NUMBER", "NATIONAL", "COUNTRY", "CITY", "TRUNK", "LANGUAGES"], ...rows]))
      terminal.print(line);
    return exitCodes.ok;
  },
});
