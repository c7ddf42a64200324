import { sep } from "node:path";
import { fileURLToPath } from "node:url";

import { plainText } from "../../util/plain-text.js";

/** What a log line says of an error: nothing else of it gets into the log. */
export interface LoggedError {
  readonly type: string;
  readonly code?: string;
  /** Of a SIP response. */
  readonly status?: number;
  readonly message: string;
  /** Our own frames, with paths from the program's directory. */
  readonly stack: readonly string[];
  readonly cause?: LoggedError;
}

/** Prefixes of our frames: the compiled program, and its sources, which frames name under `--enable-source-maps`. */
const programs = ["../../", "../../../../src/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const maxFrames = 10;
const maxCauses = 3;

/**
 * By whitelist: pino's own serializer copies every property, and errors of drachtio-srf carry the whole SIP response
 * (`SipError.res`). The message is cut at its first line: libraries put whole messages behind it.
 */
export function loggedError(error: unknown, causes = maxCauses): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: plainText(typeof error === "string" ? firstLine(error) : ""), stack: [] };
  const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
  return {
    type: plainText(error.name, 60),
    ...(typeof code === "string" && /^[A-Z][A-Z0-9_]{1,50}$/.test(code) && { code }),
    ...(typeof status === "number" && status >= 100 && status <= 699 && { status }),
    message: plainText(firstLine(error.message)),
    stack: ownFrames(error),
    ...(error.cause !== undefined && causes > 0 && { cause: loggedError(error.cause, causes - 1) }),
  };
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1).join("");
}

/** The message stands before the frames in `stack`, and may look like some. */
function ownFrames(error: Error): string[] {
  const stack = error.stack ?? "";
  const begin = stack.lastIndexOf(error.message);
  const frames = (begin === -1 ? stack : stack.slice(begin + error.message.length)).split("\n");
  return frames.flatMap((frame) => ownFrame(frame) ?? []).slice(0, maxFrames);
}

function ownFrame(frame: string): string | undefined {
  const [, name = "", place = "", line = ""] =
    /^ {4}at (?:(?:async )?([^()]{1,100}) \()?(?:file:\/\/)?([^()]+):(\d{1,6}):\d{1,6}\)?$/.exec(frame) ?? [];
  const program = programs.find((each) => place.startsWith(each));
  if (program === undefined || place.includes(`${sep}node_modules${sep}`)) return undefined;
  return `${name === "" ? "" : `${plainText(name)} `}${place.slice(program.length)}:${line}`;
}
