import type { Key } from "../call/dtmf-buffer.js";
import type { CallInside } from "../call/occupancy.js";
import type { Language } from "../caller/language.js";
import type { Pin } from "../caller/secret.js";
import type { NumberConfig } from "../config/config.js";
import type { PageConfig, RoomsConfig, StatisticsConfig } from "../config/web-config.js";
import type { Health } from "../monitoring/status/health.js";
import type { StatusReport } from "../monitoring/status/status-report.js";
import type { DaySums } from "../store/day-sums.js";
import type { RoomStore } from "../store/room-store.js";

/** Calls as front ends may know of them: counted, without anybody in them. */
export interface LiveCalls {
  /** All calls, wherever they have got to. */
  readonly calls: number;
  /** Conferences with at least one caller. */
  readonly conferences: number;
  callsIn(pin: Pin): readonly CallInside[];
}

/** What front ends and people are told from. */
export interface ApiServices {
  /** How this server is reached, without a slash at the end; known when it listens. */
  readonly base: () => string;
  readonly version: string;
  /** The language of callers and people who wish for none. */
  readonly language: Language;
  readonly numbers: readonly NumberConfig[];
  /** `undefined`: there are no tokens, so nobody can reserve anything. */
  readonly rooms: RoomStore | undefined;
  readonly jitsiConfCode: RoomsConfig["jitsiConfCode"];
  readonly statistics: StatisticsConfig;
  /** `undefined`: no statistics are kept. */
  readonly daySums: DaySums | undefined;
  readonly live: LiveCalls;
  /** Whether a BBB server has a meeting with this PIN; `undefined`: one that does not answer may have it. */
  readonly isRunning: (pin: Pin) => boolean | undefined;
  readonly page: PageConfig;
  readonly promises: Promises;
  readonly dialogue: PhoneDialogue;
}

/** What callers can do, as far as the configuration decides it. */
export interface PhoneDialogue {
  /** With `*` before it: leaves a conference. */
  readonly leaveKey: Key | undefined;
  /** Whether callers can wait for a conference that has not begun. */
  readonly waitsForStart: boolean;
}

/** What operators and their programs are told from. */
export interface OperatorServices {
  /** Computed when asked. */
  readonly health: () => Health;
  readonly status: () => StatusReport;
  readonly metrics: {
    /** In Prometheus' text format. */
    text(): Promise<string>;
    /** @param route the path of a route, or a word for everything else */
    requestAnswered(route: string, status: number): void;
  };
}

/** What the configuration lets the privacy notice say. */
export interface Promises {
  /** Whether no call goes unencrypted, neither to the provider nor to a BBB server. */
  readonly isEncrypted: boolean;
  /** Whether conferences see the last four digits, or nothing of the number at all. */
  readonly showsLastFour: boolean;
  /** What they see instead of a withheld number. */
  readonly anonymous: Readonly<Record<Language, string>>;
}
