import { isIP } from "node:net";

import { isLanguage, type Language, languages } from "../../caller/language.js";
import type { CodecName } from "../../softphone/rtp/g711.js";
import { allSuites, type SuiteName } from "../../softphone/rtp/srtp.js";
import type { Transport } from "../../softphone/sip/index.js";
import { formatHostPort, parseUri } from "../../softphone/sip/uri.js";
import { failure, type Result, success } from "../../util/result.js";

/** The options of `einwahl call`, as typed. */
export interface CallOptions {
  readonly pin: string | undefined;
  readonly server: string | undefined;
  readonly transport: string | undefined;
  readonly ca: string | undefined;
  readonly "server-name": string | undefined;
  readonly insecure: boolean;
  readonly from: string | undefined;
  readonly srtp: string | undefined;
  readonly codec: string | undefined;
  readonly language: string | undefined;
  readonly play: string | undefined;
  readonly "expect-tone": string | undefined;
  readonly record: string | undefined;
  readonly seconds: string | undefined;
  readonly prompts: string | undefined;
  readonly json: boolean;
}

/** The destination of the call. */
export interface CallTarget {
  readonly uri: string;
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
}

/** The parsed options. Durations are in milliseconds. */
export interface CallRequest {
  readonly target: CallTarget;
  readonly from: string | undefined;
  readonly pin: string | undefined;
  /** `undefined`: plain RTP. */
  readonly suites: readonly SuiteName[] | undefined;
  readonly codecs: readonly CodecName[];
  readonly language: Language | undefined;
  readonly play: { readonly hz: number } | { readonly file: string } | undefined;
  readonly expectTone: number | undefined;
  readonly record: string | undefined;
  /** The directory of the expected recordings; `undefined`: einwahl's own. */
  readonly prompts: string | undefined;
  readonly stayMs: number;
  readonly tls: {
    readonly caFile: string | undefined;
    readonly serverName: string | undefined;
    readonly verify: boolean;
  };
}

const defaultHost = "127.0.0.1";
const defaultToneHz = 1_000;
const transports: readonly string[] = ["tls", "tcp", "udp"] satisfies readonly Transport[];

/** Whether the text contains a host; otherwise it is a number. */
export function isSipUri(called: string): boolean {
  return /^sips?:/i.test(called);
}

/** Parses options and argument; the failure is a sentence for the user. */
export function readCallRequest(positionals: readonly string[], options: CallOptions): Result<CallRequest, string> {
  try {
    return success(read(positionals, options));
  } catch (error) {
    if (error instanceof Complaint) return failure(error.message);
    throw error;
  }
}

/** An invalid option. Thrown and caught in this file only. */
class Complaint extends Error {}

function read(positionals: readonly string[], options: CallOptions): CallRequest {
  const [called, ...more] = positionals;
  if (called === undefined) throw new Complaint("the destination is missing: NUMBER or sip:USER@HOST");
  if (more.length > 0) throw new Complaint("too many arguments: put a number with spaces in quotes");
  return {
    target: readTarget(called, options),
    from: options.from === undefined ? undefined : readUser(options.from, "--from"),
    pin: options.pin === undefined ? undefined : readPin(options.pin),
    suites: readSuites(options.srtp),
    codecs: readCodecs(options.codec),
    language: readLanguage(options.language),
    play: readPlay(options.play),
    expectTone: options["expect-tone"] === undefined ? undefined : readHz(options["expect-tone"], "--expect-tone"),
    record: options.record,
    prompts: options.prompts,
    stayMs: 1_000 * readNumber(options.seconds ?? "10", "--seconds", 0, 86_400),
    tls: { caFile: options.ca, serverName: options["server-name"], verify: !options.insecure },
  };
}

function readTarget(called: string, options: CallOptions): CallTarget {
  const server = options.server === undefined ? undefined : readServer(options.server);
  if (!isSipUri(called)) {
    return targetOf(
      readUser(called, "NUMBER"),
      server?.host ?? defaultHost,
      server?.port,
      readTransport(options.transport ?? "tls"),
    );
  }
  const uri = parseUri(called);
  if (uri?.user === undefined || uri.host === "") throw new Complaint("that is not a SIP address: sip:USER@HOST");
  const transport = readTransport(options.transport ?? uri.params.get("transport")?.toLowerCase() ?? "tls");
  if (uri.scheme === "sips" && transport !== "tls") throw new Complaint("sips: requires TLS");
  const target = targetOf(uri.user, uri.host, uri.port, transport);
  return server === undefined ? target : { ...target, host: server.host, port: server.port ?? defaultPort(transport) };
}

function targetOf(user: string, host: string, port: number | undefined, transport: Transport): CallTarget {
  const at = port ?? defaultPort(transport);
  return { uri: `sip:${user}@${formatHostPort(host, at)};transport=${transport}`, host, port: at, transport };
}

function defaultPort(transport: Transport): number {
  return transport === "tls" ? 5061 : 5060;
}

/** A number, with common separators, or another user part. */
function readUser(text: string, name: string): string {
  const user = /^[+0-9 ()/.-]+$/.test(text) ? text.replace(/[ ()/.-]/g, "") : text;
  if (!/^[A-Za-z0-9+_.*#~-]{1,100}$/.test(user))
    throw new Complaint(`${name} is neither a number nor the user part of a SIP address`);
  return user;
}

function readServer(text: string): { readonly host: string; readonly port: number | undefined } {
  const parts = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9_.-]+))(?::([0-9]{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2] ?? (isIP(text) === 6 ? text : undefined);
  const port = parts?.[3] === undefined ? undefined : Number(parts[3]);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535)))
    throw new Complaint("--server must be HOST or HOST:PORT");
  return { host, port };
}

function readTransport(text: string): Transport {
  if (!transports.includes(text)) throw new Complaint(`the transport must be one of ${transports.join(", ")}`);
  return text as Transport;
}

/** BBB's dialplan accepts up to 11 digits. */
function readPin(text: string): string {
  const digits = text.replace(/[ -]/g, "");
  if (!/^[0-9]{1,11}$/.test(digits)) throw new Complaint("--pin must be 1 to 11 digits");
  return digits;
}

function readSuites(text: string | undefined): readonly SuiteName[] | undefined {
  if (text === undefined) return allSuites;
  if (text === "off") return undefined;
  const suite = allSuites.find((each) => each === text.toUpperCase());
  if (suite === undefined) throw new Complaint(`--srtp must be off or one of ${allSuites.join(", ")}`);
  return [suite];
}

function readCodecs(text: string | undefined): readonly CodecName[] {
  const all: readonly CodecName[] = ["PCMA", "PCMU"];
  if (text === undefined) return all;
  const codec = all.find((each) => each === text.toUpperCase());
  if (codec === undefined) throw new Complaint(`--codec must be one of ${all.join(", ")}`);
  return [codec];
}

function readLanguage(text: string | undefined): Language | undefined {
  if (text === undefined || isLanguage(text)) return text;
  throw new Complaint(`--language must be one of ${languages.join(", ")}`);
}

function readPlay(text: string | undefined): CallRequest["play"] {
  if (text === undefined) return undefined;
  if (text === "tone") return { hz: defaultToneHz };
  return text.startsWith("tone:") ? { hz: readHz(text.slice(5), "--play tone:HZ") } : { file: text };
}

/** The frequency range of a telephone line, in Hz. */
function readHz(text: string, name: string): number {
  return readNumber(text, name, 300, 3_400);
}

function readNumber(text: string, name: string, least: number, most: number): number {
  const number = /^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) throw new Complaint(`${name} must be a number from ${least} to ${most}`);
  return number;
}
