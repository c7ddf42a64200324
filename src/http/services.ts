import type { Key } from "../call/dtmf-buffer.js";
import type { CallInside } from "../call/occupancy.js";
import type { Language } from "../caller/language.js";
import type { Pin } from "../caller/secret.js";
import type { NumberConfig, PageConfig, RoomsConfig, StatisticsConfig } from "../config/config.js";
import type { Health } from "../monitoring/status/health.js";
import type { StatusReport } from "../monitoring/status/status-report.js";
import type { DaySums } from "../store/day-sums.js";
import type { RoomStore } from "../store/room-store.js";

/** The current calls as front ends see them: counts, without caller data. */
export interface LiveCalls {
  /** All calls, in any stage. */
  readonly calls: number;
  /** Conferences with at least one caller. */
  readonly conferences: number;
  callsIn(pin: Pin): readonly CallInside[];
}

/** Data sources of the routes for front ends and people. */
export interface ApiServices {
  /** The public URL of this server, without a trailing slash; known once it listens. */
  readonly base: () => string;
  readonly version: string;
  /** The default language. */
  readonly language: Language;
  readonly numbers: readonly NumberConfig[];
  /** `undefined`: no tokens are configured, so no room can be reserved. */
  readonly rooms: RoomStore | undefined;
  readonly jitsiConfCode: RoomsConfig["jitsiConfCode"];
  readonly statistics: StatisticsConfig;
  /** `undefined`: no statistics are kept. */
  readonly daySums: DaySums | undefined;
  readonly live: LiveCalls;
  /** Whether a BBB server has a meeting with this PIN; `undefined`: an unreachable server may have it. */
  readonly isRunning: (pin: Pin) => boolean | undefined;
  readonly page: PageConfig;
  readonly promises: Promises;
  readonly dialogue: PhoneDialogue;
}

/** The configurable features of the phone dialogue. */
export interface PhoneDialogue {
  /** With `*` before it: leaves a conference. */
  readonly leaveKey: Key | undefined;
  /** Whether callers can wait for a conference that has not started. */
  readonly waitsForStart: boolean;
}

/** Data sources of the routes for operators. */
export interface OperatorServices {
  /** Computed on each call. */
  readonly health: () => Health;
  readonly status: () => StatusReport;
  readonly metrics: {
    /** In Prometheus' text format. */
    text(): Promise<string>;
    /** @param route the path of a route, or a constant for all other paths */
    requestAnswered(route: string, status: number): void;
  };
}

/** Statements of the privacy notice that the configuration decides. */
export interface Promises {
  /** Whether all calls are encrypted, to the provider and to the BBB servers. */
  readonly isEncrypted: boolean;
  /** Whether conferences see the last four digits, or nothing of the number at all. */
  readonly showsLastFour: boolean;
  /** The label of callers with a withheld number. */
  readonly anonymous: Readonly<Record<Language, string>>;
}
