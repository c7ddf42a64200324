import type { FastifyInstance } from "fastify";
import { z } from "zod";

import type { RaisedLogLevel } from "../util/log-level.js";

/** The control of the log that `einwahl prove` needs. */
export interface LogControl {
  readonly level: Pick<RaisedLogLevel, "level" | "raise" | "restore">;
  /** Writes a planted mark to all outputs of this process: the log and standard error. */
  plant(text: string): void;
}

const levelName = z.enum(["debug", "info", "warn", "error"]);

/** Maximum duration of a raised level, in milliseconds, in case it is not restored; `prove` takes some minutes. */
const maxRaisedMs = 3_600_000;

const raiseBody = z.strictObject({ level: levelName, forMs: z.int().min(1).max(maxRaisedMs) });

/** A word to search for, and the digits of an unassigned number; no other text can be planted. */
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
