import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const drainCommand = command({
  name: "drain",
  summary: "accept no new calls, and wait until current calls have ended",
  positionals: "",
  details: [
    "New calls are refused (503, Retry-After), current calls continue, and the trunks stay registered. Waits until the last call has ended, at most for --within. --undo accepts calls again, also while another `drain` waits; so does a restart.",
    "Exit status: 0 if no call is left, 1 if calls are left or are accepted again.",
  ],
  options: {
    config: commonOptions.config,
    socket: commonOptions.socket,
    within: { kind: "text", short: "w", value: "TIME", summary: "maximum wait, such as 10m; 0s: no wait [48h]" },
    undo: { kind: "flag", short: "u", summary: "accept calls again" },
    json: commonOptions.json,
  },
  examples: ["einwahl drain --within 30m && sudo systemctl restart einwahl", "einwahl drain --undo"],
  async run({ options }, context) {
    const { drain } = await import("./drain.js");
    return await drain(options, context);
  },
});
