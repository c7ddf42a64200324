import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, isIP, type Server, type Socket } from "node:net";

import { freePort } from "../e2e/support/ports.js";

export type RecordType = "A" | "AAAA" | "SRV";

export interface Question {
  /** In lower case, without the trailing dot. */
  readonly name: string;
  readonly type: RecordType | "other";
  readonly transport: "udp" | "tcp";
}

/** Addresses, or `priority weight port name` of SRV records, with a TTL of 60 s. */
export interface Records {
  readonly records: readonly string[];
  readonly ttl?: number;
}

/** `truncated`: over UDP without records and with TC, so that the client asks over TCP (RFC 1035 section 4.2.1), where `Records` are given. */
export type DnsAnswer = Records | "nxdomain" | "nodata" | "servfail" | "refused" | "silence" | "garbage" | "truncated";

interface Owner {
  teardown(end: () => Promise<void>): void;
}

const types: Readonly<Record<number, RecordType>> = { 1: "A", 28: "AAAA", 33: "SRV" };
const codes = { nodata: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;

/** A DNS server on loopback, UDP and TCP, with the responses of the test. */
export class DnsServer {
  readonly asked: Question[] = [];
  answer: (question: Question) => DnsAnswer;
  readonly address: string;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();
  #closing: Promise<unknown> | undefined;

  private constructor(udp: UdpSocket, tcp: Server, port: number, answer: (question: Question) => DnsAnswer) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.address = `127.0.0.1:${port}`;
    this.answer = answer;
    udp.on("message", (query, { address, port: from }) => {
      const response = this.#respond(query, "udp");
      if (response !== undefined) udp.send(response, from, address);
    });
    tcp.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        // A query fits into one segment on loopback.
        const response = this.#respond(bytes.subarray(2), "tcp");
        if (response !== undefined) socket.write(Buffer.concat([number(response.length, 2), response]));
      });
    });
  }

  static async start(owner: Owner, answer: (question: Question) => DnsAnswer): Promise<DnsServer> {
    const port = await freePort();
    const udp = createSocket("udp4");
    const tcp = createServer();
    await new Promise<void>((resolve) => {
      udp.bind(port, "127.0.0.1", resolve);
    });
    await new Promise<void>((resolve) => {
      tcp.listen(port, "127.0.0.1", resolve);
    });
    const server = new DnsServer(udp, tcp, port, answer);
    owner.teardown(() => server.close());
    return server;
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#closing ??= Promise.all([
      new Promise<void>((resolve) => this.#udp.close(resolve)),
      new Promise((resolve) => this.#tcp.close(resolve)),
    ]);
    await this.#closing;
  }

  #respond(query: Buffer, transport: "udp" | "tcp"): Buffer | undefined {
    const { name, end } = readName(query, 12);
    const question: Question = { name, type: types[query.readUInt16BE(end)] ?? "other", transport };
    this.asked.push(question);
    const answer = this.answer(question);
    if (answer === "silence") return undefined;
    if (answer === "garbage") return Buffer.concat([query.subarray(0, 2), Buffer.from("no DNS message at all")]);
    const records = typeof answer === "string" ? [] : answer.records.map((record) => encode(record, answer.ttl ?? 60));
    const code = typeof answer === "string" && answer !== "truncated" ? codes[answer] : 0;
    // A response (0x8000) with recursion desired and available (0x0180), optionally truncated (0x0200).
    const flags = 0x8180 | (answer === "truncated" ? 0x0200 : 0) | code;
    const header = [
      query.subarray(0, 2),
      number(flags, 2),
      number(1, 2),
      number(records.length, 2),
      number(0, 2),
      number(0, 2),
    ];
    return Buffer.concat([...header, query.subarray(12, end + 4), ...records]);
  }
}

function encode(record: string, ttl: number): Buffer {
  const family = isIP(record);
  if (family === 4) return resource(1, ttl, Buffer.from(record.split(".").map(Number)));
  if (family === 6) return resource(28, ttl, ipv6(record));
  const [priority = "0", weight = "0", port = "0", name = "."] = record.split(" ");
  return resource(
    33,
    ttl,
    Buffer.concat([number(Number(priority), 2), number(Number(weight), 2), number(Number(port), 2), writeName(name)]),
  );
}

/** The owner is the name of the query, by a compression pointer (RFC 1035 section 4.1.4). */
function resource(type: number, ttl: number, data: Buffer): Buffer {
  return Buffer.concat([
    number(0xc00c, 2),
    number(type, 2),
    number(1, 2),
    number(ttl, 4),
    number(data.length, 2),
    data,
  ]);
}

function ipv6(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text
      .split(":")
      .filter((group) => group !== "")
      .map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.concat(all.map((group) => number(group, 2)));
}

function writeName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([number(label.length, 1), Buffer.from(label)])),
    number(0, 1),
  ]);
}

function readName(bytes: Buffer, at: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let next = at;
  for (let length = bytes.readUInt8(next); length > 0; length = bytes.readUInt8(next)) {
    labels.push(bytes.toString("latin1", next + 1, next + 1 + length).toLowerCase());
    next += 1 + length;
  }
  return { name: labels.join("."), end: next + 1 };
}

function number(value: number, bytes: 1 | 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
