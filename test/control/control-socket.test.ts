import { createServer } from "node:net";
import { join } from "node:path";

import t from "tap";
import { z } from "zod";

import type { ReloadAnswer } from "../../src/control/answers.js";
import { ControlClient } from "../../src/control/control-client.js";
import { ControlServer } from "../../src/control/control-server.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { openInstance } from "./support/instance.js";

await t.test("drain and its end reach the instance, and its state is returned", async (t) => {
  let isDraining = false;
  const { client, bugs } = await openInstance(t, {
    drain: (isOn) => {
      isDraining = isOn;
    },
    drainState: () => ({ isDraining, calls: 3 }),
  });
  t.strictSame(await client.drain(true), { ok: true, value: { isDraining: true, calls: 3 } });
  t.strictSame(await client.drainState(), { ok: true, value: { isDraining: true, calls: 3 } });
  t.strictSame(await client.drain(false), { ok: true, value: { isDraining: false, calls: 3 } });
  t.strictSame(bugs, []);
});

await t.test("the result of a reload is returned unchanged", async (t) => {
  const answers: readonly ReloadAnswer[] = [
    { outcome: "reloaded", changed: ["trunk easybell"], needsRestart: ["http.port"] },
    { outcome: "refused", faults: [{ path: "trunks[0]", message: "is missing", cure: "write it" }] },
  ];
  for (const answer of answers) {
    const { client } = await openInstance(t, { reloading: { reload: () => Promise.resolve(answer) } });
    t.strictSame(await client.reload(), { ok: true, value: answer });
  }
  const { client } = await openInstance(t, {});
  t.match(await client.reload(), { ok: false, failure: { kind: "refused", reason: /restart it/ } });
});

await t.test("a starting instance responds that it is starting", async (t) => {
  const { client, bugs } = await openInstance(t, undefined);
  t.strictSame(await client.drain(true), {
    ok: false,
    failure: { kind: "refused", status: 503, reason: "it is starting" },
  });
  t.strictSame(bugs, []);
});

await t.test("a bug is logged by the instance; the response does not contain its message", async (t) => {
  const { client, bugs } = await openInstance(t, {
    status: () => {
      throw new Error("PIN 12345");
    },
  });
  t.strictSame(await client.status(z.unknown()), {
    ok: false,
    failure: { kind: "refused", status: 500, reason: "unexpected error, see the log" },
  });
  t.match(bugs, [{ message: "PIN 12345" }]);
});

await t.test("requests and responses of another version", async (t) => {
  const { client } = await openInstance(t, { status: () => ({ state: "purple" }) });
  t.match(await client.status(z.object({ state: z.enum(["green"]) })), {
    ok: false,
    failure: { kind: "broken", reason: /same version/ },
  });
  t.match(await client.ask({ method: "GET", path: "/frobnicate" }, z.unknown()), {
    ok: false,
    failure: { kind: "refused", status: 404 },
  });
  const nonsense = { type: "application/json", text: JSON.stringify({ room: 1 }) };
  t.match(await client.ask({ method: "POST", path: "/pins/reserve", body: nonsense }, z.unknown()), {
    ok: false,
    failure: { kind: "refused", status: 400 },
  });
});

await t.test("no listening process, a closed socket, another program on the socket", async (t) => {
  const folder = await scratchFolder(t, "control");
  const ask = async (path: string): Promise<unknown> => await new ControlClient(path).drainState();
  t.match(await ask(join(folder, "control.sock")), { ok: false, failure: { kind: "not-running" } });
  t.match(await ask(join(folder, "no", "such", "d".repeat(120), "control.sock")), {
    ok: false,
    failure: { kind: "not-running" },
  });
  const instance = await openInstance(t, {});
  await instance.close();
  t.match(await ask(instance.socket), { ok: false, failure: { kind: "not-running" } });

  const stranger = createServer((socket) => {
    socket.end("220 ready\r\n");
  });
  t.teardown(() => {
    stranger.close();
  });
  await new Promise<void>((resolve) => {
    stranger.listen(join(folder, "other.sock"), resolve);
  });
  t.match(await ask(join(folder, "other.sock")), { ok: false, failure: { kind: "broken" } });
});

await t.test("a second instance is refused, and the first one continues", async (t) => {
  const { socket, client } = await openInstance(t, {});
  const second = await ControlServer.open({ path: socket, handlers: () => undefined, onBug: () => undefined });
  t.match(second, { ok: false, failure: "held" });
  t.match(await client.drainState(), { ok: true, value: { calls: 0 } });
});
