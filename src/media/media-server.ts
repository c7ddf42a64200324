import type { Admitted, MediaFailure, OfferingEndpoint } from "../call/interfaces.js";
import type { CallRecord } from "../call/record.js";
import type { SrfError, SrfLike } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";
import { plainText } from "../util/plain-text.js";
import { failure, type Result, success } from "../util/result.js";
import { within } from "../util/wait.js";
import { ChannelCount } from "./channel-count.js";
import { forFreeswitch } from "./direction.js";
import type { MediaEndpoint } from "./endpoint.js";
import { freeSwitchVersion } from "./engine-versions.js";
import { EventSocket } from "./event-socket.js";
import { connectFsmrf, type FsmrfEndpoint, type FsmrfMediaServer } from "./fsmrf.js";
import { inviteFault, inviteFaultTexts, inviteKey, inviteKeyHeader } from "./invite-key.js";
import { makeLateOffer } from "./late-offer.js";
import { findLeftChannels, type LeftChannel } from "./left-channels.js";
import { LoadWatch } from "./load-watch.js";
import type { MediaServerOptions } from "./media-server-options.js";
import { openedEndpoint } from "./opened-endpoint.js";
import { sealRecord } from "./record-seal.js";
import { type ResumedEndpoint, resumeEndpoint } from "./resume-endpoint.js";
import { suiteIn, withPublicAddress } from "./sdp.js";
import type { ServerLoad } from "./server-load.js";
import { rtpTimeoutFor } from "./silence.js";
import { isRunning } from "./sofia-status.js";
import { Suspicion } from "./suspicion.js";

export type MediaServerState = { readonly kind: "down"; readonly why: string } | { readonly kind: "up" };

/** Interval of health probes while FreeSWITCH is up or down, and their timeout, in milliseconds. */
const probeEvery = { up: 5_000, down: 1_000 };
const probeTimeoutMs = 2_000;
/** Timeout for a channel or a command about one, in milliseconds: longer than a call waits for it; a busy server is slow. */
const openTimeoutMs = 10_000;
/** Delay between a lost channel and the next probe, in milliseconds: a FreeSWITCH that shuts down answers until then. */
const suspectedForMs = 1_000;

/** One FreeSWITCH. It is up while its event socket responds and its profile for drachtio is running. */
export class MediaServer {
  readonly name: string;
  readonly capacity: number;
  /** How many new calls it gets. */
  readonly load: ServerLoad;
  readonly #loadWatch: LoadWatch;
  readonly #options: MediaServerOptions;
  readonly #srf: SrfLike;
  readonly #clock: Clock;
  /** The channels of this process. */
  readonly #held = new Set<string>();
  readonly #resumed = new Map<string, ResumedEndpoint>();
  readonly #onState: (state: MediaServerState, version: string | undefined) => void;
  readonly #onBug: (error: unknown) => void;
  readonly #eventSocket: EventSocket;
  #state: MediaServerState = { kind: "down", why: "not tried yet" };
  #version: string | undefined;
  /** The version last passed to `onState`. */
  #reportedVersion: string | undefined;
  #fsmrf: FsmrfMediaServer | undefined;
  readonly #channels: ChannelCount;
  readonly #suspicion = new Suspicion();
  #cancelTimer: (() => void) | undefined;
  #closed = false;
  #onUp: (() => void) | undefined;

  constructor(
    options: MediaServerOptions,
    srf: SrfLike,
    clock: Clock,
    onState: (state: MediaServerState, version: string | undefined) => void,
    onBug: (error: unknown) => void,
  ) {
    this.name = options.name;
    this.capacity = options.capacity;
    this.#options = options;
    this.#srf = srf;
    this.#clock = clock;
    this.#channels = new ChannelCount(clock);
    this.#onState = onState;
    this.#onBug = onBug;
    this.#eventSocket = new EventSocket({ ...options.eventSocket, clock });
    this.#loadWatch = new LoadWatch(options, clock, () => this.#eventSocket.api("status", probeTimeoutMs));
    this.load = this.#loadWatch.load;
  }

  get state(): MediaServerState {
    return this.#state;
  }

  /** A channel was lost, and no probe has ended since. */
  get isSuspected(): boolean {
    return this.#suspicion.isOn;
  }

  /** FreeSWITCH's version string, from its last response. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Number of channels that are open or opening. */
  get channels(): number {
    return this.#channels.open;
  }

  /** Probes FreeSWITCH once, then periodically until `close`. */
  async open(): Promise<void> {
    const probed = this.#suspicion.probing();
    await this.#probe();
    probed();
    this.#probeAfter(this.isSuspected ? suspectedForMs : probeEvery[this.#state.kind]);
  }

  /** Resolves when it is up, at the latest after `ms` milliseconds. */
  async upWithin(ms: number): Promise<void> {
    if (this.#state.kind === "up") return;
    const up = new Promise<void>((resolve) => {
      this.#onUp = resolve;
    });
    await within(this.#clock, ms, up);
    this.#onUp = undefined;
  }

  /** Calls back once when no channel is open; not after `close`. */
  whenIdle(listener: () => void): void {
    this.#channels.whenIdle(listener);
  }

  close(): void {
    this.#closed = true;
    this.#channels.close();
    this.#cancelTimer?.();
    this.#loadWatch.close();
    this.#eventSocket.close();
    this.#fsmrf?.disconnect();
  }

  /** Resolves when the server is not suspected, at the latest after `ms` milliseconds. */
  async settled(ms: number): Promise<void> {
    await this.#suspicion.settled(this.#clock, ms);
  }

  #probeAfter(ms: number): void {
    this.#cancelTimer?.();
    if (this.#closed) return;
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.open().catch((error: unknown) => {
        this.#enter({ kind: "down", why: plainText(String(error)) });
      });
    });
  }

  async openEndpoint(offer: string, srtp: Admitted["srtp"]): Promise<Result<MediaEndpoint, MediaFailure>> {
    const fsmrf = this.#fsmrf;
    if (fsmrf === undefined) return failure("media-unavailable");
    const counted = this.#channels.take();
    const openedAt = this.#clock.now();
    const creating = fsmrf
      .createEndpoint({ remoteSdp: forFreeswitch(offer), headers: this.#headers(srtp, offer) })
      .then((raw) => this.#opened(raw, counted, offer));
    try {
      const inTime = this.#inTime(creating, (late) => late.release());
      const endpoint = await this.#suspicion.unlessRaised(inTime);
      this.load.opened(this.#clock.now() - openedAt);
      if (endpoint !== undefined) return success(endpoint);
      inTime.then((late) => late.release()).catch(counted);
      return failure("media-unavailable");
    } catch (error) {
      counted();
      const { status } = error as SrfError;
      if (status === 503) this.load.refused();
      return failure(status === 488 ? "unusable-offer" : "media-unavailable");
    }
  }

  async openOffer(srtp: Admitted["srtp"]): Promise<Result<OfferingEndpoint, MediaFailure>> {
    const fsmrf = this.#fsmrf;
    if (fsmrf === undefined) return failure("media-unavailable");
    const counted = this.#channels.take();
    try {
      const opening = makeLateOffer(fsmrf, this.#srf, this.#clock, this.#headers(srtp, ""));
      const late = await this.#inTime(opening, (tooLate) => tooLate.abandon());
      let completing: Promise<Result<MediaEndpoint, MediaFailure>> | undefined;
      const complete = async (answer: string): Promise<Result<MediaEndpoint, MediaFailure>> => {
        const raw = await late.complete(forFreeswitch(answer));
        return raw.ok ? success(this.#opened(raw.value, counted, answer, suiteIn(answer))) : raw;
      };
      return success({
        offer: withPublicAddress(late.offer, this.#options.publicAddress),
        complete: async (answer) => {
          completing ??= complete(answer);
          return await completing;
        },
        release: async () => {
          counted();
          const completed = await completing;
          if (completed === undefined) await late.abandon();
          return completed?.ok === true ? await completed.value.release() : undefined;
        },
        detach: () => {
          counted();
          completing?.then(
            (completed) => {
              if (completed.ok) completed.value.detach();
            },
            () => undefined,
          );
        },
      });
    } catch {
      counted();
      return failure("media-unavailable");
    }
  }

  /** The callers' channels with a record that this process does not handle. */
  async leftChannels(): Promise<readonly LeftChannel[]> {
    return await findLeftChannels((command) => this.#ask(command), this.#held, this.#options.eventSocket.password);
  }

  /** Takes over a channel that another process has opened. */
  async resume(channelId: string, record: CallRecord): Promise<Result<ResumedEndpoint, "gone">> {
    const server = this.#fsmrf;
    if (server === undefined || this.#held.has(channelId)) return failure("gone");
    const counted = this.#channels.take();
    const released = this.#hold(channelId, () => {
      this.#resumed.delete(channelId);
      counted();
    });
    const resumed = await resumeEndpoint(channelId, record, {
      ask: (command) => this.#ask(command),
      watch: (id, events) => this.#eventSocket.watch(id, events),
      server,
      settings: this.#endpointSettings(),
      onReleased: released,
      onBug: this.#onBug,
    });
    if (resumed.ok) {
      this.#resumed.set(channelId, resumed.value);
      this.#watched(resumed.value.endpoint, released);
    } else {
      released();
    }
    return resumed;
  }

  /** Ends a channel that no process continues. */
  async end(channelId: string): Promise<void> {
    await this.#ask(`uuid_kill ${channelId}`);
  }

  async #ask(command: string): Promise<string | undefined> {
    const answer = await this.#eventSocket.api(command, openTimeoutMs);
    return answer.ok ? answer.value : undefined;
  }

  #opened(raw: FsmrfEndpoint, counted: () => void, callerSdp: string, suite?: string): MediaEndpoint {
    const released = this.#hold(raw.uuid, counted);
    return this.#watched(openedEndpoint(raw, this.#endpointSettings(), released, callerSdp, suite), released);
  }

  /** Returns the function that gives the channel up. */
  #hold(channelId: string, released: () => void): () => void {
    this.#held.add(channelId);
    return () => {
      this.#held.delete(channelId);
      released();
    };
  }

  /** drachtio-srf drops what it waits for when drachtio ends: it would count as a channel forever. Throws if late. */
  async #inTime<Opened extends object>(opening: Promise<Opened>, release: (late: Opened) => unknown): Promise<Opened> {
    const opened = await within(this.#clock, openTimeoutMs, opening);
    if (opened !== undefined) return opened;
    opening.then(release).catch(() => undefined);
    throw new Error("no answer from FreeSWITCH");
  }

  /** A lost channel makes the server suspected, and takes no capacity. */
  #watched(endpoint: MediaEndpoint, released: () => void): MediaEndpoint {
    endpoint.gone.onSet((cause) => {
      if (cause !== "media-server-lost" || endpoint.fit === "outdated") return;
      released();
      if (this.#suspicion.raise() === "new") this.#probeAfter(suspectedForMs);
    });
    return endpoint;
  }

  /** For the dialplan (`freeswitch/conf/dialplan/mrf.xml`), which reads them before it answers. */
  #headers(srtp: Admitted["srtp"], callerSdp: string): Record<string, string> {
    return {
      [inviteKeyHeader]: inviteKey(this.#options.eventSocket.password),
      "X-Einwahl-Srtp": srtp,
      "X-Einwahl-Media-Timeout": String(rtpTimeoutFor(callerSdp, this.#options)),
    };
  }

  #endpointSettings(): ConstructorParameters<typeof MediaEndpoint>[1] {
    const { name, profile, soundsDirectory, publicAddress, mediaTimeoutMs, holdTimeoutMs, eventSocket } = this.#options;
    return {
      seal: (record, base) => sealRecord(record, eventSocket.password, base),
      mediaServer: name,
      profile,
      soundsDirectory,
      publicAddress,
      mediaTimeoutMs,
      holdTimeoutMs,
      clock: this.#clock,
      srf: this.#srf,
    };
  }

  async #probe(): Promise<void> {
    const { profile } = this.#options;
    const status = await this.#eventSocket.api("sofia status", probeTimeoutMs);
    if (!status.ok) {
      this.#enter({
        kind: "down",
        why: "no response on the event socket: not running, wrong address or wrong password",
      });
      return;
    }
    // In every probe: FreeSWITCH may have been restarted with another version.
    const about = await this.#loadWatch.sample();
    if (about.ok) this.#version = freeSwitchVersion(about.value);
    // drachtio-fsmrf 4.1.2 throws inside a callback if the profile is missing: check first.
    if (!isRunning(status.value, profile)) {
      this.#enter({ kind: "down", why: `the sofia profile ${profile} is not running` });
      return;
    }
    const fault = await inviteFault((name) => this.#globalVariable(name), {
      password: this.#options.eventSocket.password,
      advertisedAddress: this.#options.advertisedAddress,
    });
    if (fault !== undefined && fault !== "no-key") {
      this.#enter({ kind: "down", why: inviteFaultTexts[fault] });
      return;
    }
    this.#fsmrf ??= await this.#connect();
    this.#enter(
      this.#fsmrf === undefined ? { kind: "down", why: "its control connection could not be opened" } : { kind: "up" },
    );
  }

  async #globalVariable(name: string): Promise<string | undefined> {
    const value = await this.#eventSocket.api(`global_getvar ${name}`, probeTimeoutMs);
    return value.ok ? value.value.trim() : undefined;
  }

  async #connect(): Promise<FsmrfMediaServer | undefined> {
    const { eventSocket, profile, listenAddress, advertisedAddress } = this.#options;
    const { host: address, port, password: secret } = eventSocket;
    return await connectFsmrf(
      this.#srf,
      { address, port, secret, profile, listenAddress, listenPort: 0, advertisedAddress },
      this.#clock,
      () => {
        // Only a channel's own connection would report its end, and a bridged resumed one has none.
        for (const resumed of this.#resumed.values()) resumed.lost();
      },
    );
  }

  #enter(state: MediaServerState): void {
    const isNews =
      state.kind !== this.#state.kind ||
      (state.kind === "down" && this.#state.kind === "down" && state.why !== this.#state.why);
    const isOther = state.kind === "up" && this.#version !== this.#reportedVersion;
    this.#state = state;
    this.#reportedVersion = this.#version;
    if (isNews || isOther) this.#onState(state, this.#version);
    if (state.kind === "up") this.#onUp?.();
  }
}
