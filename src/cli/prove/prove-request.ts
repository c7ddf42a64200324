import { type PlaceId, placeIds } from "../../prove/place.js";
import { failure, type Result, success } from "../../util/result.js";

export const logParts = ["einwahl", "drachtio", "freeswitch"] as const;

export type LogPart = (typeof logParts)[number];

/** The options of `einwahl prove`, as typed. */
export interface ProveOptions {
  readonly config: string | undefined;
  readonly log: readonly string[];
  readonly without: readonly string[];
  readonly "freeswitch-files": readonly string[];
  readonly also: readonly string[];
  readonly "token-file": string | undefined;
  readonly "raise-engines": boolean;
  readonly server: string | undefined;
  readonly "plain-port": string | undefined;
  readonly ca: string | undefined;
  readonly "server-name": string | undefined;
  readonly insecure: boolean;
  readonly bbb: string | undefined;
  readonly prompts: string | undefined;
  readonly json: boolean;
}

export interface NamedLog {
  /** `undefined`: the output of all components. */
  readonly part: LogPart | undefined;
  /** `-`: standard input. */
  readonly path: string;
}

/** The parsed options. */
export interface ProveRequest {
  readonly logs: readonly NamedLog[];
  readonly without: ReadonlySet<PlaceId>;
  readonly plainPort: number | undefined;
  readonly urls: readonly string[];
  readonly files: readonly string[];
}

const defaultPlainPort = 5_060;

/** Parses the options; the failure is a sentence for the user. */
export function readProveRequest(options: ProveOptions): Result<ProveRequest, string> {
  const without = options.without.map((id) => placeIds.find((each) => each === id));
  if (!without.every((id) => id !== undefined)) return failure(`--without must be one of ${placeIds.join(", ")}`);
  const plainPort = readPort(options["plain-port"]);
  if (!plainPort.ok) return plainPort;
  const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);
  const urls = options.also.filter(isUrl);
  if (!urls.every((url) => URL.canParse(url))) return failure("--also has an invalid URL");
  return success({
    logs: options.log.map(readLog),
    without: new Set(without),
    plainPort: plainPort.value,
    urls,
    files: options.also.filter((text) => !isUrl(text)),
  });
}

/** A path may contain `=`: only a component's name before it is split off. */
function readLog(text: string): NamedLog {
  const part = logParts.find((each) => text.startsWith(`${each}=`));
  return { part, path: part === undefined ? text : text.slice(part.length + 1) };
}

function readPort(text: string | undefined): Result<number | undefined, string> {
  if (text === "off") return success(undefined);
  const port = text === undefined ? defaultPlainPort : Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65_535
    ? success(port)
    : failure("--plain-port must be a port or off");
}
