import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

import { loggedError } from "./logged-error.js";

/** A logger of the application: no error gets into it but as `loggedError` has it, whatever it is called. */
export function makeLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    serializers: { err: (error: unknown) => loggedError(error) },
    formatters: { log: withoutErrors },
    hooks: {
      // pino would log the error's own message as the line's text.
      logMethod(args, method) {
        const [first, text = "unexpected error"] = args as [unknown, string?];
        if (first instanceof Error) method.call(this, { err: first }, text);
        else method.apply(this, args);
      },
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** `err` is left to its serializer. */
function withoutErrors(line: Record<string, unknown>): Record<string, unknown> {
  if (!Object.entries(line).some(([name, value]) => name !== "err" && value instanceof Error)) return line;
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [
      name,
      name !== "err" && value instanceof Error ? loggedError(value) : value,
    ]),
  );
}
