import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import type { LiveKitOptions, LiveKitSide, StartedLiveKit } from "./livekit-side.js";

/** The simulated LiveKit of the sample BBB. */
export function simulated(options: LiveKitOptions): StartedLiveKit {
  return { port: undefined, attach: (_owner, bbb) => attached(bbb, options) };
}

function attached(bbb: SampleBbb, { hidePhoneNumber, mediaEncryption }: LiveKitOptions): LiveKitSide {
  bbb.livekit.hidePhoneNumber = hidePhoneNumber;
  bbb.livekit.mediaEncryption = mediaEncryption;
  bbb.voice.livekit = "installed";
  return {
    kind: "simulator",
    port: bbb.livekit.port,
    callers: ({ voiceBridge }) => Promise.resolve(bbb.livekit.participants(voiceBridge)),
    microphone: ({ voiceBridge }) => {
      bbb.livekit.openMicrophone(voiceBridge);
      return Promise.resolve({
        playTone: (hz) => {
          bbb.playTone(voiceBridge, hz);
        },
        stopTone: () => {
          bbb.stopTone(voiceBridge);
        },
        hears: async (hz, ms) => (await bbb.waitForTone({ voiceBridge }, hz, ms)) !== undefined,
      });
    },
    remove: async (_meeting, identity) => {
      await bbb.livekit.remove(identity);
    },
    holdRules: () => {
      bbb.livekit.hasRules = false;
      return () => {
        bbb.livekit.hasRules = true;
      };
    },
    settled: () => Promise.resolve(),
    hasAudioPort: () => false,
    log: () => bbb.livekit.invites,
    kill: () => bbb.livekit.down(),
    revive: () => bbb.livekit.up(),
  };
}
