import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

import { loggedError } from "./logged-error.js";

/** The logger of the application: logs errors only as `loggedError`, under any key. */
export function makeLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    serializers: { err: (error: unknown) => loggedError(error) },
    formatters: { log: withoutErrors },
    hooks: {
      // pino would use the message of the error as the text of the line.
      logMethod(args, method) {
        const [first, text = "unexpected error"] = args as [unknown, string?];
        if (first instanceof Error) method.call(this, { err: first }, text);
        else method.apply(this, args);
      },
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** The serializer handles `err`. */
function withoutErrors(line: Record<string, unknown>): Record<string, unknown> {
  if (!Object.entries(line).some(([name, value]) => name !== "err" && value instanceof Error)) return line;
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [
      name,
      name !== "err" && value instanceof Error ? loggedError(value) : value,
    ]),
  );
}
