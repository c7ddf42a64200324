import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import t from "tap";
import { parse, stringify } from "yaml";

import { CommandLine, onlyJson } from "./support/command-line.js";
import { freePort, freePortsInARow } from "./support/ports.js";
import { Program } from "./support/program.js";
import { scratchFolder } from "./support/scratch.js";

const enginesMain = join(fileURLToPath(new URL("../../", import.meta.url)), "src", "demo", "engines-main.js");
const number = "+493023125002";
const caller = "+4915223125678";
const pin = "04711";

await t.test("an operator's commands, with einwahl and its engines in separate processes", async (t) => {
  const folder = await scratchFolder(t, "control");
  const base = await freePortsInARow(8);
  const engines = new Program(process.execPath, [enginesMain, "--directory", "engines", "--base-port", String(base)], {
    cwd: folder,
  });
  t.teardown(() => engines.stop());
  await engines.line("the engines are up", /End the engines/);
  const written = parse(await readFile(join(folder, "engines", "einwahl.yaml"), "utf8")) as Readonly<
    Record<string, unknown>
  >;
  const token = {
    name: "front-end",
    sha256: createHash("sha256").update("token").digest("hex"),
    scopes: ["rooms:read"],
  };
  const port = await freePort();
  await writeFile(
    join(folder, "einwahl.yaml"),
    stringify({
      ...written,
      http: { port, operators_port: await freePort(), tokens: [token] },
      rooms: { store: "data" },
    }),
  );
  const socket = join(folder, "data", "control.sock");

  const einwahl = async (...args: readonly string[]): Promise<{ readonly code: string; readonly text: string }> => {
    const { code, lines } = await new CommandLine(t, [...args, "--config", "einwahl.yaml"], folder).outcome();
    return { code, text: lines.join("\n") };
  };
  const json = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> =>
    onlyJson((await einwahl(...args, "--json")).text.split("\n"));
  const running = async (): Promise<CommandLine> => {
    const server = new CommandLine(t, ["run", "--config", "einwahl.yaml"], folder);
    for (const line of ["BBB server is up", "media server is up", "einwahl is running"])
      await server.program.line(line, new RegExp(line));
    return server;
  };
  const call = (...more: readonly string[]): CommandLine =>
    new CommandLine(
      t,
      [
        "call",
        number,
        "--server",
        `127.0.0.1:${base + 1}`,
        "--ca",
        "engines/ca.pem",
        "--pin",
        pin,
        "--from",
        caller,
        ...more,
      ],
      folder,
    );

  await t.test("while no instance runs", async (t) => {
    const { code, text } = await einwahl("status");
    t.match({ code, text }, { code: "exit 69", text: "einwahl is not running" });
    for (const command of ["drain", "reload"])
      t.match(await einwahl(command), { code: "exit 69", text: "einwahl is not running" });
    const numbers = await json("numbers");
    t.match(numbers, { numbers: [{ number: "+493023125001" }, { number }] });
    t.match((await einwahl("numbers")).text, "030 23125002");
    t.match(await einwahl("pins", "reserve", "before"), { code: "exit 0", text: /^\d{9}$/ });
    t.notOk(existsSync(socket));
  });

  let server = await running();

  await t.test("status, and the socket's mode", async (t) => {
    const { code, text } = await einwahl("status");
    t.match({ code, text }, { code: "exit 0", text: /^Calls get through; einwahl/ });
    t.match(await json("status"), { state: "ready", reasons: [], isDraining: false, calls: { now: 0 } });
    t.equal((await stat(socket)).mode & 0o777, 0o600);
  });

  await t.test("no signal opens the debugger, which would show numbers and PINs in memory", async (t) => {
    // The process itself: setpriv, which starts it, has replaced itself with it (exec).
    process.kill(server.program.pid, "SIGUSR1");
    t.equal((await einwahl("status")).code, "exit 0");
    t.notMatch(server.program.tail(), /Debugger listening/);
  });

  await t.test("a second instance is refused before it takes anything over from the first", async (t) => {
    const { code, text } = await einwahl("run");
    t.match({ code, text }, { code: "exit 1", text: "control socket in use by another instance" });
    t.match(await json("status"), { state: "ready" });
  });

  await t.test("PINs, through the running instance, which holds the store", async (t) => {
    const { pin: before } = await json("pins", "reserve", "before");
    const { text: after } = await einwahl("pins", "reserve", "after");
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/rooms/after`, {
      headers: { Authorization: "Bearer token" },
    });
    t.match(await answer.json(), { pin: after }, "its front ends have the PIN at once");
    t.match(await json("pins", "list"), {
      pins: [
        { meetingID: "after", pin: after },
        { meetingID: "before", pin: before },
      ],
    });
    const { text: lines } = await einwahl("pins", "export");
    t.match(await einwahl("pins", "release", "after"), { code: "exit 0" });
    await writeFile(join(folder, "pins.jsonl"), lines);
    t.match(
      await einwahl("pins", "import", "pins.jsonl"),
      { code: "exit 1", text: /0 imported, 1 already known, 1 refused/ },
      "a released PIN is not assigned again",
    );
    for (const digits of [before, after]) t.notMatch(server.program.tail(10_000), String(digits), "no PIN in the log");
  });

  await t.test("drain during a call, and undo", async (t) => {
    const first = call("--seconds", "600");
    await first.program.line("the call is in the conference", /in the conference/);
    const busy = await einwahl("status");
    t.match(busy.text, "1 of at most 100, 1 in conference");
    t.notMatch(busy.text, new RegExp(`${pin}|${caller.slice(1)}`));

    t.match(await einwahl("drain", "--within", "1s"), {
      code: "exit 1",
      text: "New calls are refused; 1 call is active.",
    });
    const refused = await call("--json").outcome();
    t.match(onlyJson(refused.lines), { ok: false, stage: "answer", why: /^503/ });
    t.match(await json("status"), { state: "not-ready", isDraining: true, calls: { now: 1 } });
    t.match(await einwahl("status"), { code: "exit 1", text: "New calls are refused" });

    const draining = new CommandLine(t, ["drain", "--config", "einwahl.yaml"], folder);
    // While another command runs, the one before it is polling.
    t.match(await json("status"), { calls: { now: 1 } });
    t.notOk(draining.program.isGone, "it waits");
    first.program.signal("SIGINT");
    t.match(await first.outcome(), { code: "exit 1" });
    t.match(await draining.outcome(), { code: "exit 0", lines: ["New calls are refused; no call is active."] });

    t.match(await einwahl("drain", "--undo"), { code: "exit 0", text: "Calls are accepted; no call is active." });
    const again = await call("--expect-tone", "620", "--seconds", "1", "--json").outcome();
    t.equal(again.code, "exit 0", again.lines.join("\n"));
  });

  await t.test("reload: a faulty file changes nothing, a valid one applies to the next call", async (t) => {
    const file = join(folder, "einwahl.yaml");
    const good = await readFile(file, "utf8");
    await writeFile(file, good.replace("drachtio:", "drachtoi:"));
    t.match(await einwahl("reload", "--socket", socket), {
      code: "exit 78",
      text: /drachtio[^]*Nothing was changed\./,
    });
    t.match(await einwahl("status", "--socket", socket), { code: "exit 0" });
    t.match(await einwahl("status"), { code: "exit 78", text: "--socket PATH" }, "the file no longer names the socket");
    await writeFile(file, good);
    t.match(await einwahl("reload"), { code: "exit 0", text: "No setting has changed." });
    await writeFile(file, good.replace(number, "+493023125003"));
    t.match(await einwahl("reload"), { code: "exit 0", text: /^In effect:/ });
    const moved = await call("--json").outcome();
    t.match(onlyJson(moved.lines), { ok: false, stage: "answer", why: /^404/ });
    await writeFile(file, good);
    t.match(await einwahl("reload"), { code: "exit 0", text: /^In effect:/ });
  });

  await t.test("after SIGKILL the next start replaces the socket", async (t) => {
    server.program.signal("SIGKILL");
    await server.program.gone;
    t.ok(existsSync(socket), "it is still there");
    t.match(await einwahl("status"), { code: "exit 69", text: "einwahl is not running" });
    t.match(await json("pins", "list"), { pins: [{ meetingID: "before" }] }, "its store can be opened");
    server = await running();
    t.match(await einwahl("status"), { code: "exit 0" });
  });

  await t.test("without its engines calls do not get through, and status gives the reason", async (t) => {
    t.equal(await engines.stop("SIGINT"), "exit 0");
    await server.program.line("drachtio is gone", /drachtio is not connected/);
    const { code, text } = await einwahl("status");
    t.match({ code, text }, { code: "exit 1", text: /^Calls do not get through/ });
    t.match(text, "drachtio is not connected");
  });

  t.equal(await server.program.stop(), "exit 0");
  t.notOk(existsSync(socket), "a server that shuts down leaves nothing");
});
