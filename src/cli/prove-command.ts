import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const proveCommand = command({
  name: "prove",
  summary: "place marked calls, and search for traces of their numbers",
  positionals: "[NUMBER]",
  details: [
    "Exit status 0: nothing found; 1: a mark found, or a leg unencrypted; 69: search incomplete. Planted marks test the search first; all changes are undone.",
  ],
  options: {
    config: { kind: "text", short: "c", value: "FILE", summary: "the configuration [EINWAHL_CONFIG]" },
    log: { kind: "list", value: "[PART=]FILE", summary: "output of einwahl, drachtio, freeswitch" },
    "freeswitch-files": { kind: "list", value: "DIR", summary: "FreeSWITCH's state directory, local path" },
    also: { kind: "list", value: "PATH|URL", summary: "another file, directory or URL to search" },
    without: { kind: "list", value: "PLACE", summary: "a place to leave out" },
    "token-file": { kind: "text", value: "FILE", summary: "a token for status, metrics and rooms" },
    "raise-engines": { kind: "flag", summary: "let FreeSWITCH log at debug for the test" },
    server: { kind: "text", short: "s", value: "HOST[:PORT]", summary: "SIP server to call [drachtio]" },
    "plain-port": { kind: "text", value: "N|off", summary: "SIP without TLS; must be refused [5060]" },
    ca: { kind: "text", value: "FILE", summary: "trusted CAs" },
    "server-name": { kind: "text", value: "NAME", summary: "name in the certificate [HOST]" },
    insecure: { kind: "flag", summary: "do not verify the certificate" },
    bbb: { kind: "text", value: "NAME", summary: "BBB server for the test conference" },
    prompts: { kind: "text", value: "DIR", summary: "expected recordings [prompts.directory]" },
    json: commonOptions.json,
  },
  examples: ["einwahl prove --insecure --log all.log"],
  async run({ positionals, options }, context) {
    const { runProve } = await import("./prove/run-prove.js");
    return await runProve(positionals, options, context);
  },
});
