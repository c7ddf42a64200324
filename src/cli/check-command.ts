import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const checkCommand = command({
  name: "check",
  summary: "find faults that would make calls fail, and suggest fixes",
  positionals: "",
  details: [
    "Checks the configuration, drachtio, FreeSWITCH and its recordings, BBB's API and SIP, certificates, names, ports and the store of PINs. It does not register at trunks and rings no phone, so a running einwahl is not disturbed.",
    "Exit status: 0 without errors, 1 with errors, 78 if the configuration is invalid.",
  ],
  options: {
    config: commonOptions.config,
    offline: { kind: "flag", summary: "check only the file, without network access" },
    ca: { kind: "text", value: "FILE", summary: "trusted CAs for SIP, instead of the default ones" },
    all: { kind: "flag", short: "a", summary: "also list passed checks" },
    json: commonOptions.json,
  },
  examples: [
    "einwahl check --config /etc/einwahl/einwahl.yaml",
    "einwahl check --json | jq -r '.findings[] | select(.severity == \"error\").path'",
  ],
  async run({ options }, context) {
    const { runCheck } = await import("./run-check.js");
    return await runCheck(options, context);
  },
});
