import { createServer, type Server, type Socket } from "node:net";

import t, { type Test } from "tap";

import { EventSocketSession } from "../../src/media/event-socket-session.js";
import { logInToDrachtio } from "../../src/sip/drachtio-login.js";
import { systemClock } from "../../src/util/clock.js";
import { freePort } from "../e2e/support/ports.js";

const host = "127.0.0.1";
const withinMs = 5_000;
const hurriedMs = 100;

/** A server with the test's handler. */
async function server(t: Test, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, host, resolve);
  });
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      listener.close(() => {
        resolve();
      });
    });
  });
  const address = listener.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

await t.test("FreeSWITCH's event socket", async (t) => {
  const open = async (port: number, ms = withinMs): ReturnType<typeof EventSocketSession.open> =>
    await EventSocketSession.open({ host, port, password: "right" }, systemClock, ms);

  await t.test("a response in chunks, a body with an empty line, and two responses in one chunk", async (t) => {
    const port = await server(t, (socket) => {
      socket.write("Content-Type: auth/request\n\n");
      socket.on("data", (chunk: Buffer) => {
        const text = chunk.toString();
        if (text.startsWith("auth right\n\n"))
          socket.write("Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
        else if (text.startsWith("api one")) {
          socket.write("Content-Type: api/response\nContent-Len");
          setImmediate(() => socket.write("gth: 8\n\nab\n\ncdöContent-Type: api/response\nContent-Length: 3\n\ntwo"));
        }
      });
    });
    const session = await open(port);
    if (!session.ok) throw new Error(session.failure.kind);
    t.strictSame(await session.value.api("one"), { ok: true, value: "ab\n\ncdö" });
    t.strictSame(await session.value.api("two"), { ok: true, value: "two" });
    session.value.close();
    t.match(await session.value.api("three"), { ok: false }, "a closed session sends no request");
  });

  await t.test("refused logins: the reason", async (t) => {
    const says =
      (text: string) =>
      (socket: Socket): void => {
        socket.write(text);
      };
    t.strictSame(
      await open(
        await server(t, says("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")),
      ),
      { ok: false, failure: { kind: "turned-away" } },
    );
    t.strictSame(
      await open(
        await server(
          t,
          says("Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: -ERR invalid\n\n"),
        ),
      ),
      { ok: false, failure: { kind: "wrong-password" } },
    );
    t.strictSame(await open(await server(t, says("220 mail.example.org ESMTP\n\n"))), {
      ok: false,
      failure: { kind: "not-freeswitch" },
    });
    t.strictSame(
      await open(await server(t, () => undefined), hurriedMs),
      { ok: false, failure: { kind: "not-freeswitch" } },
      "silence",
    );
    t.strictSame(await open(await server(t, (socket) => socket.destroy())), {
      ok: false,
      failure: { kind: "no-connection", code: "ECONNRESET" },
    });
    t.strictSame(await open(await freePort()), { ok: false, failure: { kind: "no-connection", code: "ECONNREFUSED" } });
  });

  await t.test("an endless response is aborted", async (t) => {
    const port = await server(t, (socket) => {
      socket.write("x".repeat(1_500_000));
    });
    t.strictSame(await open(port), { ok: false, failure: { kind: "no-connection", code: "the answer is too long" } });
  });
});

await t.test("drachtio", async (t) => {
  const logIn = async (
    answer: (socket: Socket, asked: string) => void,
    ms = withinMs,
  ): ReturnType<typeof logInToDrachtio> => {
    const port = await server(t, (socket) => {
      socket.on("data", (chunk: Buffer) => {
        answer(socket, chunk.toString());
      });
    });
    return await logInToDrachtio({ host, port, secret: "geheim ü" }, systemClock, ms);
  };
  const framed = (payload: string): string => `${Buffer.byteLength(payload)}#${payload}`;

  await t.test("login with the secret: version and addresses, from a response in chunks", async (t) => {
    let heard = "";
    const greeting = await logIn((socket, asked) => {
      heard = asked;
      const answer = framed(
        "1|response|2|OK|tls/203.0.113.1:5061|v0.9.10|udp/10.0.0.1:5060,tls/10.0.0.1:5061,tls/[2001:db8::1]:5061,nonsense",
      );
      socket.write(answer.slice(0, 2));
      setImmediate(() => socket.write(answer.slice(2)));
    });
    t.match(heard, /^\d+#[0-9a-f-]{36}\|authenticate\|geheim ü\|$/);
    t.equal(
      Number(heard.split("#")[0]),
      Buffer.byteLength(heard.slice(heard.indexOf("#") + 1)),
      "the length counts bytes",
    );
    t.strictSame(
      greeting,
      {
        ok: true,
        value: {
          version: "v0.9.10",
          addresses: [
            { transport: "udp", host: "10.0.0.1", port: 5060 },
            { transport: "tls", host: "10.0.0.1", port: 5061 },
            { transport: "tls", host: "[2001:db8::1]", port: 5061 },
          ],
          publicAddresses: [{ transport: "tls", host: "203.0.113.1", port: 5061 }],
        },
      },
      "the addresses within the NAT, if reported",
    );
  });

  await t.test("refused logins: the reason", async (t) => {
    t.strictSame(
      await logIn((socket) => {
        socket.end(framed("1|response|2|NO|incorrect secret"));
      }),
      { ok: false, failure: { kind: "wrong-secret" } },
    );
    t.strictSame(
      await logIn((socket) => {
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      }),
      { ok: false, failure: { kind: "not-drachtio" } },
    );
    t.strictSame(
      await logIn((socket) => {
        socket.end(framed("nonsense"));
      }),
      { ok: false, failure: { kind: "not-drachtio" } },
    );
    t.strictSame(await logIn(() => undefined, hurriedMs), { ok: false, failure: { kind: "not-drachtio" } }, "silence");
    t.strictSame(
      await logIn((socket) => {
        socket.destroy();
      }),
      { ok: false, failure: { kind: "no-connection", code: "ECONNRESET" } },
    );
  });
});
