import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const configInitCommand = command({
  name: "config init",
  summary: "ask a few questions and write a configuration",
  positionals: "",
  details: [
    "Asks for everything not given as an option, on a terminal or as lines of standard input. Passwords are prompted for, or read from EINWAHL_TRUNK_PASSWORD and EINWAHL_BBB_SECRET; they can't be options, because other users could see them.",
  ],
  options: {
    config: { ...commonOptions.config, summary: "the file to write; default config/einwahl.yaml" },
    provider: { kind: "text", value: "NAME", summary: "such as easybell, sipgate, plusnet or generic" },
    number: { kind: "list", value: "NUMBER", summary: "a number that callers dial, with +" },
    registrar: { kind: "text", value: "HOST", summary: "the trunk's registrar; none: no registration" },
    username: { kind: "text", value: "NAME", summary: "user name at the registrar" },
    source: { kind: "list", value: "ADDRESS", summary: "source of calls, without a registrar" },
    "public-address": { kind: "text", value: "ADDRESS", summary: "public address behind NAT; none: no NAT" },
    "bbb-url": { kind: "text", value: "URL", summary: "BBB's API, as bbb-conf --secret shows it" },
    language: { kind: "text", value: "de|en", summary: "language of the greeting" },
    yes: { kind: "flag", short: "y", summary: "use defaults instead of asking" },
    force: { kind: "flag", summary: "overwrite an existing file" },
  },
  examples: ["einwahl config init"],
  async run({ options }, context) {
    const { runInit } = await import("./init/run-init.js");
    return await runInit(options, context);
  },
});
