import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const configInitCommand = command({
  name: "config init",
  summary: "ask a few questions and write a configuration",
  positionals: "",
  details: [
    "Asks for what is not given as an option, on a terminal or in lines of standard input. Passwords are no options, since others would see them: they are asked for, or taken from EINWAHL_TRUNK_PASSWORD and EINWAHL_BBB_SECRET.",
  ],
  options: {
    config: { ...commonOptions.config, summary: "the file to write; default config/einwahl.yaml" },
    provider: { kind: "text", value: "NAME", summary: "such as easybell, sipgate, plusnet, or generic" },
    number: { kind: "list", value: "NUMBER", summary: "a number that callers dial, with +" },
    registrar: { kind: "text", value: "HOST", summary: "where the trunk registers; none: it does not" },
    username: { kind: "text", value: "NAME", summary: "at the registrar" },
    source: { kind: "list", value: "ADDRESS", summary: "where calls come from, without a registrar" },
    "public-address": { kind: "text", value: "ADDRESS", summary: "of this host, behind NAT; none: there is no NAT" },
    "bbb-url": { kind: "text", value: "URL", summary: "of a BBB server, as bbb-conf --secret shows it" },
    language: { kind: "text", value: "de|en", summary: "in which callers are greeted" },
    yes: { kind: "flag", short: "y", summary: "take the default for what is not given" },
    force: { kind: "flag", summary: "overwrite a file that is there" },
  },
  examples: ["einwahl config init"],
  async run({ options }, context) {
    const { runInit } = await import("./init/run-init.js");
    return await runInit(options, context);
  },
});
