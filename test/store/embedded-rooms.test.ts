import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import t from "tap";

import { EmbeddedRooms } from "../../src/store/embedded-rooms.js";
import { testRoomStore, value } from "./support/room-store-suite.js";

const directory = await mkdtemp(join(tmpdir(), "einwahl-rooms-"));
t.after(() => rm(directory, { recursive: true }));

await testRoomStore(t, {
  open: async (place, hand) =>
    value(
      await EmbeddedRooms.open(join(directory, place), hand, (what) => {
        t.fail(what);
      }),
    ),
});
