import { randomBytes } from "node:crypto";
import type { CallSettings } from "../call/settings.js";
import { pseudonymKeyBytes, pseudonymKeyFrom } from "../caller/pseudonym.js";
import type { Config } from "../config/config.js";

/** Limits that nobody has had a reason to change, in milliseconds. */
const limits = { mediaWithinMs: 5_000, acceptWithinMs: 5_000, joinWithinMs: 10_000, lookUpWithinMs: 10_000 };

/** @param processKey the key of the pseudonyms where the configuration has none */
export function callSettings(config: Config, processKey: Buffer): CallSettings {
  const { calls, label, pseudonymKey } = config;
  return {
    ...limits,
    pin: calls.pin,
    waiting: calls.waiting,
    hints: calls.hints,
    leaveKey: calls.leaveKey,
    maxDurationMs: calls.maxDurationMs,
    label,
    pseudonymKey: pseudonymKey === undefined ? processKey : pseudonymKeyFrom(pseudonymKey.reveal()),
  };
}

/** A key that no other process has. */
export function newProcessKey(): Buffer {
  return randomBytes(pseudonymKeyBytes);
}
