import { z } from "zod";

import { failure, type Result, success } from "../util/result.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";

/** What an instance tells the others; without numbers, user names and PINs. */
const instanceReport = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  state: z.enum(["ready", "full", "not-ready"]),
  isDraining: z.boolean(),
  /** Whether calls would work there if they arrived: all parts are up but perhaps the registrations. */
  canServe: z.boolean(),
  calls: z.number(),
  registrations: z.array(
    z.object({
      /** The same on all instances with this account at this registrar. */
      key: z.string(),
      /** The name of the trunk in the configuration. */
      trunk: z.string(),
      /** Addresses of its Contact, `host:port`. */
      contacts: z.array(z.string()),
      isRegistered: z.boolean(),
    }),
  ),
});

export type InstanceReport = Readonly<z.output<typeof instanceReport>>;

export interface InstanceList {
  /** All living instances, with this one. */
  readonly instances: readonly InstanceReport[];
  /** Whether the absence of an instance means that it is dead; not so shortly after an outage of Redis. */
  readonly isSettled: boolean;
}

/** An instance without a sign of life for so long is dead. Milliseconds. */
const presenceMs = 8_000;
/** So long without a sign of life of any instance, some may be absent that live: an outage of Redis. Milliseconds. */
const outageMs = 4_000;
/** After that, all living instances have reported again: the pause of a reconnect and an interval. Milliseconds. */
const settleMs = 5_000;
/** Lifetime of the times, in milliseconds: nothing stays when all instances have gone for good. */
const timesMs = 86_400_000;

/**
 * Keys: this instance's report, the ids of all, the last sign of life, the end of the last outage. Arguments: id, report or "",
 * lifetimes and times as above, the beginning of the keys of reports, and the name whose other reports are deleted.
 */
const beatScript = new RedisScript(`
local id, report, presence, outage, settle, times, beginning, namesake = unpack(ARGV)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last = tonumber(redis.call('GET', KEYS[3]) or '0')
local calm = tonumber(redis.call('GET', KEYS[4]) or '0')
if now - last > tonumber(outage) then
  calm = now
  redis.call('SET', KEYS[4], string.format('%.0f', now), 'PX', times)
end
redis.call('SET', KEYS[3], string.format('%.0f', now), 'PX', times)
if report ~= '' then
  redis.call('SET', KEYS[1], report, 'PX', presence)
  redis.call('SADD', KEYS[2], id)
end
local answer = { now - calm >= tonumber(settle) and 'settled' or 'unsettled' }
for _, each in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local found = redis.call('GET', beginning .. each)
  if found and each ~= id and namesake ~= '' and cjson.decode(found).name == namesake then
    redis.call('DEL', beginning .. each)
    found = false
  end
  if found then answer[#answer + 1] = found else redis.call('SREM', KEYS[2], each) end
end
return answer
`);

/** The living instances that share a Redis: each reports every second. */
export class RedisInstances {
  readonly #redis: RedisConnection;
  readonly #beginning: string;
  readonly #keys: readonly string[];
  #hasBeaten = false;

  /** @param prefix of all keys */
  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#beginning = `{${prefix}}:instance:`;
    this.#keys = ["instances", "instances-heard", "instances-calm"].map((name) => `{${prefix}}:${name}`);
  }

  /** Reports this instance, and lists all. The first report replaces that of an earlier process of the same name. */
  async beat(self: InstanceReport): Promise<Result<InstanceList, "unavailable">> {
    const answer = await this.#exchange(self.id, JSON.stringify(self), this.#hasBeaten ? "" : self.name);
    this.#hasBeaten ||= answer.ok;
    return answer;
  }

  /** Lists all without a report. */
  async list(id: string): Promise<Result<InstanceList, "unavailable">> {
    return await this.#exchange(id, "", "");
  }

  /** Whether the instance has reported of late. */
  async isAlive(id: string): Promise<Result<boolean, "unavailable">> {
    const answer = await this.#redis.command("EXISTS", this.#keyOf(id));
    return answer.ok ? success(answer.value === 1) : answer;
  }

  /** The instance has stopped: its calls may be taken over at once. */
  async remove(id: string): Promise<void> {
    await this.#redis.command("DEL", this.#keyOf(id));
  }

  async #exchange(id: string, report: string, namesake: string): Promise<Result<InstanceList, "unavailable">> {
    const times = [presenceMs, outageMs, settleMs, timesMs].map(String);
    const answer = await this.#redis.run(
      beatScript,
      [this.#keyOf(id), ...this.#keys],
      [id, report, ...times, this.#beginning, namesake],
    );
    if (!answer.ok) return answer;
    const [settled, ...reports] = Array.isArray(answer.value) ? (answer.value as readonly unknown[]) : [];
    if (typeof settled !== "string") return failure("unavailable");
    return success({ isSettled: settled === "settled", instances: reports.flatMap(read) });
  }

  #keyOf(id: string): string {
    return this.#beginning + id;
  }
}

/** Nothing for a report of an unknown form, such as one of a newer version. */
function read(text: unknown): readonly InstanceReport[] {
  if (typeof text !== "string") return [];
  try {
    const report = instanceReport.safeParse(JSON.parse(text));
    return report.success ? [report.data] : [];
  } catch {
    return [];
  }
}
