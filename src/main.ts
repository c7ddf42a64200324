#!/usr/bin/env node
import process from "node:process";

import { exitCodes } from "./cli/command.js";
import { runCommandLine } from "./cli/command-line.js";
import { commands } from "./cli/commands.js";
import { runCommand } from "./cli/run-command.js";
import { Terminal } from "./cli/terminal.js";
import { catchLibraryOutput } from "./monitoring/log/library-output.js";
import { systemClock } from "./util/clock.js";

const terminal = new Terminal(process.stdout, process.stderr, process.env);

// EPIPE: the reader (such as `head`) closed the pipe.
process.stdout.on("error", () => {
  process.exit(exitCodes.ok);
});

// With DEBUG set, drachtio-srf and drachtio-fsmrf print all SIP messages and event socket commands to stderr.
if ((process.env["DEBUG"] ?? "") !== "") {
  delete process.env["DEBUG"];
  terminal.note("DEBUG is ignored: with it, libraries print numbers and PINs.");
}

const code = await runCommandLine(process.argv.slice(2), commands, runCommand, {
  terminal,
  input: process.stdin,
  environment: process.env,
  clock: systemClock,
  onSignal(signal, callback) {
    process.on(signal, callback);
    return () => {
      process.off(signal, callback);
    };
  },
  onUncaught(callback) {
    process.on("uncaughtException", callback);
  },
  onLibraryOutput: catchLibraryOutput,
});
await terminal.flush();
process.exit(code);
