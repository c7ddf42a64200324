import type { AudioBridges, IdentityClaims, WithheldRemovals } from "../call/interfaces.js";
import { pseudonymKeyDays, throttleKeyDays } from "../caller/day-keys.js";
import type { Secret } from "../caller/secret.js";
import type { Clock } from "../util/clock.js";
import { type Result, success } from "../util/result.js";
import { RedisCallClaims } from "./call-claims.js";
import type { DaySums } from "./day-sums.js";
import { type DialogEntries, RedisDialogEntries } from "./dialog-entries.js";
import { EmbeddedDayKeys } from "./embedded-day-keys.js";
import { EmbeddedDaySums } from "./embedded-day-sums.js";
import { EmbeddedDialogEntries } from "./embedded-dialog-entries.js";
import { EmbeddedMeetingAudio } from "./embedded-meeting-audio.js";
import { EmbeddedRooms } from "./embedded-rooms.js";
import type { GuessCounts } from "./guess-counts.js";
import { RedisInstances } from "./instances.js";
import { type InstanceName, RedisLease } from "./lease.js";
import { RedisLivekitIdentities } from "./livekit-identities.js";
import { RedisMeetingAudio } from "./meeting-audio.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisDayKeys } from "./redis-day-keys.js";
import { RedisDaySums } from "./redis-day-sums.js";
import { RedisGuessCounts } from "./redis-guess-counts.js";
import { RedisRooms } from "./redis-rooms.js";
import { RedisRemovals } from "./removals.js";
import type { RoomStore, RoomStoreSettings } from "./room-store.js";
import type { DayKeyVault } from "./stored-day-keys.js";

/** The stores: on the local disk, or in a Redis shared by instances. */
export type StorePlace =
  | { readonly kind: "embedded"; readonly directory: string }
  | { readonly kind: "redis"; readonly url: Secret; readonly prefix: string };

export interface Stores {
  readonly rooms: RoomStore;
  readonly daySums: DaySums;
  readonly pseudonymKeys: DayKeyVault;
  /** `undefined` without Redis: removals are never written to the disk. */
  readonly throttleKeys: DayKeyVault | undefined;
  /** Shared by instances; `undefined`: single instance. */
  readonly removals: WithheldRemovals | undefined;
  readonly audioBridges: AudioBridges;
  /** For the dialog book. */
  readonly dialogs: DialogEntries;
  /** LiveKit identities of all instances; `undefined`: single instance. */
  readonly identityClaims: IdentityClaims | undefined;
  /** Wrong PINs of all instances; `undefined`: single instance, which counts in memory. */
  readonly guessCounts: GuessCounts | undefined;
  /** What instances agree on; `undefined`: single instance. */
  readonly shared: SharedState | undefined;
  /** Closes all stores. */
  close(): Promise<void>;
}

/** The state of instances that share a Redis. */
export interface SharedState {
  readonly instances: RedisInstances;
  /** @param name of the task */
  readonly lease: (name: string, self: InstanceName) => RedisLease;
  readonly claims: (self: string) => RedisCallClaims;
}

export interface StoreEvents {
  /** A disk fault, in one line. */
  readonly onTrouble: (what: string) => void;
  /** Redis is unavailable, or available again (`undefined`). */
  readonly onRedis: (fault: string | undefined) => void;
}

/** Interval in milliseconds: deleted rooms leave the file within a day, even if the first attempts fail. */
const tidyEveryMs = 6 * 3_600_000;

/** The failure is one line. An unavailable Redis is not a failure: it may come later. */
export async function openStores(
  place: StorePlace,
  settings: RoomStoreSettings,
  clock: Clock,
  events: StoreEvents,
): Promise<Result<Stores, string>> {
  if (place.kind === "redis") {
    const redis = await RedisConnection.open({ url: place.url.reveal(), clock, onState: events.onRedis });
    const rooms = new RedisRooms(redis, place.prefix, settings);
    const { prefix } = place;
    return success({
      rooms,
      daySums: new RedisDaySums(redis, prefix),
      pseudonymKeys: new RedisDayKeys(redis, { prefix, name: "pseudonym-key", daysBefore: pseudonymKeyDays }),
      throttleKeys: new RedisDayKeys(redis, { prefix, name: "throttle-key", daysBefore: throttleKeyDays }),
      removals: new RedisRemovals(redis, prefix),
      audioBridges: new RedisMeetingAudio(redis, prefix),
      dialogs: new RedisDialogEntries(redis, prefix, settings.now),
      identityClaims: new RedisLivekitIdentities(redis, prefix),
      guessCounts: new RedisGuessCounts(redis, prefix),
      shared: {
        instances: new RedisInstances(redis, prefix),
        lease: (name, self) => new RedisLease(redis, prefix, name, self),
        claims: (self) => new RedisCallClaims(redis, prefix, self),
      },
      close: () => redis.close(),
    });
  }
  const rooms = await EmbeddedRooms.open(place.directory, settings, events.onTrouble);
  if (!rooms.ok) return rooms;
  const opened = await openBeside(place.directory, events.onTrouble);
  if (opened.ok) {
    const stopTidying = tidyEachTime(rooms.value, clock, events.onTrouble);
    const close = async (): Promise<void> => {
      stopTidying();
      await rooms.value.close();
    };
    return success({
      ...opened.value,
      rooms: rooms.value,
      throttleKeys: undefined,
      removals: undefined,
      identityClaims: undefined,
      guessCounts: undefined,
      shared: undefined,
      close,
    });
  }
  await rooms.value.close();
  return opened;
}

/** @returns a function that stops the timer */
function tidyEachTime(rooms: EmbeddedRooms, clock: Clock, onTrouble: StoreEvents["onTrouble"]): () => void {
  let cancelTimer = (): void => undefined;
  const next = (): void => {
    cancelTimer = clock.after(tidyEveryMs, () => {
      rooms.tidy().catch((error: unknown) => {
        onTrouble(`the journal of rooms: ${String(error)}`);
      });
      next();
    });
  };
  next();
  return () => {
    cancelTimer();
  };
}

/** The other files in the room store's directory, under the same lock. */
async function openBeside(
  directory: string,
  onTrouble: StoreEvents["onTrouble"],
): Promise<Result<Pick<Stores, "daySums" | "pseudonymKeys" | "audioBridges" | "dialogs">, string>> {
  const daySums = await EmbeddedDaySums.open(directory, onTrouble);
  if (!daySums.ok) return daySums;
  const pseudonymKeys = await EmbeddedDayKeys.open(directory, onTrouble);
  if (!pseudonymKeys.ok) return pseudonymKeys;
  const audioBridges = await EmbeddedMeetingAudio.open(directory, onTrouble);
  if (!audioBridges.ok) return audioBridges;
  const dialogs = await EmbeddedDialogEntries.open(directory, onTrouble);
  if (!dialogs.ok) return dialogs;
  return success({
    daySums: daySums.value,
    pseudonymKeys: pseudonymKeys.value,
    audioBridges: audioBridges.value,
    dialogs: dialogs.value,
  });
}
