import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const proveCommand = command({
  name: "prove",
  summary: "place marked calls, and search everywhere for their numbers",
  positionals: "[NUMBER]",
  details: [
    "Status 0: nothing was found; 1: a mark was, or a leg is in the open; 69: not all was looked at. Marks are planted first, to be found; all is put back as it was.",
  ],
  options: {
    config: { kind: "text", short: "c", value: "FILE", summary: "the configuration [EINWAHL_CONFIG]" },
    log: { kind: "list", value: "[PART=]FILE", summary: "what einwahl, drachtio, freeswitch print" },
    "freeswitch-files": { kind: "list", value: "DIR", summary: "its state folder, as it is seen from here" },
    also: { kind: "list", value: "PATH|URL", summary: "one more file, folder or answer to search" },
    without: { kind: "list", value: "PLACE", summary: "a place that is not there" },
    "token-file": { kind: "text", value: "FILE", summary: "a token for status, metrics and rooms" },
    "raise-engines": { kind: "flag", summary: "let FreeSWITCH log at debug meanwhile" },
    server: { kind: "text", short: "s", value: "HOST[:PORT]", summary: "where to call [our drachtio]" },
    "plain-port": { kind: "text", value: "N|off", summary: "SIP without TLS, to be refused [5060]" },
    ca: { kind: "text", value: "FILE", summary: "the authorities to trust" },
    "server-name": { kind: "text", value: "NAME", summary: "whom the certificate must be for [HOST]" },
    insecure: { kind: "flag", summary: "do not verify the certificate" },
    bbb: { kind: "text", value: "NAME", summary: "the server to open a conference on" },
    prompts: { kind: "text", value: "DIR", summary: "recordings to expect [prompts.directory]" },
    json: commonOptions.json,
  },
  examples: ["einwahl prove --insecure --log all.log"],
  async run({ positionals, options }, context) {
    const { runProve } = await import("./prove/run-prove.js");
    return await runProve(positionals, options, context);
  },
});
