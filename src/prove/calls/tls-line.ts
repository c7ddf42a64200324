import type { Buffer } from "node:buffer";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

import type { TestPhoneOptions } from "../../softphone/test-phone.js";
import { ByteStream } from "../../util/byte-stream.js";
import type { Clock } from "../../util/clock.js";
import { type Result, success } from "../../util/result.js";
import { answerTimeoutMs } from "../place.js";

/** The encryption of the signalling. */
export interface TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Sends raw SIP over a separate connection and returns the status of the first response; the failure is the reason why there is none. */
export async function sendRaw(
  { host, port }: Target,
  tls: TestPhoneOptions["tls"],
  message: string,
  clock: Clock,
): Promise<Result<{ readonly status: number; readonly tls: TlsFacts }, string>> {
  const socket = connectTls({
    host,
    port,
    rejectUnauthorized: tls?.verify !== false,
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.serverName !== undefined && { servername: tls.serverName }),
  });
  const connected = await ByteStream.connect(socket, "secureConnect", clock, answerTimeoutMs);
  if (!connected.ok) return connected;
  const facts = { protocol: socket.getProtocol() ?? "?", cipher: socket.getCipher().name };
  try {
    connected.value.write(message);
    const answer = await connected.value.read(takeStatus, answerTimeoutMs);
    return answer.ok ? success({ status: answer.value, tls: facts }) : answer;
  } finally {
    connected.value.close();
  }
}

/** Whether the address accepts TCP connections. */
export async function listensPlain({ host, port }: Target, clock: Clock): Promise<boolean> {
  const connected = await ByteStream.connect(connectTcp({ host, port }), "connect", clock, answerTimeoutMs);
  if (connected.ok) connected.value.close();
  return connected.ok;
}

function takeStatus(bytes: Buffer): { readonly value: number; readonly bytes: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const status = /^SIP\/2\.0 (\d{3}) /i.exec(bytes.toString("latin1", 0, end));
  return { value: Number(status?.[1] ?? 0), bytes: end + 4 };
}
