import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const checkCommand = command({
  name: "check",
  summary: "find what would keep calls from working, and say what to do",
  positionals: "",
  details: [
    "Looks at the configuration, at drachtio, FreeSWITCH with its recordings, and BBB's API and SIP, at certificates, names, ports and the store of PINs. It registers nowhere and calls nobody: a running einwahl is not disturbed.",
    "Ends with 0 when there is no error, 1 when there is one, 78 when the configuration itself can't be used.",
  ],
  options: {
    config: commonOptions.config,
    offline: { kind: "flag", summary: "look at the file alone, and ask nobody" },
    ca: { kind: "text", value: "FILE", summary: "authorities to trust in SIP, instead of the usual ones" },
    all: { kind: "flag", short: "a", summary: "list what is in order, too" },
    json: commonOptions.json,
  },
  examples: [
    "einwahl check --config /etc/einwahl/einwahl.yaml",
    "einwahl check --json | jq -r '.findings[] | select(.severity == \"error\").path'",
  ],
  async run({ options }, context) {
    const { runCheck } = await import("./check/run-check.js");
    return await runCheck(options, context);
  },
});
