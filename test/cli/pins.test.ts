import { existsSync } from "node:fs";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

import t, { type Test } from "tap";

import { Pin } from "../../src/caller/secret.js";
import type { ControlHandlers } from "../../src/control/control-server.js";
import { keepsNone } from "../../src/control/pin-routes.js";
import { EmbeddedRooms } from "../../src/store/embedded-rooms.js";
import type { RoomStore, RoomStoreSettings } from "../../src/store/room-store.js";
import { success } from "../../src/util/result.js";
import { type Instance, openInstance } from "../control/support/instance.js";
import type { Owner } from "../e2e/support/owner.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";
import { configFile } from "./support/config-file.js";
import { type Outcome, typed } from "./support/typed.js";

const settings: RoomStoreSettings = {
  pinLength: 9,
  restMs: 1_000,
  now: () => 1_780_000_000_000,
  randomBelow: (limit) => Math.floor(Math.random() * limit),
  isInUse: () => false,
};

/** The store of a running instance, in its own directory. */
async function rooms(owner: Owner, directory: string): Promise<RoomStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const opened = await EmbeddedRooms.open(directory, settings, (what) => {
    throw new Error(what);
  });
  if (!opened.ok) throw new Error(opened.failure);
  owner.teardown(() => opened.value.close());
  return opened.value;
}

function keeping(store: RoomStore): Pick<ControlHandlers, "rooms" | "openRooms"> {
  return { rooms: () => store, openRooms: () => Promise.resolve(success(store)) };
}

type Pins = (...args: readonly string[]) => Promise<Outcome>;

/** All operations of `pins`, for any access to the store. */
async function testPins(t: Test, pins: Pins, folder: string): Promise<void> {
  const reserved = await pins("reserve", "room a");
  t.equal(reserved.code, 0, reserved.errors);
  t.match(reserved.output, /^\d{9}\n$/);
  const pin = reserved.output.trim();
  t.equal((await pins("reserve", "room a")).output, reserved.output, "the same PIN each time");
  t.match(JSON.parse((await pins("reserve", "room a", "--json")).output), {
    meetingID: "room a",
    pin,
    validUntil: null,
  });
  await pins("reserve", "room b\u001b[2J");

  const list = await pins("list");
  t.match(list.output.split("\n"), [
    /^ROOM +PIN +RESERVED +VALID UNTIL$/,
    new RegExp(`^room a +${pin} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d$`),
    /^room b\ufffd\[2J +\d{9}/,
  ]);
  t.match(JSON.parse((await pins("list", "--json")).output), {
    pins: [{ meetingID: "room a", pin }, { meetingID: "room b\u001b[2J" }],
  });

  t.match(await pins("release", "room a"), { code: 0, output: "The room has no PIN any more.\n" });
  t.match(await pins("release", "room a"), { code: 1, output: "The room had no PIN.\n" });
  t.match(await pins("release", "nobody", "--json"), { code: 1, output: '{"released":false}\n' });

  const exported = await pins("export");
  t.equal(exported.code, 0);
  t.match(
    exported.output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
    [{ meetingID: "room b\u001b[2J" }, { restingPin: pin }],
  );
  const file = join(folder, "pins.jsonl");
  const more = JSON.stringify({ meetingID: "room c", pin: "24680", reservedAt: "2026-01-01T00:00:00Z" });
  const other = JSON.stringify({ meetingID: "room c", pin: "13579", reservedAt: "2026-01-01T00:00:00Z" });
  await writeFile(file, `${exported.output}${more}\n${other}\nnonsense\n`);
  const imported = await pins("import", file);
  t.equal(imported.code, 1);
  t.equal(imported.output, "1 imported, 2 already known, 2 refused\n");
  t.match(imported.errors, /line 4: room-has-another-pin\n {2}line 5: is not valid JSON/);
  t.match(JSON.parse((await pins("import", file, "--json")).output), { imported: 0, known: 3, refusedInAll: 2 });
  await writeFile(file, `${more}\n`);
  t.match(await pins("import", file), { code: 0, output: "0 imported, 1 already known, 0 refused\n" });
  t.match((await pins("list")).output, /^room c +24680 +2026-01-01 00:00$/m);
}

await t.test("through the running instance, which locks its store", async (t) => {
  const { folder, path } = await configFile(t);
  const store = await rooms(t, join(folder, "data"));
  const { socket } = await openInstance(t, keeping(store));
  await testPins(t, (...args) => typed(["pins", ...args, "--config", path, "--socket", socket]), folder);
  const pin = Pin.parse("24680");
  const found = pin.ok ? await store.findByPin(pin.value) : undefined;
  t.match(found, { ok: true, value: { meetingId: "room c" } }, "the running store has the PIN");
});

await t.test("directly in the store if no instance runs", async (t) => {
  const { folder, path } = await configFile(t);
  t.match(await typed(["pins", "list", "--config", path]), { code: 69, errors: /contains no store/ });
  t.notOk(existsSync(join(folder, "data")), "a list creates no store");
  await testPins(t, (...args) => typed(["pins", ...args, "--config", path]), folder);
  t.match(await readFile(join(folder, "data", "rooms.journal"), "utf8").catch(() => ""), "room c");
});

await t.test("in Redis", { skip: noRedis }, async (t) => {
  const redis = await RedisServer.start();
  t.teardown(() => redis.stop());
  const { folder, path } = await configFile(t, {
    rooms: `{ store: ${redis.url} }`,
    control: "{ socket: control.sock }",
  });
  await testPins(t, (...args) => typed(["pins", ...args, "--config", path]), folder);
  await redis.down();
  t.match(await typed(["pins", "list", "--config", path]), { code: 69, errors: /the PIN store is unavailable/ });
});

await t.test("a list of many pages", async (t) => {
  const { folder, path } = await configFile(t);
  const store = await rooms(t, join(folder, "data"));
  const { socket } = await openInstance(t, keeping(store));
  const lines = Array.from({ length: 2_500 }, (_, room) =>
    JSON.stringify({ meetingID: `room ${room}`, pin: String(100_000_000 + room), reservedAt: "2026-01-01T00:00:00Z" }),
  );
  await writeFile(join(folder, "many.jsonl"), lines.join("\n"));
  t.match(await typed(["pins", "import", join(folder, "many.jsonl"), "-c", path, "-s", socket]), {
    code: 0,
    output: /^2500 imported/,
  });
  const { output, errors } = await typed(["pins", "list", "-c", path, "-s", socket], { isTerminal: true });
  t.equal(output.trimEnd().split("\n").length, 2_501);
  t.match(errors, "1000 rooms ...");
  t.equal((await typed(["pins", "export", "-c", path, "-s", socket])).output.trimEnd().split("\n").length, 2_500);
});

await t.test("invalid arguments and unreadable files are reported", async (t) => {
  const { folder, path } = await configFile(t);
  for (const [args, message] of [
    [["reserve"], /room's id is missing/],
    [["reserve", "a", "b"], /too many/],
    [["release", "a".repeat(257)], /1 to 256 characters/],
    [["import"], /give one file/],
    [["import", join(folder, "none")], /ENOENT/],
  ] as const)
    t.match(await typed(["pins", ...args, "-c", path]), { code: 64, output: "", errors: message });
  t.match(await typed(["pins"]), { code: 64, errors: /needs one more word: pins list, pins reserve/ });

  const starting = await openInstance(t, undefined);
  t.match(await typed(["pins", "list", "-c", path, "-s", starting.socket]), { code: 69, errors: /it is starting/ });
  await rooms(t, join(folder, "data"));
  t.match(
    await typed(["pins", "list", "-c", path]),
    { code: 69, errors: /rooms\.store: / },
    "another process has the store open, without a socket",
  );
});

await t.test("an instance without PINs opens its store for a reservation, not for a list", async (t) => {
  const { folder, path } = await configFile(t);
  let store: RoomStore | undefined;
  const instance: Instance = await openInstance(t, {
    rooms: () => store,
    openRooms: async () => success((store ??= await rooms(t, join(folder, "data")))),
  });
  t.match(await instance.client.askText({ method: "GET", path: "/pins.jsonl" }), {
    ok: false,
    failure: { kind: "refused", status: keepsNone, reason: /keeps no PINs/ },
  });
  t.match(await typed(["pins", "list", "-c", path, "-s", instance.socket]), {
    code: 69,
    errors: /contains no store/,
  });
  const reserved = await typed(["pins", "reserve", "room", "-c", path, "-s", instance.socket]);
  t.match(reserved, { code: 0, output: /^\d{9}\n$/ });
  const pin = Pin.parse(reserved.output.trim());
  t.match(
    pin.ok ? await store?.findByPin(pin.value) : undefined,
    { ok: true, value: { meetingId: "room" } },
    "the instance has the PIN",
  );
  t.strictSame(instance.bugs, []);
  const broken = await openInstance(t, {});
  t.match(
    await typed(["pins", "reserve", "room", "-c", path, "-s", broken.socket]),
    { code: 69, output: "", errors: /there is no store/ },
    "an instance without a store reports it",
  );
});

await t.test(
  "a store of another user is not opened, because its owner could not open it afterwards",
  { skip: process.getuid?.() === 0 ? false : "only root can give files away" },
  async (t) => {
    const { folder, path } = await configFile(t);
    await mkdir(join(folder, "data"));
    await chown(join(folder, "data"), 12_345, 12_345);
    t.match(await typed(["pins", "reserve", "room", "-c", path]), {
      code: 69,
      output: "",
      errors: /belongs to another user/,
    });
  },
);
