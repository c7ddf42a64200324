import { command } from "./command.js";
import { commonOptions } from "./options.js";

export const callCommand = command({
  name: "call",
  summary: "place a test call over TLS and SRTP, and report the result",
  positionals: "NUMBER|URI",
  details: ["Calls, types the PIN and listens. Exit status 0: everything expected was heard."],
  options: {
    pin: { kind: "text", short: "p", value: "PIN", summary: "typed when the prompt asks for it" },
    server: {
      kind: "text",
      short: "s",
      value: "HOST[:PORT]",
      summary: "SIP server for NUMBER; default: drachtio",
    },
    transport: { kind: "text", value: "NAME", summary: "tls (default), tcp or udp" },
    ca: { kind: "text", value: "FILE", summary: "trusted CAs, instead of the default ones" },
    "server-name": { kind: "text", value: "NAME", summary: "name in the certificate; default: HOST" },
    insecure: { kind: "flag", summary: "do not verify the certificate" },
    from: { kind: "text", value: "NUMBER", summary: "the caller's number; default anonymous" },
    srtp: { kind: "text", value: "SUITE|off", summary: "offer this suite only, or none; default all" },
    codec: { kind: "text", value: "NAME", summary: "offer PCMA or PCMU only; default both" },
    language: { kind: "text", value: "de|en", summary: "switch to this language if greeted in another" },
    play: { kind: "text", value: "tone[:HZ]|FILE", summary: "play a tone (1000 Hz), or a WAV file" },
    "expect-tone": { kind: "text", value: "HZ", summary: "tone expected in the conference" },
    record: { kind: "text", value: "FILE", summary: "record the received audio as a WAV file" },
    seconds: { kind: "text", value: "N", summary: "time in the conference; default 10" },
    prompts: { kind: "text", value: "DIR", summary: "the expected recordings; default einwahl's own" },
    json: commonOptions.json,
  },
  examples: ["einwahl call sip:+493023125001@phone.example.org --pin 12345 --play tone"],
  async run({ positionals, options }, context) {
    const { runCall } = await import("./call/run-call.js");
    return await runCall(positionals, options, context);
  },
});
