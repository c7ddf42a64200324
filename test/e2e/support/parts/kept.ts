import { dirname } from "node:path";

import { loadConfig } from "../../../../src/config/load.js";
import { directoryPlace } from "../../../../src/prove/places/directories.js";
import { channelsPlace } from "../../../../src/prove/places/freeswitch.js";
import { redisPlace } from "../../../../src/prove/places/redis.js";
import { systemClock } from "../../../../src/util/clock.js";
import type { PartsWorld } from "./parts-world.js";

/** The call's record at FreeSWITCH: base64url of JSON. */
const record = /einwahl_call["' :=]+([A-Za-z0-9_-]{16,})/g;

/** Where any of these texts is kept now: in channel variables, in the store, or in a file of any part. */
export async function keptIn(parts: PartsWorld, needles: readonly string[]): Promise<readonly string[]> {
  const loaded = loadConfig(parts.world.settingsFile, {});
  if (!loaded.ok) throw new Error("the settings can't be read");
  const { mediaServers, rooms } = loaded.value;
  const permits = (): undefined => undefined;
  const places = [
    channelsPlace(mediaServers, systemClock, permits),
    directoryPlace({
      id: "files",
      name: "files",
      directories: [dirname(parts.world.settingsFile), ...parts.engines.folders],
      permits,
      plants: [],
    }),
    ...(rooms.store.kind === "redis" ? [redisPlace(rooms.store, permits, systemClock)] : []),
  ];
  const found: string[] = [];
  for (const place of places) {
    const { pieces, unseen } = await place.look();
    found.push(...unseen);
    for (const { source, bytes } of pieces) {
      const text = bytes.toString("latin1");
      const texts = [text, ...[...text.matchAll(record)].map(([, coded = ""]) => decoded(coded))];
      if (texts.some((each) => needles.some((needle) => each.includes(needle)))) found.push(source);
    }
  }
  return found;
}

/** How many channels have a record of their call. */
export async function recordedChannels(parts: PartsWorld): Promise<number> {
  const loaded = loadConfig(parts.world.settingsFile, {});
  if (!loaded.ok) throw new Error("the settings can't be read");
  const { pieces } = await channelsPlace(loaded.value.mediaServers, systemClock, () => undefined).look();
  return pieces.filter(({ bytes }) => /einwahl_call/.test(bytes.toString("latin1"))).length;
}

function decoded(coded: string): string {
  return Buffer.from(coded, "base64url").toString("latin1");
}
