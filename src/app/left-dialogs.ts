import type { Secret } from "../caller/secret.js";
import type { DrachtioConnection } from "../sip/drachtio-connection.js";
import { DialogBook, type DialogBookOptions, type KeptDialog } from "../store/dialog-book.js";
import { DialogSeal } from "../store/dialog-seal.js";
import { forEachAtOnce } from "../util/at-once.js";
import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { within } from "../util/wait.js";

/**
 * The book of an instance.
 *
 * @param secret drachtio's
 * @param entries `undefined`: no store, or not open yet
 */
export function makeDialogBook(secret: Secret, entries: DialogBookOptions["entries"], instance: string): DialogBook {
  return new DialogBook({ entries, seal: new DialogSeal(secret.reveal()), instance });
}

export interface LeftDialogsParts {
  readonly book: DialogBook;
  /** drachtio's ids of the dialogs whose calls this instance has taken over. */
  readonly adopted: ReadonlySet<string>;
  /** Whether its channel is there, although no instance could take the call over yet. */
  readonly hasChannel?: (dialogId: string) => boolean;
  /** Whether this other instance runs and has its calls; default: none runs. */
  readonly isAlive?: (instance: string) => boolean;
  readonly signalling: Pick<DrachtioConnection, "endDialog">;
  readonly clock: Clock;
}

/** The dialogs of ended instances, by what has become of them. */
export interface LeftDialogs {
  /** Ended by BYE. */
  readonly ended: number;
  /** drachtio does not know them any more. */
  readonly unknown: number;
  /** Not ended, or not tried within the limits: the next start tries again. */
  readonly failed: number;
}

/** Limits of one start: dialogs, BYEs at once, and milliseconds. */
const maxEnded = 1_000;
const atOnce = 10;
const timeoutMs = 30_000;
/** Q.850 cause 41, temporary failure: einwahl and the media server have ended at once. */
const reason = 'Q.850;cause=41;text="media-server-lost"';

/**
 * Ends the dialogs at drachtio that ended instances have left and no call of this instance continues. Call it once at the
 * start, connected to drachtio and after the calls have been taken over. Never rejects for a fault of drachtio.
 */
export async function endLeftDialogs(parts: LeftDialogsParts): Promise<LeftDialogs> {
  const { book, adopted, isAlive = () => false, hasChannel = () => false, clock } = parts;
  const left: KeptDialog[] = [];
  const all = await book.all();
  const isOurs = ({ instance }: KeptDialog): boolean => instance === book.instance;
  // One that a running instance has taken over just now has two entries.
  const goOn = new Set(all.filter((kept) => isOurs(kept) || isAlive(kept.instance)).map(({ dialogId }) => dialogId));
  for (const kept of all) {
    if (isOurs(kept)) continue;
    if (adopted.has(kept.dialogId)) {
      await book.add(kept.dialogId);
      await book.remove(kept.dialogId, kept.instance);
    } else if (!goOn.has(kept.dialogId) && !hasChannel(kept.dialogId)) left.push(kept);
  }
  const sums = { ended: 0, unknown: 0, failed: 0 };
  const tooLate = new Latch<true>();
  const workers = forEachAtOnce(left.slice(0, maxEnded), atOnce, async (kept) => {
    if (!tooLate.isSet) sums[await endLeft(kept, parts)] += 1;
  });
  await within(clock, timeoutMs, workers);
  tooLate.set(true);
  return { ...sums, failed: left.length - sums.ended - sums.unknown };
}

async function endLeft(
  { dialogId, instance }: KeptDialog,
  { book, signalling }: LeftDialogsParts,
): Promise<keyof LeftDialogs> {
  const outcome = await signalling.endDialog(dialogId, reason);
  // Another instance's drachtio may know it.
  if (outcome === "ended" || (outcome === "unknown" && book.sharing === "one-instance"))
    await book.remove(dialogId, instance);
  return outcome;
}
