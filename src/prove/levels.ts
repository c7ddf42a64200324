import { z } from "zod";

import type { Config } from "../config/config.js";
import type { ControlClient } from "../control/control-client.js";
import { explainControlFailure } from "../control/explain-failure.js";
import { levelAnswer } from "../control/log-routes.js";
import { bbbProfile } from "../media/sofia-status.js";
import type { Clock } from "../util/clock.js";
import { type Result, success } from "../util/result.js";
import { askFreeSwitch } from "./places/freeswitch.js";

/** The log level of a component during the calls. */
export interface Level {
  readonly part: string;
  readonly level: string;
  /** Whether it was raised for the test. */
  readonly isRaised: boolean;
}

export interface RaisedLevels {
  readonly levels: readonly Level[];
  restore(): Promise<void>;
}

export interface LevelOptions {
  readonly config: Pick<Config, "mediaServers">;
  readonly client: ControlClient;
  readonly clock: Clock;
  /** Whether the operator allows FreeSWITCH to log at `debug`, with SIP messages. */
  readonly raiseEngines: boolean;
}

/** einwahl restores its level after this time in milliseconds, even if this process is killed. */
const raisedForMs = 1_200_000;

/** Raises the log level of every component as far as the operator allows. */
export async function raiseLevels({ config, client, clock, raiseEngines }: LevelOptions): Promise<RaisedLevels> {
  const own = await raiseEinwahl(client);
  const engines = await Promise.all(
    config.mediaServers.map(async (server) => await raiseFreeSwitch(server, clock, raiseEngines)),
  );
  return {
    levels: [own.level, ...engines.map(({ level }) => level), drachtio],
    restore: async () => {
      await Promise.all([own, ...engines].map(({ restore }) => restore()));
    },
  };
}

/** drachtio has no command to change its log level. */
const drachtio: Level = {
  part: "drachtio",
  level: "as configured: raise it in drachtio.conf.xml, then SIGHUP",
  isRaised: false,
};

interface Raised {
  readonly level: Level;
  readonly restore: () => Promise<void>;
}

const nothingToDo = (): Promise<void> => Promise.resolve();

async function raiseEinwahl(client: ControlClient): Promise<Raised> {
  const body = { type: "application/json", text: JSON.stringify({ level: "debug", forMs: raisedForMs }) };
  const raised = await client.ask({ method: "POST", path: "/log/level", body }, levelAnswer);
  if (!raised.ok)
    return {
      level: { part: "einwahl", level: `not raised: ${explainControlFailure(raised.failure)}`, isRaised: false },
      restore: nothingToDo,
    };
  return {
    level: { part: "einwahl", level: raised.value.level, isRaised: true },
    restore: async () => {
      await client.ask({ method: "DELETE", path: "/log/level" }, z.unknown());
    },
  };
}

/**
 * Reads the console's level and the variable of freeswitch/conf/vars.xml. Never send `fsctl loglevel` without a value:
 * it disables the log (switch_core.c, SCSC_LOGLEVEL: -1 is SWITCH_LOG_DISABLE).
 */
async function raiseFreeSwitch(
  server: Config["mediaServers"][number],
  clock: Clock,
  isAllowed: boolean,
): Promise<Raised> {
  const part = `FreeSWITCH ${server.name}`;
  const before = await run(server, clock, ["console loglevel", "global_getvar log_level"]);
  const ofConsole = before.ok
    ? /^\+OK console log level set to ([A-Z]+)/.exec(before.value[0] ?? "")?.[1]?.toLowerCase()
    : undefined;
  const ofCore = before.ok ? /^[a-z]+$/.exec(before.value[1] ?? "")?.[0] : undefined;
  const level = ofConsole ?? (before.ok ? "as configured: not reported" : `unknown: ${before.failure}`);
  if (!isAllowed) return { level: { part, level, isRaised: false }, restore: nothingToDo };
  if (ofConsole === undefined || ofCore === undefined)
    return {
      level: { part, level: `${level}; not raised, because it could not be restored`, isRaised: false },
      restore: nothingToDo,
    };
  const profiles = [server.sipProfile, bbbProfile];
  const raised = await run(server, clock, [
    "fsctl loglevel debug",
    "console loglevel debug",
    ...profiles.map((profile) => `sofia profile ${profile} siptrace on`),
  ]);
  return {
    level: {
      part,
      level: raised.ok ? "debug, with SIP messages" : `not raised: ${raised.failure}`,
      isRaised: raised.ok,
    },
    restore: async () => {
      await run(server, clock, [
        ...profiles.map((profile) => `sofia profile ${profile} siptrace off`),
        `console loglevel ${ofConsole}`,
        `fsctl loglevel ${ofCore}`,
      ]);
    },
  };
}

async function run(
  server: Config["mediaServers"][number],
  clock: Clock,
  commands: readonly string[],
): Promise<Result<readonly string[], string>> {
  return await askFreeSwitch(server, clock, async (session) => {
    const answers: string[] = [];
    for (const command of commands) {
      const answer = await session.api(command);
      if (!answer.ok) return answer;
      answers.push(answer.value.trim());
    }
    return success(answers);
  });
}
