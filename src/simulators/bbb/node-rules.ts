import type { Clock } from "../../util/clock.js";
import type { CallerIdentity } from "./caller-identity.js";

/** BBB 3.0's `bbb_conference.xml`, extensions `reject_empty_cid` and `reject_anonymous`. */
const anonymous = /^(anonymous|unknown|private|restricted|withheld|0000000000)?$/i;

/** Whether BBB's dialplan rejects the caller as anonymous. @param privacy the Privacy header */
export function isRefusedAsAnonymous({ name, number }: CallerIdentity, privacy: string): boolean {
  return anonymous.test(name) || anonymous.test(number) || /\b(id|full|name|number)\b/i.test(privacy);
}

const secondMs = 1_000;

/** FreeSWITCH's `sessions-per-second`: counts all calls of a server, rejected unknown sources included. */
export class SessionRate {
  readonly #clock: Clock;
  #second = 0;
  #taken = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more session fits in this second: FreeSWITCH allows `limit - 1` (switch_core_session_request_uuid). */
  take(limit: number): boolean {
    const second = Math.floor(this.#clock.now() / secondMs);
    if (second !== this.#second) this.#taken = 0;
    this.#second = second;
    this.#taken += 1;
    return this.#taken < limit;
  }
}
