import type { FastifyInstance } from "fastify";
import { z } from "zod";

import type { RaisedLogLevel } from "../util/log-level.js";

/** The log of the running instance, as far as `einwahl prove` works on it. */
export interface LogControl {
  readonly level: Pick<RaisedLogLevel, "level" | "raise" | "restore">;
  /** Writes a planted mark to every place where this process writes: the log and standard error. */
  plant(text: string): void;
}

const levelName = z.enum(["debug", "info", "warn", "error"]);

/** A forgotten level ends by itself; `prove` takes some minutes. */
const maxRaisedMs = 3_600_000;

const raiseBody = z.strictObject({ level: levelName, forMs: z.int().min(1).max(maxRaisedMs) });

/** Digits of an unassigned number, and a word to find them by; nothing else can be planted. */
const plantBody = z.strictObject({ text: z.string().regex(/^[a-z]{1,40} \+?[0-9]{1,15}$/) });

export const levelAnswer = z.object({ level: z.string() });

export function addLogRoutes(server: FastifyInstance, log: () => LogControl): void {
  const answer = (): z.output<typeof levelAnswer> => ({ level: log().level.level });
  server.get("/log/level", () => answer());
  server.post("/log/level", (request) => {
    const { level, forMs } = raiseBody.parse(request.body);
    log().level.raise(level, forMs);
    return answer();
  });
  server.delete("/log/level", () => {
    log().level.restore();
    return answer();
  });
  server.post("/log/planted", (request) => {
    log().plant(plantBody.parse(request.body).text);
    return answer();
  });
}
