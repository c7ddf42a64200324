import { connect } from "node:tls";

import { bbbCallFindings, type TrialCaller } from "../../src/check/bbb-call.js";
import type { Finding } from "../../src/check/check.js";
import { ByteStream } from "../../src/util/byte-stream.js";
import { type Clock, systemClock } from "../../src/util/clock.js";

const connectTimeoutMs = 15_000;
const host = "127.0.0.1";

/** The result of `einwahl check` for a call to a BBB server on loopback, over TLS. */
export async function trialCall(
  port: number,
  caller: Partial<TrialCaller> = {},
  clock: Clock = systemClock,
): Promise<Finding> {
  const stream = await ByteStream.connect(
    connect({ host, port, rejectUnauthorized: false }),
    "secureConnect",
    clock,
    connectTimeoutMs,
  );
  if (!stream.ok) throw new Error(stream.failure);
  const [found] = await bbbCallFindings(
    stream.value,
    "sip",
    { host, port, transport: "tls" },
    { name: "Anonym", isLocal: true, mayBePlain: false, ...caller },
    clock,
  );
  stream.value.close();
  if (found === undefined) throw new Error("nothing found");
  return found;
}
