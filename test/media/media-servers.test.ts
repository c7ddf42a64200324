import t from "tap";

import type { CallerEndpoint } from "../../src/call/interfaces.js";
import type { MediaServerState } from "../../src/media/media-server.js";
import { MediaServerPool, type PooledServer } from "../../src/media/media-servers.js";
import { ServerLoad } from "../../src/media/server-load.js";
import { failure, type Result } from "../../src/util/result.js";
import { settle } from "../support/fake-clock.js";

/** A media server that the test brings up; it counts each channel and then refuses it. */
class FakeServer implements PooledServer {
  readonly name: string;
  readonly capacity = 10;
  state: MediaServerState;
  isSuspected = false;
  channels = 0;
  readonly load = new ServerLoad({
    now: () => 0,
    minIdlePercent: () => 10,
    cores: 10,
    onTaken: () => undefined,
  });
  asked = 0;
  opened = 0;
  version: string | undefined;
  closed = 0;
  #up: () => void = () => undefined;
  #idle: (() => void) | undefined;

  constructor(name: string, state: "up" | "down" = "up") {
    this.name = name;
    this.state = state === "up" ? { kind: "up" } : { kind: "down", why: "test" };
  }

  open(): Promise<void> {
    this.opened += 1;
    return Promise.resolve();
  }

  async upWithin(): Promise<void> {
    if (this.state.kind === "down") await new Promise<void>((resolve) => (this.#up = resolve));
  }

  async settled(): Promise<void> {
    await new Promise<void>((resolve) => (this.trust = resolve));
    this.isSuspected = false;
  }

  /** Ends the suspicion, if a call waits for that. */
  trust: () => void = () => undefined;

  comeUp(): void {
    this.state = { kind: "up" };
    this.#up();
  }

  whenIdle(listener: () => void): void {
    this.#idle = listener;
  }

  idle(): void {
    this.channels = 0;
    this.#idle?.();
  }

  leftChannels(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  resume(): ReturnType<PooledServer["resume"]> {
    return Promise.resolve(failure("gone"));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.closed += 1;
  }

  openEndpoint(): Promise<Result<never, "unusable-offer">> {
    this.asked += 1;
    return Promise.resolve(failure("unusable-offer"));
  }

  openOffer(): Promise<Result<never, "unusable-offer">> {
    return this.openEndpoint();
  }
}

async function offer(pool: MediaServerPool): Promise<Result<CallerEndpoint, string>> {
  return await pool.openEndpoint("v=0", "mandatory");
}

await t.test("a call goes to the least loaded server, never to one that is down or full", async (t) => {
  const [busy, free, down] = [new FakeServer("a"), new FakeServer("b"), new FakeServer("c", "down")];
  busy.channels = 5;
  const pool = new MediaServerPool([busy, free, down]);
  await offer(pool);
  t.strictSame([busy.asked, free.asked, down.asked], [0, 1, 0]);
  free.channels = 10;
  await offer(pool);
  t.strictSame([busy.asked, free.asked, down.asked], [1, 1, 0]);
  t.equal(pool.channels, 15);
});

await t.test("a removed server gets no new calls and is closed after its last one", async (t) => {
  const [first, second] = [new FakeServer("a"), new FakeServer("b")];
  first.channels = 2;
  const pool = new MediaServerPool([first, second]);
  await pool.replace([second]);
  await offer(pool);
  t.strictSame([first.asked, second.asked, second.opened], [0, 1, 0], "who stays is left alone");
  t.equal(pool.channels, 2, "its calls still count");
  t.equal(first.closed, 0);
  first.idle();
  t.equal(first.closed, 1);
  t.equal(pool.channels, 0);
});

await t.test("a server with changed settings takes over only when it is up", async (t) => {
  const [before, after] = [new FakeServer("a"), new FakeServer("a", "down")];
  const pool = new MediaServerPool([before]);
  const replacing = pool.replace([after]);
  await offer(pool);
  t.equal(before.asked, 1, "the old one still works");
  after.comeUp();
  await replacing;
  await offer(pool);
  t.strictSame([before.asked, after.asked], [1, 1]);
});

await t.test("close closes all servers, including retired ones", async (t) => {
  const [first, second] = [new FakeServer("a"), new FakeServer("b")];
  first.channels = 1;
  const pool = new MediaServerPool([first]);
  await pool.replace([second]);
  pool.close();
  t.strictSame([first.closed, second.closed], [1, 1]);
});

await t.test("a suspected server gets no calls; without another one they wait for its probe", async (t) => {
  const [suspected, other] = [new FakeServer("a"), new FakeServer("b")];
  suspected.isSuspected = true;
  other.channels = 9;
  const pool = new MediaServerPool([suspected, other]);
  await offer(pool);
  t.strictSame([suspected.asked, other.asked], [0, 1]);
  other.state = { kind: "down", why: "test" };
  const waiting = offer(pool);
  await settle();
  t.equal(suspected.asked, 0);
  suspected.trust();
  await waiting;
  t.equal(suspected.asked, 1);
});

await t.test("a new call goes to a server that has a turn; a moved call to any", async (t) => {
  const [busy, free] = [new FakeServer("a"), new FakeServer("b")];
  free.channels = 5;
  for (let sample = 0; sample < 2; sample++)
    busy.load.sampled({ idlePercent: 0, sessionsPerSecond: undefined, answerMs: 900 });
  const pool = new MediaServerPool([busy, free]);
  const turn = pool.takeTurn();
  t.same(turn, { ok: true, value: { mediaServer: "b" } });
  if (turn.ok) await pool.openEndpoint("v=0", "mandatory", turn.value);
  t.strictSame([busy.asked, free.asked], [0, 1]);
  free.state = { kind: "down", why: "test" };
  t.same(pool.takeTurn(), failure("overloaded"));
  await offer(pool);
  t.strictSame([busy.asked, free.asked], [1, 1], "no caller who is up is left without a channel");
  busy.channels = busy.capacity;
  t.same(pool.takeTurn(), { ok: true, value: { mediaServer: undefined } }, "no server is there to judge");
});

await t.test("many calls at once are spread over the servers, then refused", (t) => {
  const servers = [new FakeServer("a"), new FakeServer("b")];
  const pool = new MediaServerPool(servers);
  const turns = Array.from({ length: 400 }, () => pool.takeTurn());
  t.equal(turns.filter(({ ok }) => ok).length, 300);
  t.strictSame(
    servers.map(({ load }) => load.taken),
    [150, 150],
  );
  t.end();
});
