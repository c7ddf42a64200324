import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";

import t, { type Test } from "tap";

import { BbbApi, type BbbApiOptions } from "../../src/bbb/api-client.js";
import { exchangeFault } from "../../src/bbb/api-exchange.js";
import { freePort } from "../e2e/support/ports.js";
import { FakeClock } from "../support/fake-clock.js";

const secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";
const noMeetings = "<response><returncode>SUCCESS</returncode><meetings/></response>";
const oneMeeting =
  "<response><returncode>SUCCESS</returncode><meetings><meeting><internalMeetingID>a-1</internalMeetingID><voiceBridge>00042</voiceBridge></meeting></meetings></response>";

/** A BBB server on a free loopback port; closed after the test. */
async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/bigbluebutton/`;
}

function api(url: string, changes: Partial<BbbApiOptions> = {}): BbbApi {
  return new BbbApi({ url, secret, algorithm: "sha256", answerTimeoutMs: 5_000, ...changes });
}

async function faultOf(asked: BbbApi): Promise<string> {
  const answer = await asked.getMeetings();
  return answer.ok ? `${answer.value.meetings.length} meetings` : answer.failure;
}

await t.test("asks with the right checksum and reads the meetings", async (t) => {
  const asked: string[] = [];
  const url = await serve(t, (request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("Content-Type", "text/xml;charset=utf-8").end(oneMeeting);
  });
  for (const algorithm of ["sha1", "sha256", "sha384", "sha512"] as const) {
    const answer = await api(url, { algorithm }).getMeetings();
    t.ok(answer.ok);
    if (!answer.ok) return;
    t.strictSame(
      answer.value.meetings.map(({ meetingId, voiceBridge }) => [meetingId, voiceBridge.reveal()]),
      [["a-1", "00042"]],
    );
    t.equal(
      asked.at(-1),
      `/bigbluebutton/api/getMeetings?checksum=${createHash(algorithm).update(`getMeetings${secret}`).digest("hex")}`,
    );
  }
});

await t.test("takes the address as bbb-conf prints it, with and without /api", async (t) => {
  const paths = new Set<string>();
  const url = await serve(t, (request, response) => {
    paths.add((request.url ?? "").split("?", 1).join(""));
    response.end(noMeetings);
  });
  for (const ending of ["", "/", "/api", "/api/", "/api//"])
    t.equal(await faultOf(api(`${url.slice(0, -1)}${ending}`)), "0 meetings");
  t.strictSame([...paths], ["/bigbluebutton/api/getMeetings"]);
});

await t.test("chunks in the middle of a character", async (t) => {
  const bytes = Buffer.from(oneMeeting.replace("<meetings>", "<meetings><!-- Jürgen Größe 会議 -->"));
  const url = await serve(t, (_request, response) => {
    for (const byte of bytes) response.write(Buffer.of(byte));
    response.end();
  });
  t.equal(await faultOf(api(url)), "1 meetings");
});

await t.test("another status than 200", async (t) => {
  for (const status of [201, 204, 400, 401, 403, 404, 500, 502, 503]) {
    const url = await serve(t, (_request, response) => {
      response.statusCode = status;
      response.end(status === 204 ? undefined : oneMeeting);
    });
    t.equal(await faultOf(api(url)), `HTTP status ${status}`);
  }
});

await t.test("a redirect is not followed: the checksum would go with it", async (t) => {
  let followed = 0;
  const elsewhere = await serve(t, (_request, response) => {
    followed += 1;
    response.end(oneMeeting);
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const url = await serve(t, (request, response) => {
      response.statusCode = status;
      response.setHeader("Location", `${elsewhere}${request.url ?? ""}`).end();
    });
    t.equal(
      await faultOf(api(url)),
      `HTTP status ${status}: redirects are not followed; set api_url to the target address`,
    );
  }
  t.equal(followed, 0);
});

await t.test(
  "a server that accepts connections but does not respond is distinguished from a missing one, in each stage",
  async (t) => {
    const slow: readonly (readonly [fault: RegExp, answer: (response: ServerResponse) => void])[] = [
      [/^it accepts connections, but sends no answer/, () => undefined],
      [
        /^its answer does not come to an end/,
        (response) => {
          response.flushHeaders();
        },
      ],
      [
        /^its answer does not come to an end/,
        (response) => {
          response.write(oneMeeting.slice(0, 30));
        },
      ],
      [
        /^its answer does not come to an end/,
        (response) => {
          const dripping = setInterval(() => {
            response.write(" ");
          }, 20);
          response.on("close", () => {
            clearInterval(dripping);
          });
        },
      ],
    ];
    for (const [row, [fault, answer]] of slow.entries()) {
      const url = await serve(t, (_request, response) => {
        answer(response);
      });
      t.match(await faultOf(api(url, { answerTimeoutMs: 300 })), fault, `row ${row}`);
    }
    const mute = createTcpServer((socket) => {
      socket.on("error", () => undefined);
    });
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    t.match(
      await faultOf(api(`http://127.0.0.1:${port}/`, { answerTimeoutMs: 300 })),
      /^it accepts connections, but sends no answer/,
      "no HTTP either",
    );
    t.match(
      await faultOf(api(`https://127.0.0.1:${port}/`, { answerTimeoutMs: 300 })),
      /^it accepts connections, but does not finish the TLS handshake/,
    );
    mute.close();
    await t.test("with a full backlog", async (t) => {
      // Linux then drops the SYN, like a firewall; a stopped process accepts no connection.
      const { Worker } = await import("node:worker_threads");
      const busy = new Worker(
        `
      const { createServer } = require("node:net");
      const { parentPort } = require("node:worker_threads");
      const server = createServer();
      server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
        parentPort.postMessage(server.address().port);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`,
        { eval: true },
      );
      t.teardown(() => busy.terminate());
      const [full] = (await once(busy, "message")) as [number];
      const sockets: Socket[] = [];
      t.teardown(() => {
        for (const socket of sockets) socket.destroy();
      });
      for (let isTaken = true; isTaken && sockets.length < 8;) {
        const socket = connect({ host: "127.0.0.1", port: full });
        sockets.push(socket);
        isTaken = await once(socket, "connect", { signal: AbortSignal.timeout(300) }).then(
          () => true,
          () => false,
        );
      }
      t.match(
        await faultOf(api(`http://127.0.0.1:${full}/`, { answerTimeoutMs: 500 })),
        /^the host does not answer \(connect timeout\)$/,
      );
    });
  },
);

await t.test("an endless body is aborted, and the connection closed", async (t) => {
  let hasNoticed: () => void = () => undefined;
  const noticed = new Promise<void>((resolve) => {
    hasNoticed = resolve;
  });
  let sent = 0;
  const chunk = Buffer.alloc(256 * 1024, "x");
  const url = await serve(t, (request: IncomingMessage, response) => {
    request.socket.on("close", hasNoticed);
    const pour = (): void => {
      while (!response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) break;
      }
    };
    response.on("drain", pour);
    pour();
  });
  t.equal(await faultOf(api(url, { answerTimeoutMs: 60_000 })), "the response is too large");
  await noticed;
  t.ok(sent < 64 * 1024 * 1024, `${sent} bytes`);
});

await t.test("a decompression bomb is limited after decompression", async (t) => {
  const { gzipSync } = await import("node:zlib");
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, "x"));
  const url = await serve(t, (_request, response) => {
    response.setHeader("Content-Encoding", "gzip").end(bomb);
  });
  t.equal(await faultOf(api(url, { answerTimeoutMs: 60_000 })), "the response is too large");
});

await t.test("connections that break", async (t) => {
  const breaking: readonly ((socket: Socket) => void)[] = [
    (socket) => {
      socket.resetAndDestroy();
    },
    (socket) => {
      socket.end();
    },
    (socket) => {
      socket.once("data", () => {
        socket.resetAndDestroy();
      });
    },
    (socket) => {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<response>");
    },
    (socket) => {
      socket.end("SSH-2.0-OpenSSH_9.2\r\n");
    },
    (socket) => {
      socket.end(`HTTP/1.1 200 OK\r\n${"X-Y: z\r\n".repeat(100_000)}\r\n`);
    },
  ];
  for (const [row, answer] of breaking.entries()) {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      answer(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const fault = await faultOf(api(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
    t.notMatch(fault, /meetings$/, `row ${row}`);
    t.not(fault, "", `row ${row} has a reason`);
    t.notMatch(fault, /[\r\n]|[0-9a-f]{40}/, `row ${row} is one line without the checksum`);
    server.close();
  }
});

await t.test("unreachable, by address and by name", async (t) => {
  const port = await freePort();
  for (const host of ["127.0.0.1", "localhost"]) {
    const fault = await faultOf(api(`http://${host}:${port}/bigbluebutton/`));
    t.match(fault, /ECONNREFUSED/);
    t.notMatch(fault, /checksum|[0-9a-f]{40}/);
  }
});

await t.test("a refusal by the API is reported by its key", async (t) => {
  const url = await serve(t, (_request, response) => {
    response.end(
      "<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey><message>You did not pass the checksum security check</message></response>",
    );
  });
  t.equal(await faultOf(api(url)), "the API refused: checksumError");
});

await t.test("faults in words: errors with a code, and those with a message only", (t) => {
  // Node's error for a name with an IPv4 and an IPv6 address; not every localhost has both.
  t.equal(exchangeFault("ECONNREFUSED"), "nothing listens on that port (ECONNREFUSED)");
  t.equal(exchangeFault("HPE_INVALID_CONSTANT"), "HPE_INVALID_CONSTANT");
  t.equal(exchangeFault("no route for +49 151 12345678"), "no route for [number]");
  t.end();
});

await t.test("creates and ends a meeting", async (t) => {
  const asked: string[] = [];
  let says =
    "<response><returncode>SUCCESS</returncode><meetingID>a b</meetingID><voiceBridge>00042</voiceBridge></response>";
  const url = await serve(t, (request, response) => {
    asked.push(request.url ?? "");
    response.end(says);
  });
  const created = await api(url).create({ meetingID: "a b", name: "Größe", voiceBridge: "00042" });
  t.ok(created.ok);
  if (created.ok)
    t.strictSame(
      [...created.value],
      [
        ["returncode", "SUCCESS"],
        ["meetingID", "a b"],
        ["voiceBridge", "00042"],
      ],
    );
  const query = "meetingID=a+b&name=Gr%C3%B6%C3%9Fe&voiceBridge=00042";
  t.equal(
    asked[0],
    `/bigbluebutton/api/create?${query}&checksum=${createHash("sha256").update(`create${query}${secret}`).digest("hex")}`,
  );
  await api(url).end("a b", "p&w");
  t.match(asked[1], /^\/bigbluebutton\/api\/end\?meetingID=a\+b&password=p%26w&checksum=[0-9a-f]{64}$/);
  for (const [answer, failure] of [
    [
      "<response><returncode>FAILED</returncode><messageKey>notFound</messageKey><message>room of Jane</message></response>",
      "the API refused: notFound",
    ],
    [
      "<response><returncode>FAILED</returncode><messageKey>Jane Doe 4711</messageKey></response>",
      "the API refused: without a reason",
    ],
    [
      "<response><returncode>FAILED</returncode><errors><error><key>nonUniqueVoiceBridge</key><message>The selected voice bridge is already in use.</message></error></errors></response>",
      "the API refused: nonUniqueVoiceBridge",
    ],
    [
      '<response><returncode>FAILED</returncode><errors><error key="nonUniqueVoiceBridge" message="The selected voice bridge is already in use."/></errors></response>',
      "the API refused: nonUniqueVoiceBridge",
    ],
    ["<html><body>Sign in</body></html>", "the response is not from a BBB API"],
    ["", "the response is not from a BBB API"],
    [`<response><returncode>SUCCESS</returncode>${" ".repeat(70_000)}</response>`, "the response is too large"],
  ] as const) {
    says = answer;
    t.strictSame(await api(url).end("a", "b"), { ok: false, failure });
  }
});

/** A server that answers each request by hand; requests and connections are counted from 1. */
async function serveRaw(
  t: Test,
  answer: (socket: Socket, request: number, connection: number) => void,
): Promise<string> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    const connection = ++connections;
    let requests = 0;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => {
      answer(socket, ++requests, connection);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/bigbluebutton/`;
}

const rawAnswer = `HTTP/1.1 200 OK\r\nContent-Length: ${noMeetings.length}\r\n\r\n${noMeetings}`;

await t.test("polls one after the other share a connection for a minute", async (t) => {
  const used = new Set<number>();
  const url = await serveRaw(t, (socket, _request, connection) => {
    used.add(connection);
    socket.write(rawAnswer);
  });
  const clock = new FakeClock();
  const asking = api(url, { clock });
  for (let polls = 0; polls < 20; polls++) t.equal(await faultOf(asking), "0 meetings");
  t.equal(used.size, 1);
  await clock.advance(60_000);
  t.equal(await faultOf(asking), "0 meetings");
  t.equal(used.size, 2);
});

await t.test("a kept connection that the server closes at the next request is no fault", async (t) => {
  const heard: string[] = [];
  const url = await serveRaw(t, (socket, request, connection) => {
    heard.push(`${connection}.${request}`);
    if (request === 1) socket.write(rawAnswer);
    else socket.resetAndDestroy();
  });
  const asking = api(url);
  t.equal(await faultOf(asking), "0 meetings");
  t.equal(await faultOf(asking), "0 meetings");
  t.strictSame(heard, ["1.1", "1.2", "2.1"]);
});

await t.test("a new connection that the server closes is a fault, and asked once only", async (t) => {
  let heard = 0;
  const url = await serveRaw(t, (socket) => {
    heard += 1;
    socket.resetAndDestroy();
  });
  t.match(await faultOf(api(url)), /ECONNRESET/);
  t.equal(heard, 1);
});

await t.test("a kept connection that breaks within the response is a fault", async (t) => {
  let heard = 0;
  const url = await serveRaw(t, (socket, request) => {
    heard += 1;
    if (request === 1) socket.write(rawAnswer);
    else socket.end(rawAnswer.slice(0, -5));
  });
  const asking = api(url);
  t.equal(await faultOf(asking), "0 meetings");
  t.match(await faultOf(asking), /ECONNRESET|aborted/i);
  t.equal(heard, 2);
});

await t.test("a kept connection without an answer times out, and the next poll uses a new one", async (t) => {
  const url = await serveRaw(t, (socket, request) => {
    if (request === 1) socket.write(rawAnswer);
  });
  const asking = api(url, { answerTimeoutMs: 500 });
  t.equal(await faultOf(asking), "0 meetings");
  t.match(await faultOf(asking), /answer timeout/);
  t.equal(await faultOf(asking), "0 meetings");
});

await t.test("create and end never use a kept connection: they may not arrive twice", async (t) => {
  const used: number[] = [];
  const created = "<response><returncode>SUCCESS</returncode><meetingID>a</meetingID></response>";
  const url = await serveRaw(t, (socket, _request, connection) => {
    used.push(connection);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${created.length}\r\n\r\n${created}`);
  });
  const asking = api(url);
  t.ok((await asking.create({ meetingID: "a" })).ok);
  t.ok((await asking.end("a", "b")).ok);
  t.strictSame(used, [1, 2]);
});
