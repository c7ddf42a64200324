import { chmod, mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";

import t from "tap";

import { reachablePath, SocketFile } from "../../src/control/socket-file.js";
import type { Owner } from "../e2e/support/owner.js";
import { Program } from "../e2e/support/program.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { inTime } from "../support/deadline.js";

/** Listens until the test ends. */
function listening(owner: Owner): { readonly server: Server; readonly bind: (path: string) => Promise<void> } {
  const server = createServer((socket) => {
    // A mere check for a listening process closes without reading.
    socket.once("error", () => undefined);
    socket.end("here");
  });
  owner.teardown(() => {
    server.close();
  });
  const bind = async (path: string): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  };
  return { server, bind };
}

async function answerAt(path: string): Promise<string> {
  const reachable = await reachablePath(path);
  try {
    const answer = new Promise<string>((resolve) => {
      const socket = connect(reachable.path);
      socket.once("data", (data) => {
        resolve(data.toString());
      });
      socket.once("error", (error) => {
        resolve(error.message);
      });
    });
    return await inTime("the socket answers", answer);
  } finally {
    await reachable.done();
  }
}

async function taken(path: string, owner: Owner): Promise<SocketFile> {
  const file = await SocketFile.take(path, listening(owner).bind);
  if (!file.ok) throw new Error(JSON.stringify(file.failure));
  return file.value;
}

await t.test(
  "the socket is accessible to its owner only, in a created directory, and is removed on release",
  async (t) => {
    const folder = await scratchFolder(t, "control");
    const path = join(folder, "data", "control.sock");
    const file = await taken(path, t);
    t.equal((await stat(path)).mode & 0o777, 0o600);
    t.equal((await stat(join(folder, "data"))).mode & 0o777, 0o700);
    t.equal(await answerAt(path), "here");
    t.strictSame(await readdir(join(folder, "data")), ["control.sock"], "nothing but the socket");
    await file.release();
    t.strictSame(await readdir(join(folder, "data")), []);
  },
);

await t.test("a path beyond the system's length limit", async (t) => {
  const folder = await scratchFolder(t, "control");
  const path = join(folder, "d".repeat(100), "control.sock");
  const file = await taken(path, t);
  t.equal(await answerAt(path), "here");
  t.match(await SocketFile.take(path, listening(t).bind), { ok: false, failure: "held" });
  await file.release();
});

await t.test("a socket with a listening process is kept", async (t) => {
  const folder = await scratchFolder(t, "control");
  const path = join(folder, "control.sock");
  const file = await taken(path, t);
  const second = listening(t);
  t.match(await SocketFile.take(path, second.bind), { ok: false, failure: "held" });
  t.notOk(second.server.listening, "the second one never listened");
  t.equal(await answerAt(path), "here");
  await file.release();
});

await t.test("of many concurrent starts, one gets the socket", async (t) => {
  const folder = await scratchFolder(t, "control");
  const path = join(folder, "control.sock");
  const all = await Promise.all(Array.from({ length: 20 }, () => SocketFile.take(path, listening(t).bind)));
  t.equal(all.filter(({ ok }) => ok).length, 1);
  for (const each of all) if (!each.ok) t.equal(each.failure, "held");
  t.equal(await answerAt(path), "here");
  t.strictSame(await readdir(folder), ["control.sock"]);
  for (const each of all) if (each.ok) await each.value.release();
});

await t.test("the socket of a killed process is replaced", async (t) => {
  const folder = await scratchFolder(t, "control");
  const path = join(folder, "control.sock");
  const listener = `require("node:net").createServer().listen("control.sock", () => console.log("listening"))`;
  const killed = new Program(process.execPath, ["--eval", listener], { cwd: folder });
  t.teardown(() => killed.stop("SIGKILL"));
  await killed.line("it listens", /listening/);
  await killed.stop("SIGKILL");
  t.ok((await stat(path)).isSocket(), "it is there, and dead");
  const file = await taken(path, t);
  t.equal(await answerAt(path), "here");
  await file.release();
});

await t.test("a replaced socket is not removed on release", async (t) => {
  const folder = await scratchFolder(t, "control");
  const path = join(folder, "control.sock");
  const first = listening(t);
  const file = await SocketFile.take(path, first.bind);
  if (!file.ok) throw new Error("not taken");
  first.server.close();
  const second = await taken(path, t);
  await file.value.release();
  t.equal(await answerAt(path), "here", "the second one's is still there");
  await second.release();
});

await t.test("a file that is not a socket is kept; an unusable directory is reported in one line", async (t) => {
  const folder = await scratchFolder(t, "control");
  await writeFile(join(folder, "notes"), "precious");
  t.match(await SocketFile.take(join(folder, "notes"), listening(t).bind), {
    ok: false,
    failure: { why: /not a socket/ },
  });
  t.match(await SocketFile.take(join(folder, "notes", "control.sock"), listening(t).bind), {
    ok: false,
    failure: { why: /ENOTDIR|EEXIST/ },
  });
  await symlink("nowhere", join(folder, "dangling"));
  const dangling = await SocketFile.take(join(folder, "dangling"), listening(t).bind);
  if (!dangling.ok) throw new Error(JSON.stringify(dangling.failure));
  t.equal(await answerAt(join(folder, "dangling")), "here");
  await dangling.value.release();
  if (process.getuid?.() === 0) return;
  await mkdir(join(folder, "closed"));
  await chmod(join(folder, "closed"), 0o500);
  t.match(await SocketFile.take(join(folder, "closed", "control.sock"), listening(t).bind), {
    ok: false,
    failure: { why: /EACCES/ },
  });
});
