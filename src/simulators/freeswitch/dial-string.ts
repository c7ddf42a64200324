import { failure, type Result, success } from "../../util/result.js";
import { splitArguments } from "./arguments.js";

/** A parsed `{name=value,...}[name=value,...]sofia/<profile>/<user>@<host>:<port>;transport=tls`. */
export interface DialString {
  readonly variables: ReadonlyMap<string, string>;
  readonly profile: string;
  readonly user: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: "udp" | "tcp" | "tls";
  /** The text after the profile, for the channel's name. */
  readonly destination: string;
}

export type DialStringFailure = "malformed" | "severalLegs" | "endpoint" | "transport";

const maxVariables = 256;
const maxLength = 16_384;

/** Parses a single leg: several (`,` or `|`) and endpoints other than sofia are rejected. */
export function parseDialString(text: string): Result<DialString, DialStringFailure> {
  if (text.length > maxLength) return failure("malformed");
  const variables = new Map<string, string>();
  let rest = text.trim();
  // At most one block of each kind is usual; sixteen bound the loop.
  for (let count = 0; count < 16 && (rest.startsWith("{") || rest.startsWith("[")); count++) {
    const block = takeBlock(rest);
    if (block === undefined) return failure("malformed");
    for (const [name, value] of parseVariables(block.inside)) variables.set(name, value);
    rest = block.rest.trim();
  }
  if (/[|,]/.test(rest)) return failure("severalLegs");
  const target =
    /^sofia\/([\w.-]+)\/(?:sips?:)?([^@\s/]+)@(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?((?:;[^\s;]+)*)$/.exec(rest);
  if (target === null) return failure(rest.startsWith("sofia/") ? "malformed" : "endpoint");
  const [, profile = "", user = "", host = "", port, parameters = ""] = target;
  const transport = /;transport=(\w+)/i.exec(parameters)?.[1]?.toLowerCase() ?? "udp";
  if (transport !== "udp" && transport !== "tcp" && transport !== "tls") return failure("transport");
  return success({
    variables,
    profile,
    user,
    host: host.replace(/^\[|\]$/g, ""),
    port: port === undefined ? undefined : Number(port),
    transport,
    destination: `${user}@${host}${port === undefined ? "" : `:${port}`}`,
  });
}

function takeBlock(text: string): { readonly inside: string; readonly rest: string } | undefined {
  const open = text.charAt(0);
  const close = open === "{" ? "}" : "]";
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === open) depth += 1;
    else if (character === close) depth -= 1;
    if (depth === 0) return { inside: text.slice(1, at), rest: text.slice(at + 1) };
  }
  return undefined;
}

function parseVariables(text: string): Map<string, string> {
  const marked = /^\^\^(.)(.*)$/s.exec(text);
  const [delimiter, list] = marked === null ? [",", text] : [marked[1] ?? ",", marked[2] ?? ""];
  const variables = new Map<string, string>();
  for (const item of splitArguments(list, delimiter, maxVariables)) {
    const equals = item.indexOf("=");
    if (equals > 0) variables.set(item.slice(0, equals).trim(), item.slice(equals + 1));
  }
  return variables;
}
