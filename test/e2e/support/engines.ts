import type { Certificates } from "../../../src/simulators/certificates.js";

/** Resource counts by name; all but `connections` are 0 without calls. */
export type Counts = Readonly<Record<string, number>>;

/** A SIP server and a media server for einwahl. */
export interface Engines {
  readonly kind: "embedded" | "real";
  readonly control: { readonly host: string; readonly port: number; readonly secret: string };
  readonly eventSocket: { readonly host: string; readonly port: number; readonly password: string };
  /** The address on which drachtio accepts calls. */
  readonly sip: { readonly udp: number; readonly tcp: number; readonly tls: number };
  counts(): Promise<Counts>;
  /** Ends drachtio at once: it sends nothing, and forgets its dialogs. */
  killDrachtio(): Promise<void>;
  /** Starts it again on the same ports. */
  restartDrachtio(): Promise<void>;
  close(): Promise<void>;
}

/** Differences from the defaults of freeswitch/conf/vars.xml. */
export interface MediaTuning {
  readonly bbbMediaTimeoutSec?: number;
  /** einwahl's addresses, to which the media server connects; default 127.0.0.1. */
  readonly controlHosts?: readonly string[];
}

export interface EngineTuning extends MediaTuning {
  /** The address on which drachtio accepts trunks over TLS; default 127.0.0.1. */
  readonly trunkAddress?: "127.0.0.1" | "::1";
}

export type StartEngines = (certificates: Certificates, soundsDirectory: string) => Promise<Engines>;

/** The simulators; with EINWAHL_TEST_ENGINES=real drachtio-server and FreeSWITCH from the PATH. */
export async function startEngines(
  certificates: Certificates,
  soundsDirectory: string,
  { trunkAddress = "127.0.0.1", ...tuning }: EngineTuning = {},
): Promise<Engines> {
  if (process.env["EINWAHL_TEST_ENGINES"] === "real") {
    const { bbbMediaTimeoutSec, controlHosts } = tuning;
    const { startRealEngines } = await import("../../engines/real-engines.js");
    return await startRealEngines(
      certificates,
      soundsDirectory,
      {
        ...(bbbMediaTimeoutSec !== undefined && { EINWAHL_FS_BBB_MEDIA_TIMEOUT_S: String(bbbMediaTimeoutSec) }),
        ...(controlHosts !== undefined && { EINWAHL_FS_CONTROL_HOSTS: controlHosts.join(" ") }),
      },
      trunkAddress,
    );
  }
  const { startEmbeddedEngines } = await import("./embedded-engines.js");
  return await startEmbeddedEngines(certificates, soundsDirectory, tuning, trunkAddress);
}

export function prefixed(name: string, counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([key, value]) => [`${name}.${key}`, value]));
}
