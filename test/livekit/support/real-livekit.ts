import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { AccessToken, RoomServiceClient, SipClient } from "livekit-server-sdk";

import type { LiveKitParticipant } from "../../../src/simulators/bbb/livekit/participant.js";
import { metadataOf } from "../../../src/simulators/bbb/livekit/room-metadata.js";
import type { Meeting } from "../../../src/simulators/bbb/meetings.js";
import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import type { Owner } from "../../e2e/support/owner.js";
import { claimUdpPorts, freePort } from "../../e2e/support/ports.js";
import type { Program } from "../../e2e/support/program.js";
import { type EngineProgram, host, listens, startEngine } from "../../engines/engine-program.js";
import { RedisServer } from "../../store/support/redis-server.js";
import type { LiveKitOptions, LiveKitSide, Microphone, StartedLiveKit } from "./livekit-side.js";
import { RealMicrophone } from "./real-microphone.js";

const key = "einwahl-test";
const secret = randomBytes(24).toString("hex");
const rtpPorts = 100;
/** SIPMediaEncryption of livekit/protocol: disable, allow, require. */
const encryption = { none: 0, optional: 1, mandatory: 2 } as const;

interface Trunk {
  readonly trunkId: string;
  readonly ruleId: string;
}

/** livekit-server and livekit-sip from the PATH, with their own Redis, on loopback. */
export class RealLiveKit implements StartedLiveKit {
  readonly port: number;
  readonly #url: string;
  readonly #options: LiveKitOptions;
  readonly #startSip: () => Promise<void>;
  readonly #stopSip: () => Promise<void>;
  readonly #log: () => readonly string[];
  readonly #rooms: RoomServiceClient;
  readonly #sip: SipClient;
  readonly #trunks = new Map<string, Trunk>();
  #webUsers = 0;
  /** BBB's actions, executed one after the other. */
  #work: Promise<void> = Promise.resolve();
  /** Trunks and rules are created after this. */
  #held: Promise<void> = Promise.resolve();

  private constructor(
    port: number,
    serverPort: number,
    options: LiveKitOptions,
    sip: { start: () => Promise<void>; stop: () => Promise<void>; log: () => readonly string[] },
  ) {
    this.port = port;
    this.#url = `${host}:${serverPort}`;
    this.#options = options;
    this.#startSip = sip.start;
    this.#stopSip = sip.stop;
    this.#log = sip.log;
    this.#rooms = new RoomServiceClient(`http://${this.#url}`, key, secret);
    this.#sip = new SipClient(`http://${this.#url}`, key, secret);
  }

  static async start(owner: Owner, options: LiveKitOptions): Promise<RealLiveKit> {
    const redis = await RedisServer.start();
    owner.teardown(() => redis.stop());
    const { port: serverPort, program: server } = await startServer(owner, redis.port);
    const port = await freePort();
    let sip: EngineProgram | undefined;
    const before: string[] = [];
    const start = async (): Promise<void> => {
      sip = await startSip(owner, port, serverPort, redis.port);
    };
    const stop = async (): Promise<void> => {
      before.push(...(sip?.program.lines.past ?? []));
      sip?.program.signal("SIGKILL");
      await sip?.close();
      sip = undefined;
    };
    await start();
    owner.teardown(stop);
    return new RealLiveKit(port, serverPort, options, {
      start,
      stop,
      log: () => [...server.lines.past, ...before, ...(sip?.program.lines.past ?? [])],
    });
  }

  /** From now on the server's meetings have rooms, trunks and rules, created as bbb-webrtc-sfu does. */
  attach(owner: Owner, bbb: SampleBbb): LiveKitSide {
    const stop = bbb.meetings.watch({
      created: (meeting) => {
        if (meeting.audioBridge === "livekit") this.#do(() => this.#open(meeting));
      },
      ended: (meeting) => {
        if (meeting.audioBridge === "livekit") this.#do(() => this.#close(meeting));
      },
    });
    owner.teardown(stop);
    return {
      kind: "real",
      port: this.port,
      callers: async (meeting) => await this.#callers(meeting),
      microphone: async (meeting) => await this.#microphone(owner, meeting),
      remove: async ({ internalMeetingID }, identity) => {
        await this.#rooms.removeParticipant(internalMeetingID, identity);
      },
      holdRules: () => {
        let release: () => void = () => undefined;
        this.#held = new Promise((resolve) => {
          release = resolve;
        });
        return release;
      },
      settled: () => this.#work,
      hasAudioPort: (audio) =>
        this.#log().some(
          (line) => /"port": (\d+)/.exec(line)?.[1] === String(audio) && line.includes("listening for media"),
        ),
      log: () => this.#log(),
      kill: this.#stopSip,
      revive: this.#startSip,
    };
  }

  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
  }

  /** `_handleMeetingCreated` of lib/livekit/livekit-controller.js, with the options of its setting `livekit.sip`. */
  async #open(meeting: Meeting): Promise<void> {
    const { internalMeetingID: roomName, voiceBridge } = meeting;
    const metadata = metadataOf(meeting);
    await this.#rooms.createRoom({
      name: roomName,
      metadata,
      maxParticipants: 0,
      emptyTimeout: 300,
      departureTimeout: 60,
    });
    await this.#held;
    // BBB's configuration uses the name `mediaEncryption`, which LiveKit still accepts.
    const trunkOptions =
      this.#options.mediaEncryption === "none" ? {} : { mediaEncryption: encryption[this.#options.mediaEncryption] };
    const { sipTrunkId: trunkId } = await this.#sip.createSipInboundTrunk(voiceBridge, [voiceBridge], {
      ...trunkOptions,
      metadata,
    });
    const dispatchOptions = this.#options.hidePhoneNumber ? { hidePhoneNumber: true } : {};
    const rule = await this.#sip.createSipDispatchRule(
      { type: "direct", roomName },
      { ...dispatchOptions, trunkIds: [trunkId], metadata, name: `bbb-${roomName}` },
    );
    this.#trunks.set(roomName, { trunkId, ruleId: rule.sipDispatchRuleId });
  }

  /** `_handleMeetingEnded`. */
  async #close({ internalMeetingID: roomName }: Meeting): Promise<void> {
    await this.#rooms.deleteRoom(roomName);
    const trunk = this.#trunks.get(roomName);
    this.#trunks.delete(roomName);
    if (trunk === undefined) return;
    await this.#sip.deleteSipDispatchRule(trunk.ruleId);
    await this.#sip.deleteSipTrunk(trunk.trunkId);
  }

  async #callers({ internalMeetingID }: Meeting): Promise<readonly LiveKitParticipant[]> {
    const all = await this.#rooms.listParticipants(internalMeetingID);
    return all
      .filter(({ identity }) => identity.startsWith("sip_"))
      .map(({ identity, name, attributes, metadata }) => ({ identity, name, attributes, metadata }));
  }

  async #microphone(owner: Owner, { internalMeetingID: room }: Meeting): Promise<Microphone> {
    this.#webUsers += 1;
    const identity = `w_${this.#webUsers}`;
    const token = new AccessToken(key, secret, { identity, name: "Ada Lovelace", ttl: 600 });
    token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
    const microphone = await RealMicrophone.join(`ws://${this.#url}`, await token.toJwt());
    owner.teardown(() => microphone.leave());
    return microphone;
  }
}

async function startServer(
  owner: Owner,
  redisPort: number,
): Promise<{ readonly port: number; readonly program: Program }> {
  let port = 0;
  const server = await startEngine("livekit-server", async (folder) => {
    port = await freePort();
    const rtc = await claimUdpPorts(owner, rtpPorts);
    const settings = {
      port,
      bind_addresses: [host],
      rtc: {
        tcp_port: 0,
        port_range_start: rtc,
        port_range_end: rtc + rtpPorts - 1,
        use_external_ip: false,
        node_ip: host,
        enable_loopback_candidate: true,
      },
      redis: { address: `${host}:${redisPort}` },
      keys: { [key]: secret },
      logging: { level: "info", json: true },
    };
    await writeFile(join(folder, "livekit.yaml"), JSON.stringify(settings));
    return {
      command: "livekit-server",
      args: ["--config", join(folder, "livekit.yaml")],
      env: {},
      isReady: () => listens(port),
    };
  });
  owner.teardown(() => server.close());
  return { port, program: server.program };
}

/** BBB's livekit-sip.yaml, on other ports; `nat_1_to_1_ip` makes it advertise loopback, which it otherwise does not use. */
async function startSip(owner: Owner, port: number, serverPort: number, redisPort: number): Promise<EngineProgram> {
  return await startEngine("livekit-sip", async (folder) => {
    const rtp = await claimUdpPorts(owner, rtpPorts);
    const settings = {
      api_key: key,
      api_secret: secret,
      ws_url: `ws://${host}:${serverPort}`,
      redis: { address: `${host}:${redisPort}` },
      sip_port: port,
      rtp_port: `${rtp}-${rtp + rtpPorts - 1}`,
      use_external_ip: false,
      nat_1_to_1_ip: host,
      listen_ip: host,
      // BBB's own patch; other builds ignore it and ring until they receive audio.
      no_pin_wait_for_subscribe: false,
      logging: { level: "debug" },
    };
    await writeFile(join(folder, "livekit-sip.yaml"), JSON.stringify(settings));
    return {
      command: "livekit-sip",
      args: ["--config", join(folder, "livekit-sip.yaml")],
      env: {},
      isReady: () => listens(port),
    };
  });
}
