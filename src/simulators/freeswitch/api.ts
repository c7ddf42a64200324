import { existsSync } from "node:fs";

import { showChannels } from "./api-show.js";
import { sofiaStatus, statusText } from "./api-status.js";
import { integer, splitArguments } from "./arguments.js";
import type { Channel } from "./channel.js";
import type { Engine } from "./engine.js";
import { FsEvent } from "./event.js";
import { parseCause } from "./hangup-cause.js";
import { mediaStatistics } from "./media-variables.js";

/** The FreeSWITCH modules that this server simulates. */
const modules: ReadonlySet<string> = new Set([
  "mod_commands",
  "mod_dptools",
  "mod_event_socket",
  "mod_sndfile",
  "mod_sofia",
  "mod_tone_stream",
]);

const noChannel = "-ERR No such channel!\n";
const defaultReceivedMs = 250;
const maxReceived = 100;

type ApiCommand = (argument: string) => string;

/** The implemented API commands of mod_commands and mod_sofia; others are rejected and reported. */
export class ApiCommands {
  readonly #engine: Engine;
  readonly #commands: ReadonlyMap<string, ApiCommand>;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#commands = new Map<string, ApiCommand>([
      ["file_exists", (path) => String(existsSync(path.trim()))],
      ["global_getvar", (name) => engine.globals.get(name.trim()) ?? ""],
      ["json", (text) => this.#json(text)],
      ["module_exists", (name) => String(modules.has(name.trim()))],
      ["show", (argument) => this.#show(argument)],
      ["sofia", (argument) => this.#sofia(argument)],
      ["status", () => statusText(engine)],
      ["uuid_break", (argument) => this.#break(argument)],
      ["uuid_dump", (argument) => this.#dump(argument)],
      ["uuid_exists", (uuid) => (engine.channels.get(uuid.trim()) === undefined ? "false" : "true")],
      ["uuid_getvar", (argument) => this.#getVariable(argument)],
      ["uuid_kill", (argument) => this.#kill(argument)],
      ["uuid_media_reneg", (argument) => this.#renegotiate(argument)],
      ["uuid_recv_dtmf", (argument) => this.#receiveDigits(argument)],
      ["uuid_send_dtmf", (argument) => this.#sendDigits(argument)],
      ["uuid_set_media_stats", (uuid) => this.#setMediaStatistics(uuid)],
      ["uuid_setvar", (argument) => this.#setVariable(argument)],
      ["uuid_setvar_multi", (argument) => this.#setVariables(argument)],
      ["uuid_transfer", (argument) => this.#transfer(argument)],
      ["version", () => `FreeSWITCH Version ${engine.version} (embedded in einwahl)\n`],
    ]);
  }

  /** @param text command and arguments. Never throws: errors are in the output. */
  run(text: string): string {
    const [name = "", ...rest] = text.trim().split(" ");
    const command = this.#commands.get(name.toLowerCase());
    if (command !== undefined) return command(rest.join(" "));
    this.#engine.unsupported(`api ${name.slice(0, 40)}`);
    return `-ERR ${name} Command not found!\n`;
  }

  #on(uuid: string | undefined, then: (channel: Channel) => string): string {
    const channel = this.#engine.channels.get(uuid ?? "");
    return channel === undefined ? noChannel : then(channel);
  }

  #show(argument: string): string {
    const output = showChannels(this.#engine, splitArguments(argument, " ", 6));
    if (output !== undefined) return output;
    this.#engine.unsupported(`show ${argument.slice(0, 40)}`);
    return "-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]\n";
  }

  #sofia(argument: string): string {
    if (argument.trim() === "status") return sofiaStatus(this.#engine);
    this.#engine.unsupported(`sofia ${argument.slice(0, 40)}`);
    return "-ERR sofia: only 'status' is supported by the embedded media server\n";
  }

  #break(argument: string): string {
    const [uuid = "", flags = ""] = splitArguments(argument, " ", 2);
    if (uuid === "") return "-USAGE: <uuid> [all]\n";
    return this.#on(uuid, (channel) => {
      channel.applications.break(flags.includes("all"));
      return "+OK\n";
    });
  }

  #dump(argument: string): string {
    const [uuid, format = "txt"] = splitArguments(argument, " ", 2);
    return this.#on(uuid, (channel) => {
      const event = new FsEvent("CHANNEL_DATA", [...this.#engine.bus.base("CHANNEL_DATA"), ...channel.dumpHeaders()]);
      if (format === "json") return event.json;
      if (format !== "txt") this.#engine.unsupported(`uuid_dump as ${format.slice(0, 20)}`);
      return event.plain;
    });
  }

  #getVariable(argument: string): string {
    const [uuid, name] = splitArguments(argument, " ", 4);
    if (name === undefined) return "-USAGE: <uuid> <var>\n";
    return this.#on(uuid, (channel) => channel.variable(name) ?? "_undef_");
  }

  #setVariable(argument: string): string {
    const [uuid, name, value] = splitArguments(argument, " ", 3);
    if (name === undefined) return "-USAGE: <uuid> <var> [value]\n";
    return this.#on(uuid, (channel) => {
      channel.setVariable(name, value);
      return "+OK\n";
    });
  }

  #setVariables(argument: string): string {
    const [uuid, list] = splitArguments(argument, " ", 2);
    if (list === undefined) return "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n";
    return this.#on(uuid, (channel) => {
      for (const part of splitArguments(list, ";", 64)) {
        const equals = part.indexOf("=");
        const value = part.slice(equals + 1);
        channel.setVariable(equals < 0 ? part : part.slice(0, equals), equals < 0 || value === "" ? undefined : value);
      }
      return "+OK\n";
    });
  }

  #transfer(argument: string): string {
    const [uuid = "", destination = "", dialplan = "XML", context = "mrf"] = splitArguments(argument, " ", 5);
    if (destination === "") return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n";
    return this.#on(uuid, (channel) => {
      const isKnown = channel.direction === "inbound" && dialplan === "XML" && context === "mrf";
      if (isKnown && !destination.startsWith("-")) return channel.routing.transfer(destination) ? "+OK\n" : "-ERR\n";
      this.#engine.unsupported("a transfer outside of the dialplan mrf");
      return "-ERR\n";
    });
  }

  #kill(argument: string): string {
    const [uuid, cause] = splitArguments(argument, " ", 2);
    if (uuid === undefined) return "-USAGE: <uuid> [cause]\n";
    return this.#on(uuid, (channel) => {
      channel.hangUp(cause === undefined ? "NORMAL_CLEARING" : parseCause(cause));
      return "+OK\n";
    });
  }

  #renegotiate(argument: string): string {
    const [uuid, codecs] = splitArguments(argument, " ", 2);
    if (uuid === undefined) return "-USAGE: <uuid>[ <codec_string>]\n";
    if (codecs !== undefined) this.#engine.unsupported("uuid_media_reneg with codecs");
    return this.#on(uuid, (channel) => {
      channel.signalling?.offerAgain?.();
      return "+OK Success\n";
    });
  }

  /** Simulates digits from the peer. */
  #receiveDigits(argument: string): string {
    const [uuid, text = ""] = splitArguments(argument, " ", 2);
    const [digits = "", duration] = text.split("@");
    if (uuid === undefined || digits === "") return "-USAGE: <uuid> <dtmf_data>\n";
    const channel = this.#engine.channels.get(uuid);
    if (channel === undefined) return "-ERR Cannot locate session!\n";
    const milliseconds = integer(duration) > 0 ? integer(duration) : defaultReceivedMs;
    for (const digit of digits.slice(0, maxReceived)) channel.receiveDigit(digit, milliseconds, "APP");
    return `+OK ${uuid} received DTMF ${text}.\n`;
  }

  #sendDigits(argument: string): string {
    const [uuid, text = ""] = splitArguments(argument, " ", 2);
    const [digits = "", duration] = text.split("@");
    if (uuid === undefined || digits === "") return "-USAGE: <uuid> <dtmf_data>\n";
    const channel = this.#engine.channels.get(uuid);
    if (channel === undefined) return "-ERR Cannot locate session!\n";
    const milliseconds = integer(duration) > 0 ? integer(duration) : defaultReceivedMs;
    for (const digit of digits.slice(0, maxReceived)) channel.sendDigit(digit, milliseconds);
    return "+OK\n";
  }

  /** `mediaStats` only. As in FreeSWITCH, the output is the request with the response added, and sets the variables, too. */
  #json(text: string): string {
    const [, uuid] = /^\{"command":"mediaStats","data":\{"uuid":"([0-9a-f-]{36})"\}\}$/.exec(text.trim()) ?? [];
    if (uuid === undefined) {
      this.#engine.unsupported("this JSON command");
      return "-ERR Parse error.\n";
    }
    const channel = this.#engine.channels.get(uuid);
    const request = { command: "mediaStats", data: { uuid } };
    if (channel === undefined) {
      const message = "The command returned an error";
      const response = { response: "Session does not exist" };
      return `${JSON.stringify({ ...request, status: "error", message, response })}\n`;
    }
    this.#setMediaStatistics(uuid);
    const numbers = [...mediaStatistics(channel.media)].map(([name, value]) => [
      name.replace(/^rtp_audio_/, ""),
      Number(value),
    ]);
    const response = { audio: Object.fromEntries(numbers) as Readonly<Record<string, number>> };
    return `${JSON.stringify({ ...request, status: "success", response })}\n`;
  }

  #setMediaStatistics(uuid: string): string {
    return this.#on(uuid.trim(), (channel) => {
      for (const [name, value] of mediaStatistics(channel.media)) channel.setVariable(name, value);
      return "+OK:\n";
    });
  }
}
