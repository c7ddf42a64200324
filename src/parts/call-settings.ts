import type { CallSettings } from "../call/settings.js";
import { pseudonymKeyFrom } from "../caller/pseudonym.js";
import type { Config } from "../config/config.js";

/** Limits that nobody has had a reason to change, in milliseconds. */
const limits = { mediaWithinMs: 5_000, acceptWithinMs: 5_000, joinWithinMs: 10_000, lookUpWithinMs: 10_000 };

export function callSettings(config: Config): CallSettings {
  const { calls, label, pseudonymKey } = config;
  return {
    ...limits,
    pin: calls.pin,
    waiting: calls.waiting,
    hints: calls.hints,
    leaveKey: calls.leaveKey,
    maxDurationMs: calls.maxDurationMs,
    label,
    pseudonymKey: pseudonymKey && pseudonymKeyFrom(pseudonymKey.reveal()),
  };
}
