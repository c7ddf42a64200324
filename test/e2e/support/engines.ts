import type { Certificates } from "../../../src/simulators/certificates.js";

/** What there is by name; everything but `connections` is 0 without calls. */
export type Counts = Readonly<Record<string, number>>;

/** A SIP server and a media server that einwahl can use. */
export interface Engines {
  readonly kind: "embedded" | "real";
  readonly control: { readonly host: string; readonly port: number; readonly secret: string };
  readonly eventSocket: { readonly host: string; readonly port: number; readonly password: string };
  /** Where drachtio takes calls. */
  readonly sip: { readonly udp: number; readonly tcp: number; readonly tls: number };
  counts(): Promise<Counts>;
  close(): Promise<void>;
}

/** What differs from the defaults of freeswitch/conf/vars.xml. */
export interface MediaTuning {
  readonly bbbMediaTimeoutSec?: number;
}

export interface EngineTuning extends MediaTuning {
  /** Where drachtio meets trunks over TLS; default 127.0.0.1. */
  readonly trunkAddress?: "127.0.0.1" | "::1";
}

export type StartEngines = (certificates: Certificates, soundsDirectory: string) => Promise<Engines>;

/** The embedded engines; with EINWAHL_TEST_ENGINES=real drachtio-server and FreeSWITCH from the PATH. */
export async function startEngines(
  certificates: Certificates,
  soundsDirectory: string,
  { trunkAddress = "127.0.0.1", ...tuning }: EngineTuning = {},
): Promise<Engines> {
  if (process.env["EINWAHL_TEST_ENGINES"] === "real") {
    const { startRealEngines } = await import("../../engines/real-engines.js");
    return await startRealEngines(
      certificates,
      soundsDirectory,
      tuning.bbbMediaTimeoutSec === undefined
        ? {}
        : { EINWAHL_FS_BBB_MEDIA_TIMEOUT_S: String(tuning.bbbMediaTimeoutSec) },
      trunkAddress,
    );
  }
  const { startEmbeddedEngines } = await import("./embedded-engines.js");
  return await startEmbeddedEngines(certificates, soundsDirectory, tuning, trunkAddress);
}

export function prefixed(name: string, counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([key, value]) => [`${name}.${key}`, value]));
}
