import type { CallRecord } from "../call/record.js";
import { readRecord } from "../call/record.js";
import { forEachAtOnce } from "../util/at-once.js";
import type { Result } from "../util/result.js";
import { openLatest } from "./record-seal.js";

/** The channel variables that outlive einwahl (`freeswitch/conf/dialplan/mrf.xml`). */
export const recordVariable = "einwahl_call";
/** What has changed since that record. */
export const changeVariable = "einwahl_change";
export const languageVariable = "einwahl_language";
/** Where the dialplan connects the channel next, `host:port`. */
export const socketVariable = "einwahl_socket";

/** The dialplan's extension for channels whose application is gone. */
export const goneExtension = "einwahl-gone";

/** Queries at a time: the answers of a busy media server take long. */
const askedAtOnce = 10;

/** A caller's channel on a media server that this process does not handle. */
export interface LeftChannel {
  readonly channelId: string;
  /** `unusable`: written by another version of einwahl, or damaged. */
  readonly record: Result<CallRecord, "unusable">;
}

/** Runs an API command of FreeSWITCH; `undefined` without a response. */
export type AskServer = (command: string) => Promise<string | undefined>;

/**
 * The channels with a call's record that are not in `held`. Channels without one belong to calls in set-up, or the dialplan
 * ends them. Empty without a response.
 */
export async function findLeftChannels(
  ask: AskServer,
  held: ReadonlySet<string>,
  password: string,
): Promise<readonly LeftChannel[]> {
  const listed = callerChannels((await ask("show channels as json")) ?? "").filter((channelId) => !held.has(channelId));
  const left: LeftChannel[] = [];
  await forEachAtOnce(listed, askedAtOnce, async (channelId) => {
    const [sealed, change] = await Promise.all(
      [recordVariable, changeVariable].map(async (name) => valueOf(await ask(`uuid_getvar ${channelId} ${name}`))),
    );
    // A channel may have been opened by this process meanwhile.
    if (sealed === undefined || held.has(channelId)) return;
    const opened = openLatest(sealed, change, password);
    left.push({ channelId, record: opened.ok ? readRecord(opened.value) : { ok: false, failure: "unusable" } });
  });
  return left;
}

/** The value in a response to `uuid_getvar`; `undefined`: not set, or no such channel. */
export function valueOf(response: string | undefined): string | undefined {
  const value = response?.trim() ?? "";
  return value === "" || value === "_undef_" || value.startsWith("-ERR") ? undefined : value;
}

const uuidPattern = /^[0-9a-f-]{36}$/;

/** The callers' channels in FreeSWITCH's response to `show channels as json`. */
function callerChannels(listing: string): readonly string[] {
  try {
    const { rows } = JSON.parse(listing) as { readonly rows?: readonly Readonly<Record<string, unknown>>[] };
    return (rows ?? []).flatMap(({ uuid, direction, context }) =>
      typeof uuid === "string" && uuidPattern.test(uuid) && direction === "inbound" && context === "mrf" ? [uuid] : [],
    );
  } catch {
    return [];
  }
}
