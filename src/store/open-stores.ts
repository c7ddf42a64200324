import type { Clock } from "../clock.js";
import type { Secret } from "../caller/secret.js";
import { type Result, failure, success } from "../result.js";
import type { DaySums } from "./day-sums.js";
import { EmbeddedDaySums } from "./embedded-day-sums.js";
import { EmbeddedRooms } from "./embedded-rooms.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisDaySums } from "./redis-day-sums.js";
import { RedisRooms } from "./redis-rooms.js";
import type { RoomStore, RoomStoreSettings } from "./room-store.js";

/** Where rooms are kept: on the disk of this machine, or in a Redis that instances share. */
export type StorePlace =
  | { readonly kind: "embedded"; readonly directory: string }
  | { readonly kind: "redis"; readonly url: Secret; readonly prefix: string };

export interface Stores {
  readonly rooms: RoomStore;
  readonly daySums: DaySums;
  /** Closes both. */
  close(): Promise<void>;
}

export interface StoreEvents {
  /** The disk does not do what it should. */
  readonly onTrouble: (what: string) => void;
  /** Redis does not answer, or does again (`undefined`). */
  readonly onRedis: (fault: string | undefined) => void;
}

/** The failure says in one line why the store can't be used. A Redis that does not answer yet is no failure. */
export async function openStores(place: StorePlace, settings: RoomStoreSettings, clock: Clock, events: StoreEvents): Promise<Result<Stores, string>> {
  if (place.kind === "redis") {
    const redis = await RedisConnection.open({ url: place.url.reveal(), clock, onState: events.onRedis });
    const rooms = new RedisRooms(redis, place.prefix, settings);
    return success({ rooms, daySums: new RedisDaySums(redis, place.prefix), close: () => redis.close() });
  }
  const rooms = await EmbeddedRooms.open(place.directory, settings, events.onTrouble);
  if (!rooms.ok) return rooms;
  const daySums = await EmbeddedDaySums.open(place.directory, events.onTrouble);
  if (daySums.ok) return success({ rooms: rooms.value, daySums: daySums.value, close: () => rooms.value.close() });
  await rooms.value.close();
  return failure(daySums.failure);
}
