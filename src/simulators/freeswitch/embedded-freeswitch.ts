import { createHash, randomBytes, randomUUID } from "node:crypto";

import { MediaSession } from "../../softphone/rtp/media-session.js";
import { Pacer } from "../../softphone/rtp/pacer.js";
import { SipUserAgent } from "../../softphone/sip/index.js";
import { type Clock, systemClock } from "../../util/clock.js";
import { within } from "../../util/wait.js";
import { ApiCommands } from "./api.js";
import { makeApplications } from "./applications/registry.js";
import { takeCall } from "./caller-leg.js";
import { ChannelTable } from "./channel-table.js";
import type { Engine, SipProfile } from "./engine.js";
import { EventBus } from "./event-bus.js";
import { EventServer } from "./event-server.js";
import type { EventSocket } from "./event-socket.js";
import { startHeartbeat } from "./heartbeat.js";
import { SoundLibrary } from "./sound-library.js";
import { Strain } from "./strain.js";

export interface EmbeddedFreeSwitchOptions {
  readonly eventSocket: {
    readonly address: string;
    /** 0: chosen by the system. */ readonly port: number;
    readonly password: string;
  };
  /** The profile `drachtio_mrf`, UDP. */
  readonly sip: { readonly address: string; readonly port: number };
  readonly rtp: {
    readonly address: string;
    readonly portRange?: readonly [number, number];
    readonly advertisedAddress?: string;
  };
  /** The profile `bbb`, TLS only, for outgoing calls. */
  readonly tls: { readonly ca?: string; readonly verify?: boolean; readonly key?: string; readonly cert?: string };
  /** Base of relative sound paths. */
  readonly soundsDir?: string;
  /** RTP timeout of a leg to a BBB server in seconds; default 15. */
  readonly bbbMediaTimeoutSec?: number;
  /** Maximum concurrent channels, both legs counted; default 1000. */
  readonly maxSessions?: number;
  /** Channels created per second; default 200, as in freeswitch/conf/vars.xml. */
  readonly sessionsPerSecond?: number;
  /** Default 20 s. */
  readonly heartbeatMs?: number;
  /** Allowed application hosts for channels, as in EINWAHL_FS_CONTROL_HOSTS; default 127.0.0.1. */
  readonly controlHosts?: readonly string[];
  /** Default: the key that `freeswitch/start.sh` derives from the password. "": no key, all INVITEs are rejected. */
  readonly key?: string;
  /** The announced version; does not change the behaviour. */
  readonly version?: string;
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Buffer;
  /** Called for every unsupported request. */
  readonly onUnsupported?: (what: string) => void;
}

const defaultSessions = 1000;
const defaultPerSecond = 200;
const defaultHeartbeatMs = 20_000;
const maxRemembered = 100;
/** Timeout of a channel's end during `close`, ms. */
const closeTimeoutMs = 2000;
/** The version of the simulated FreeSWITCH. */
const version = "1.10.12-embedded";

/**
 * A small media server that speaks FreeSWITCH's event socket, for the demo and the tests: drachtio-fsmrf and esl-lite
 * work with it unmodified. Unsupported requests are rejected and recorded in `unsupported`. Not for production.
 */
export class EmbeddedFreeSwitch {
  readonly #engine: Engine;
  readonly #events: EventServer;
  readonly #stopHeartbeat: () => void;
  readonly #state: SharedState;

  private constructor(engine: Engine, events: EventServer, state: SharedState, stopHeartbeat: () => void) {
    this.#engine = engine;
    this.#events = events;
    this.#state = state;
    this.#stopHeartbeat = stopHeartbeat;
  }

  /** Rejects if a port is in use. */
  static async start(o: EmbeddedFreeSwitchOptions): Promise<EmbeddedFreeSwitch> {
    const state = new SharedState(o.onUnsupported);
    const profiles = await openProfiles(o);
    const { engine, api } = makeEngine(o, profiles, state);
    const [incoming] = profiles;
    incoming.agent.onInvite = (invite) => {
      engine.inBackground(takeCall(invite, { engine, api, profile: incoming, sockets: state.sockets }));
    };
    const events = await EventServer.listen({ engine, api, ...o.eventSocket }).catch(async (error: unknown) => {
      await closeProfiles(profiles);
      throw error;
    });
    return new EmbeddedFreeSwitch(engine, events, state, startHeartbeat(engine, o.heartbeatMs ?? defaultHeartbeatMs));
  }

  get eventSocketPort(): number {
    return this.#events.port;
  }

  /** Port of the profile drachtio_mrf. */
  get sipPort(): number {
    return this.#engine.profiles[0]?.port ?? 0;
  }

  /** How busy its host is; a test may change it. */
  get strain(): Pick<Strain, "idlePercent" | "delayMs"> {
    return this.#engine.strain;
  }

  /** The first hundred unsupported requests. */
  get unsupported(): readonly string[] {
    return this.#state.unsupported;
  }

  /** For leak checks. `sockets`: outbound connections to applications, one per channel; `controls`: inbound ones. */
  counts(): { channels: number; sockets: number; controls: number; mediaSessions: number; sipDialogs: number } {
    return {
      channels: this.#engine.channels.size,
      sockets: this.#state.sockets.size,
      controls: this.#events.connections,
      mediaSessions: this.#state.mediaSessions,
      sipDialogs: this.#engine.profiles.reduce((sum, profile) => sum + profile.agent.counts().dialogs, 0),
    };
  }

  /** Hangs up every channel, then closes all sockets and timers. */
  async close(): Promise<void> {
    this.#stopHeartbeat();
    const { channels, clock } = this.#engine;
    const all = channels.all();
    for (const channel of all) channel.hangUp("SYSTEM_SHUTDOWN");
    await within(clock, closeTimeoutMs, Promise.all(all.map((channel) => channel.gone)));
    for (const socket of this.#state.sockets) socket.destroy();
    await this.#events.close();
    await closeProfiles(this.#engine.profiles);
  }
}

/** State shared by the parts. */
class SharedState {
  /** Connections to applications, one per channel. */
  readonly sockets = new Set<EventSocket>();
  mediaSessions = 0;
  readonly unsupported: string[] = [];
  readonly #onUnsupported: ((what: string) => void) | undefined;

  constructor(onUnsupported: ((what: string) => void) | undefined) {
    this.#onUnsupported = onUnsupported;
  }

  note(what: string): void {
    if (this.unsupported.length < maxRemembered) this.unsupported.push(what);
    this.#onUnsupported?.(what);
  }

  /** A rejection of unawaited work is a bug and ends the process. */
  inBackground(work: Promise<void>): void {
    work.catch((bug: unknown) => {
      queueMicrotask(() => {
        throw bug;
      });
    });
  }
}

/** Default in `freeswitch/conf/vars.xml`. */
const bbbMediaTimeoutS = 15;
const bbbHoldTimeoutS = 1800;

async function openProfiles(o: EmbeddedFreeSwitchOptions): Promise<readonly [SipProfile, SipProfile]> {
  const common = {
    userAgent: `FreeSWITCH-mod_sofia/${o.version ?? version}`,
    ...(o.clock === undefined ? {} : { clock: o.clock }),
    ...(o.random === undefined ? {} : { random: o.random }),
  };
  const incoming = await SipUserAgent.listen({ ...common, listen: [{ transport: "udp", ...o.sip }] });
  const calling = await SipUserAgent.listen({ ...common, listen: [], tls: o.tls });
  const port = incoming.addresses[0]?.port ?? o.sip.port;
  const rtpTimeouts = { timeoutSec: o.bbbMediaTimeoutSec ?? bbbMediaTimeoutS, holdTimeoutSec: bbbHoldTimeoutS };
  return [
    { name: "drachtio_mrf", agent: incoming, address: o.sip.address, port, tlsOnly: false, rtpTimeouts },
    // No listener: the BBB server sends its requests over the connection that we opened.
    { name: "bbb", agent: calling, address: o.rtp.address, port: 0, tlsOnly: true, rtpTimeouts },
  ];
}

async function closeProfiles(profiles: readonly SipProfile[]): Promise<void> {
  for (const { agent } of profiles) await agent.close();
}

function makeEngine(
  o: EmbeddedFreeSwitchOptions,
  profiles: readonly SipProfile[],
  state: SharedState,
): { readonly engine: Engine; readonly api: ApiCommands } {
  const clock = o.clock ?? systemClock;
  const random = o.random ?? randomBytes;
  const pacer = new Pacer(clock);
  const unsupported = (what: string): void => {
    state.note(what);
  };
  const { address, portRange, advertisedAddress } = o.rtp;
  const engine: Engine = {
    version: o.version ?? version,
    clock,
    pacer,
    random,
    bus: new EventBus(randomUUID(), advertisedAddress ?? address),
    channels: new ChannelTable(o.maxSessions ?? defaultSessions, o.sessionsPerSecond ?? defaultPerSecond, () =>
      clock.now(),
    ),
    strain: new Strain(() => clock.now()),
    sounds: new SoundLibrary({ soundsDir: o.soundsDir, unsupported }),
    applications: makeApplications(),
    profiles,
    openMedia: async () => {
      const media = await MediaSession.open({
        address,
        clock,
        random,
        pacer,
        ...(portRange === undefined ? {} : { portRange }),
        ...(advertisedAddress === undefined ? {} : { advertisedAddress }),
      });
      state.mediaSessions += 1;
      const close = media.close.bind(media);
      let open = true;
      media.close = async () => {
        if (open) state.mediaSessions -= 1;
        open = false;
        await close();
      };
      return media;
    },
    unsupported,
    runApi: (text) => api.run(text),
    inBackground: (work) => {
      state.inBackground(work);
    },
    globals: new Map([
      ["hostname", "embedded"],
      ["local_ip_v4", address],
      ["sounds_dir", o.soundsDir ?? ""],
      [
        "einwahl_key",
        o.key ?? createHash("sha256").update(`einwahl drachtio_mrf ${o.eventSocket.password}`).digest("hex"),
      ],
      ["einwahl_control_hosts", (o.controlHosts ?? ["127.0.0.1"]).map((host) => host.replaceAll(".", "[.]")).join("|")],
      ["max_sessions", String(o.maxSessions ?? defaultSessions)],
    ]),
  };
  const api = new ApiCommands(engine);
  return { engine, api };
}
