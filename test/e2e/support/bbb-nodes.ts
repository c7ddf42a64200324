import type { LiveKitSettings } from "../../../src/simulators/bbb/livekit/livekit-sip.js";
import { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import type { Certificates } from "../../../src/simulators/certificates.js";
import type { SrtpPolicy } from "../../../src/softphone/rtp/media-session.js";
import type { Owner } from "./owner.js";

const address = "127.0.0.1";
export const bbbSecret = "test-bbb-secret";

/** One conference on each of two servers; one PIN begins with a significant zero. */
export const conferences = [
  { pin: "12345", name: "Lecture" },
  { pin: "04711", name: "Staff meeting" },
] as const;

export interface BbbsOptions {
  readonly srtp: SrtpPolicy;
  /** LiveKit settings of both; default: no LiveKit. */
  readonly livekit?: LiveKitSettings;
}

/** Two BBB servers with these conferences. */
export async function startBbbs(
  owner: Owner,
  certificates: Certificates,
  options: BbbsOptions,
): Promise<readonly [SampleBbb, SampleBbb]> {
  return [await startBbb(owner, 0, certificates, options), await startBbb(owner, 1, certificates, options)];
}

async function startBbb(
  owner: Owner,
  index: 0 | 1,
  { key, cert }: Certificates,
  options: BbbsOptions,
): Promise<SampleBbb> {
  const bbb = await SampleBbb.start({
    name: `bbb-${index + 1}`,
    http: { address, port: 0 },
    secret: bbbSecret,
    sip: { address, port: 0 },
    tls: { key, cert },
    ...options,
  });
  owner.teardown(() => bbb.close());
  const { pin, name } = conferences[index];
  bbb.createMeeting({ meetingID: name, name, voiceBridge: pin });
  return bbb;
}
