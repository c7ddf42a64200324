import type { Meeting } from "../../../src/simulators/bbb/meetings.js";
import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import { type Certificates, makeCertificates } from "../../../src/simulators/certificates.js";
import type { Owner } from "../../e2e/support/owner.js";
import { type Settings, World, type WorldOptions } from "../../e2e/support/world.js";
import { BbbLike } from "../../engines/bbb-like.js";
import { isReal, type LiveKitSide, startLiveKit } from "./livekit-side.js";

/** einwahl, and a BBB server with LiveKit behind its own FreeSWITCH, as documented. */
export interface LiveKitWorld {
  readonly world: World;
  readonly bbb: SampleBbb;
  readonly livekit: LiveKitSide;
  /** SIP over TLS of the BBB server's FreeSWITCH. */
  readonly nodePort: number;
  /** Creates a meeting with LiveKit audio; resolves when it accepts calls. */
  readonly createMeeting: (settings: Parameters<SampleBbb["createMeeting"]>[0]) => Promise<Meeting>;
  readonly endMeeting: (meetingID: string) => Promise<void>;
}

/** With EINWAHL_TEST_LIVEKIT=real everything is real: LiveKit, and a FreeSWITCH with the files of freeswitch/bbb-node in front of it. */
export async function startLiveKitWorld(owner: Owner, options: WorldOptions = {}): Promise<LiveKitWorld> {
  const certificates = options.certificates ?? (await makeCertificates());
  const started = await startLiveKit(owner, { hidePhoneNumber: true, mediaEncryption: "none" });
  const node = isReal ? await startNode(owner, certificates, started.port ?? 0) : undefined;
  const world = await World.start(owner, {
    ...options,
    certificates,
    livekit: {},
    settings: (settings) => {
      const onFirst = withFirst(settings, (server) => ({
        ...server,
        audio_bridge: "auto",
        ...(node !== undefined && { sip: { ...(server["sip"] as Settings), port: node.sipPort } }),
      }));
      return options.settings?.(onFirst) ?? onFirst;
    },
  });
  const [bbb] = world.bbbs;
  const livekit = started.attach(owner, bbb);
  return {
    world,
    bbb,
    livekit,
    nodePort: node?.sipPort ?? bbb.sipPort,
    createMeeting: async (settings) => {
      const meeting = bbb.createMeeting({ ...settings, audioBridge: "livekit" });
      await livekit.settled();
      return meeting;
    },
    endMeeting: async (meetingID) => {
      await bbb.endMeeting(meetingID);
      await livekit.settled();
    },
  };
}

async function startNode(owner: Owner, certificates: Certificates, livekitPort: number): Promise<BbbLike> {
  const node = await BbbLike.start({ name: "bbb-like", certificates, livekit: `127.0.0.1:${livekitPort}` });
  owner.teardown(() => node.close());
  return node;
}

function withFirst(settings: Settings, change: (server: Settings) => Settings): Settings {
  const servers = settings["bbb_servers"] as readonly Settings[];
  return { ...settings, bbb_servers: servers.map((server, at) => (at === 0 ? change(server) : server)) };
}
