import { completeAnswer, readNewOffer } from "../sip/offer.js";
import type { SrfDialog } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";

/** FreeSWITCH sends its re-INVITE at once, and the ACK as soon as it has the answer, in milliseconds. */
const renewalTimeoutMs = 4_000;
/** How often, and how many milliseconds after one another, it is looked whether the answer is in use, and how often the offer is asked for. */
const maxPolls = 5;
const pollIntervalMs = 30;
const maxRounds = 3;

/**
 * The re-INVITEs of the media server, which answers an offer with a new key by a new key of its own (`check_incoming_crypto` in
 * switch_core_media.c, 1.10.12). So the caller's answer to an offer of ours can't be told to it as an offer: the caller would not
 * learn that key. It is made to offer (`uuid_media_reneg`), and gets the caller's answer as what it is.
 */
export class MediaServerOffers {
  readonly #dialog: SrfDialog;
  readonly #clock: Clock;
  /** What the media server has to be answered with; `undefined`: it has not been asked for an offer. */
  #answer: string | undefined;

  constructor(dialog: SrfDialog, clock: Clock) {
    this.#dialog = dialog;
    this.#clock = clock;
    dialog.on("modify", (request, response) => {
      const answer = this.#answer;
      // Unasked FreeSWITCH offers nothing new here: the session stays as it is.
      if (answer === undefined) response.send(488, "Not Acceptable Here", {});
      else
        response.send(200, "OK", {
          headers: { Contact: dialog.local.contact, "Content-Type": "application/sdp" },
          body: completeAnswer(readNewOffer(request.body ?? ""), answer),
        });
    });
  }

  /**
   * Has the media server take this answer. False: it did not offer in time, or does not use the answer.
   *
   * @param ask has it send its offer
   * @param isInUse FreeSWITCH ignores an answer that comes while it is still at work on the ACK of a re-INVITE before
   */
  async take(answer: string, ask: () => void, isInUse: () => Promise<boolean>): Promise<boolean> {
    for (let rounds = 0; rounds < maxRounds; rounds++) {
      if (!(await this.#exchange(answer, ask))) return false;
      for (let looks = 0; looks < maxPolls; looks++) {
        if (await isInUse()) return true;
        await new Promise<void>((resolve) => {
          this.#clock.after(pollIntervalMs, resolve);
        });
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
