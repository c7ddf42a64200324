import { completeAnswer, readNewOffer } from "../sip/offer.js";
import type { SrfDialog } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";
import { sleep } from "../util/wait.js";

/** Timeout from `uuid_media_reneg` to FreeSWITCH's ACK, in milliseconds; usually both its re-INVITE and ACK are immediate. */
const renewalTimeoutMs = 4_000;
/** Polls per round for whether the answer is in use, the interval in milliseconds, and rounds of `uuid_media_reneg`. */
const maxPolls = 5;
const pollIntervalMs = 30;
const maxRounds = 3;

/**
 * Handles the media server's re-INVITEs. FreeSWITCH 1.10.12 answers an offer with a new key with a new key of its own
 * (`check_incoming_crypto` in switch_core_media.c), which the caller would not learn. The caller's answer to our offer is
 * therefore not sent to it as an offer: `uuid_media_reneg` makes it offer, and it gets the caller's answer as an answer.
 */
export class MediaServerOffers {
  readonly #dialog: SrfDialog;
  readonly #clock: Clock;
  /** The answer to the media server's next offer; `undefined` if none was requested. */
  #answer: string | undefined;

  constructor(dialog: SrfDialog, clock: Clock) {
    this.#dialog = dialog;
    this.#clock = clock;
    dialog.on("modify", (request, response) => {
      const answer = this.#answer;
      // An unrequested offer from FreeSWITCH changes nothing: keep the session.
      if (answer === undefined) response.send(488, "Not Acceptable Here", {});
      else
        response.send(200, "OK", {
          headers: { Contact: dialog.local.contact, "Content-Type": "application/sdp" },
          body: completeAnswer(readNewOffer(request.body ?? ""), answer),
        });
    });
  }

  /**
   * Makes the media server use this answer. False: it sent no offer in time, or does not use the answer.
   *
   * @param ask requests its offer
   * @param isInUse FreeSWITCH ignores an answer that arrives while it still processes the ACK of an earlier re-INVITE
   */
  async take(answer: string, ask: () => void, isInUse: () => Promise<boolean>): Promise<boolean> {
    for (let rounds = 0; rounds < maxRounds; rounds++) {
      if (!(await this.#exchange(answer, ask))) return false;
      for (let looks = 0; looks < maxPolls; looks++) {
        if (await isInUse()) return true;
        await sleep(this.#clock, pollIntervalMs);
      }
    }
    return false;
  }

  async #exchange(answer: string, ask: () => void): Promise<boolean> {
    this.#answer = answer;
    return await new Promise((resolve) => {
      const settle = (isTaken: boolean): void => {
        cancelTimer();
        this.#answer = undefined;
        this.#dialog.off("ack", taken);
        resolve(isTaken);
      };
      const taken = (): void => {
        settle(true);
      };
      const cancelTimer = this.#clock.after(renewalTimeoutMs, () => {
        settle(false);
      });
      this.#dialog.on("ack", taken);
      ask();
    });
  }
}
