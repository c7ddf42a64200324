import type { LiveKitParticipant } from "../../../src/simulators/bbb/livekit/participant.js";
import type { Meeting } from "../../../src/simulators/bbb/meetings.js";
import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import type { SrtpPolicy } from "../../../src/softphone/rtp/media-session.js";
import type { Owner } from "../../e2e/support/owner.js";

/** An operator's settings for livekit-sip. */
export interface LiveKitOptions {
  readonly hidePhoneNumber: boolean;
  readonly mediaEncryption: SrtpPolicy;
}

/** A participant in the browser with a microphone. */
export interface Microphone {
  playTone(hz: number): void;
  stopTone(): void;
  /** True once it has heard a caller's tone for 300 ms; false after the timeout. */
  hears(hz: number, ms: number): Promise<boolean>;
}

/** LiveKit of one BBB server, simulated or real: rooms, callers, and BBB's actions there. */
export interface LiveKitSide {
  readonly kind: "simulator" | "real";
  /** Of livekit-sip, UDP and TCP on loopback. */
  readonly port: number;
  /** The callers in the meeting's room. */
  callers(meeting: Meeting): Promise<readonly LiveKitParticipant[]>;
  microphone(meeting: Meeting): Promise<Microphone>;
  /** A moderator removes a caller. */
  remove(meeting: Meeting, identity: string): Promise<void>;
  /** BBB creates no trunks and rules until the returned function is called. */
  holdRules(): () => void;
  /** Resolves when rooms, trunks and rules match the meetings: bbb-webrtc-sfu takes a moment. */
  settled(): Promise<void>;
  /** Whether a UDP port is one of livekit-sip's RTP ports, where packets are expected to be decrypted. Unknown for the simulator. */
  hasAudioPort(port: number): boolean;
  /** Log lines of livekit-sip and livekit-server about callers; of the simulator: the INVITEs, whose From and Call-ID they log. */
  log(): readonly string[];
  /** livekit-sip crashes. */
  kill(): Promise<void>;
  /** Restarts it. */
  revive(): Promise<void>;
}

/** The variant selected by EINWAHL_TEST_LIVEKIT=real, or the simulator. */
export const isReal = process.env["EINWAHL_TEST_LIVEKIT"] === "real";

/** Can be attached to a sample BBB server, whose meetings it then serves. */
export interface StartedLiveKit {
  readonly port: number | undefined;
  attach(owner: Owner, bbb: SampleBbb): LiveKitSide;
}

/** The real programs from the PATH; undefined for the simulator, which is part of the sample BBB. */
export async function startLiveKit(owner: Owner, options: LiveKitOptions): Promise<StartedLiveKit> {
  if (isReal) {
    const { RealLiveKit } = await import("./real-livekit.js");
    return await RealLiveKit.start(owner, options);
  }
  const { simulated } = await import("./simulated-livekit.js");
  return simulated(options);
}
