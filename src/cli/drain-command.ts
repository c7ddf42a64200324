import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const drainCommand = command({
  name: "drain",
  summary: "take no new calls and wait until those that are up have ended",
  positionals: "",
  details: [
    "New calls are refused (503, Retry-After), calls that are up go on, and the trunks stay registered. Waits until the last call has ended, or as long as --within says. Calls can be taken again with --undo, also while another `drain` waits; a restart does the same.",
    "Ends with 0 when no call is up, 1 when some still are or calls are taken again.",
  ],
  options: {
    config: commonOptions.config,
    socket: commonOptions.socket,
    within: { kind: "text", short: "w", value: "TIME", summary: "how long to wait, such as 10m; 0s: not at all [48h]" },
    undo: { kind: "flag", short: "u", summary: "take calls again" },
    json: commonOptions.json,
  },
  examples: ["einwahl drain --within 30m && sudo systemctl restart einwahl", "einwahl drain --undo"],
  async run({ options }, context) {
    const { drain } = await import("./drain.js");
    return await drain(options, context);
  },
});
