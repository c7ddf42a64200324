import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

import t, { type Test } from "tap";

import { ChannelSocket } from "../../src/media/channel-socket.js";
import type { LazyEvent } from "../../src/media/lazy-event.js";

/** FreeSWITCH's side of a channel's connection, and ours. */
class Bench {
  readonly #server: Server;
  readonly #far: Socket;
  readonly connection: ChannelSocket;
  #sent = "";

  private constructor(server: Server, far: Socket, connection: ChannelSocket) {
    this.#server = server;
    this.#far = far;
    this.connection = connection;
    far.on("data", (chunk: Buffer) => {
      this.#sent += chunk.toString("utf8");
      far.emit("more");
    });
  }

  static async open(): Promise<{ readonly bench: Bench; readonly ready: Promise<ChannelSocket> }> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const far = connect((server.address() as { readonly port: number }).port, "127.0.0.1");
    const [near] = await accepted;
    let connection: ChannelSocket | undefined;
    const ready = new Promise<ChannelSocket>((resolve) => {
      connection = new ChannelSocket(near, resolve);
    });
    if (connection === undefined) throw new Error("a promise's executor runs at once");
    return { bench: new Bench(server, far, connection), ready };
  }

  write(text: string): void {
    this.#far.write(text);
  }

  /** Resolves to what was sent, once it ends with this. */
  async sent(end: string): Promise<string> {
    while (!this.#sent.endsWith(end)) await once(this.#far, "more");
    const sent = this.#sent;
    this.#sent = "";
    return sent;
  }

  close(): void {
    this.#far.destroy();
    this.#server.close();
  }
}

const plain = (body: string): string =>
  `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-plain\n\n${body}`;

/** A connection with its channel's variables told. */
async function ready(t: Test): Promise<Bench> {
  const { bench, ready } = await Bench.open();
  t.teardown(() => {
    bench.close();
  });
  t.equal(await bench.sent("\n\n"), "connect\n\n");
  bench.write("Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nChannel-Unique-ID: one\nvariable_a: x%20y\n\n");
  t.equal((await ready).getInfo().getHeader("variable_a"), "x y");
  return bench;
}

await t.test("an application calls back at its own end", async (t) => {
  const bench = await ready(t);
  const ends: (string | null)[] = [];
  const end = async (name: string): Promise<void> => {
    await new Promise<void>((resolve) => {
      bench.connection.execute("playback", name, (event: LazyEvent) => {
        ends.push(`${name} ${event.getHeader("Application-Response") ?? ""}`);
        resolve();
      });
    });
  };
  const both = Promise.all([end("first"), end("second")]);
  t.equal(
    await bench.sent("second\n\n"),
    ["1", "2"]
      .map(
        (id, at) =>
          `sendmsg\ncall-command: execute\nexecute-app-name: playback\nevent-uuid: ${id}\nexecute-app-arg: ${at === 0 ? "first" : "second"}\n\n`,
      )
      .join(""),
  );
  bench.write("Content-Type: command/reply\nReply-Text: +OK\n\n".repeat(2));
  const head = "Event-Name: CHANNEL_EXECUTE_COMPLETE\nUnique-ID: one\n";
  const text =
    plain(`${head}Application-UUID: 2\nApplication-Response: FILE%20PLAYED\n\n`) +
    plain(`${head}Application-UUID: 9\nApplication-Response: of%20another\n\n`) +
    plain(`${head}Application-UUID: 1\nApplication-Response: _none_\n\n`);
  // Any byte may begin a segment.
  for (const part of [text.slice(0, 7), text.slice(7, 150), text.slice(150)]) {
    bench.write(part);
    await new Promise(setImmediate);
  }
  await both;
  t.strictSame(ends, ["second FILE PLAYED", "first _none_"]);
});

await t.test("a long argument is the body of its command, which FreeSWITCH reads at once", async (t) => {
  const bench = await ready(t);
  const long = `file_string://${"/ä.wav!".repeat(10)}end`;
  bench.connection.execute("playback", long);
  bench.connection.execute("answer", "");
  t.equal(
    await bench.sent("answer\nevent-uuid: 2\n\n"),
    "sendmsg\ncall-command: execute\nexecute-app-name: playback\nevent-uuid: 1\ncontent-type: text/plain\n" +
      `content-length: ${Buffer.byteLength(long)}\n\n${long}` +
      "sendmsg\ncall-command: execute\nexecute-app-name: answer\nevent-uuid: 2\n\n",
  );
});

await t.test("commands of one moment go together, and replies come in order", async (t) => {
  const bench = await ready(t);
  const answers = ["uuid_getvar", "uuid_exists"].map(
    async (command) =>
      await new Promise<string>((resolve) => {
        bench.connection.api(command, "one", (event) => {
          resolve(event.getBody());
        });
      }),
  );
  t.equal(await bench.sent("exists one\n\n"), "api uuid_getvar one\n\napi uuid_exists one\n\n");
  bench.write("Content-Type: api/response\nContent-Length: 2\n\nä");
  bench.write("Content-Type: api/response\nContent-Length: 4\n\ntrue");
  t.strictSame(await Promise.all(answers), ["ä", "true"]);
});

await t.test("other events are emitted under their name and channel", async (t) => {
  const bench = await ready(t);
  const pressed = once(bench.connection, "esl::event::DTMF::one") as Promise<[LazyEvent]>;
  bench.write(plain("Event-Name: DTMF\nUnique-ID: one\nDTMF-Digit: %23\n\n"));
  const [event] = await pressed;
  t.equal(event.getHeader("DTMF-Digit"), "#");
});

await t.test("what is no event socket is disconnected, and commands after the end are dropped", async (t) => {
  const bench = await ready(t);
  const ended = once(bench.connection, "esl::end");
  bench.write("Content-Length: 1e99\n\n");
  await ended;
  bench.connection.api("uuid_kill", "one", () => {
    t.fail("no reply can come");
  });
});

await t.test("drachtio-fsmrf's hang-up is the shorter command", async (t) => {
  const bench = await ready(t);
  bench.connection.ignoreEvents();
  bench.connection.execute("hangup", "");
  t.equal(await bench.sent("hangup\n\n"), "noevents\n\nsendmsg\ncall-command: hangup\n\n");
});
