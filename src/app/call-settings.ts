import type { CallSettings } from "../call/settings.js";
import { pseudonymKeyFrom } from "../caller/pseudonym.js";
import type { CallsConfig, Config } from "../config/config.js";
import type { CallLimits } from "./call-limiter.js";

/** Timeouts without a setting, in milliseconds. */
const limits = { channelTimeoutMs: 5_000, acceptTimeoutMs: 5_000, joinTimeoutMs: 10_000, lookUpTimeoutMs: 10_000 };

export function callSettings(config: Config): CallSettings {
  const { calls, label, pseudonymKey } = config;
  return {
    ...limits,
    pin: calls.pin,
    waiting: calls.waiting,
    withheldAfterRemoval: calls.withheldAfterRemoval,
    hints: calls.hints,
    leaveKey: calls.leaveKey,
    maxDurationMs: calls.maxDurationMs,
    maxHoldMs: calls.holdTimeoutMs,
    label,
    pseudonymKey: pseudonymKey && pseudonymKeyFrom(pseudonymKey.reveal()),
  };
}

export function callLimits({ maxConcurrent, perNumber, withheldPerTrunk, waitingPlaces }: CallsConfig): CallLimits {
  return {
    all: maxConcurrent,
    number: perNumber,
    withheld: withheldPerTrunk,
    waiting: waitingPlaces.all,
    waitingForOne: waitingPlaces.perPin,
  };
}
