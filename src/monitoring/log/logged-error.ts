import { sep } from "node:path";
import { fileURLToPath } from "node:url";

import { plainText } from "../../util/plain-text.js";

/** The properties of an error that are logged. */
export interface LoggedError {
  readonly type: string;
  readonly code?: string;
  /** Status of a SIP response. */
  readonly status?: number;
  readonly message: string;
  /** Stack frames of this program, with paths relative to its directory. */
  readonly stack: readonly string[];
  readonly cause?: LoggedError;
}

/** Path prefixes of this program: compiled files, and the sources that frames show under `--enable-source-maps`. */
const programs = ["../../", "../../../../src/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const maxFrames = 10;
const maxCauses = 3;

/**
 * Allow-list: pino's serializer copies every property, and errors of drachtio-srf contain the whole SIP response
 * (`SipError.res`). Only the first line of the message is kept: libraries append whole messages to it.
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

/** Removes the message, which precedes the frames in `stack` and may look like frames. */
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
