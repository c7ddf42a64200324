import { parsePhoneNumberFromString } from "libphonenumber-js";
import { command } from "./command.js";
import { exitCodes } from "./exit-code.js";
import { loadedConfig } from "./loaded-config.js";
import { commonOptions } from "./options.js";
import { table } from "./table.js";

export const numbersCommand = command({
  name: "numbers",
  summary: "list the numbers that callers dial",
  positionals: "",
  details: ["Lists the numbers of the configuration file, in its order: how people write them, their trunk, and the languages that callers hear; the first one greets."],
  options: { config: commonOptions.config, json: commonOptions.json },
  examples: ["einwahl numbers", "einwahl numbers --json"],
  run({ options }, context) {
    const config = loadedConfig(options.config, context);
    if (config === undefined) return Promise.resolve(exitCodes.configuration);
    const numbers = config.trunks.flatMap((trunk) => trunk.numbers.map(({ number, languages, city }) => ({
      number,
      national: parsePhoneNumberFromString(number)?.formatNational() ?? number,
      international: parsePhoneNumberFromString(number)?.formatInternational() ?? number,
      city: city ?? null,
      trunk: trunk.name,
      languages,
    })));
    const { terminal } = context;
    if (options.json) {
      terminal.print(JSON.stringify({ numbers }));
      return Promise.resolve(exitCodes.ok);
    }
    const rows = numbers.map((each) => [each.number, each.international, each.national, each.city ?? "", each.trunk, each.languages.join(", ")]);
    for (const row of table([["NUMBER", "INTERNATIONAL", "NATIONAL", "CITY", "TRUNK", "LANGUAGES"], ...rows])) terminal.print(row);
    return Promise.resolve(exitCodes.ok);
  },
});
