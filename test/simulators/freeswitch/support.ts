import { once } from "node:events";
import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";

import Srf from "drachtio-srf";

import { inviteKey, inviteKeyHeader } from "../../../src/media/invite-key.js";
import { makeCertificates } from "../../../src/simulators/certificates.js";
import { EmbeddedDrachtio } from "../../../src/simulators/drachtio/embedded-drachtio.js";
import {
  EmbeddedFreeSwitch,
  type EmbeddedFreeSwitchOptions,
} from "../../../src/simulators/freeswitch/embedded-freeswitch.js";
import type { CodecName } from "../../../src/softphone/rtp/g711.js";
import { MediaSession, type OfferOptions } from "../../../src/softphone/rtp/media-session.js";
import { Pacer } from "../../../src/softphone/rtp/pacer.js";
import { ToneDetector, ToneGenerator } from "../../../src/softphone/rtp/tone.js";
import { inTime } from "../../support/deadline.js";

export const host = "127.0.0.1";
export const password = "event-socket-secret";
/** The header that the dialplan requires in an INVITE. */
export const key = { [inviteKeyHeader]: inviteKey(password) };
const boundMs = 8000;

/** An event of drachtio-modesl. */
export interface ModeslEvent {
  getHeader(name: string): string | undefined;
  getBody(): string;
}

/** The parts of drachtio-fsmrf 4 used in tests; it has no types. */
export interface Endpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string };
  readonly remote: { readonly sdp: string };
  readonly dtmfType: string;
  readonly conn: {
    readonly socket: Socket;
    getInfo(): ModeslEvent;
    on(event: string, listener: (event: ModeslEvent) => void): void;
    disconnect(): void;
    subscribe(events: string): void;
  } | null;
  readonly dialog: {
    destroy(): Promise<unknown>;
    request(options: object): Promise<unknown>;
    on(event: "destroy", listener: (bye: { get(name: string): string | undefined }) => void): void;
  };
  on(event: "dtmf", listener: (event: { dtmf: string; duration: string; source: string }) => void): void;
  on(event: "destroy", listener: (event?: { reason: string }) => void): void;
  execute(application: string, argument: string): Promise<ModeslEvent>;
  api(command: string, argument: string): Promise<ModeslEvent>;
  set(values: Record<string, string>): Promise<void>;
  play(file: string | string[]): Promise<{ playbackSeconds: string; playbackMilliseconds: string }>;
  playCollect(
    options: object,
  ): Promise<{ digits: string | null; invalidDigits: string | null; terminatorUsed: string | null }>;
  getChannelVariables(includeMedia?: boolean): Promise<Record<string, string | number>>;
  modify(sdp: string): Promise<string>;
  destroy(): Promise<void>;
}

export interface MediaServer {
  readonly conn: { readonly socket: Socket };
  createEndpoint(options: { remoteSdp: string; headers?: Record<string, string> }): Promise<Endpoint>;
  api(command: string): Promise<string>;
  disconnect(): void;
}

interface Srfed {
  connect(options: object): void;
  disconnect(): void;
  createUAC<Made>(uri: string, options: object): Promise<Made>;
}

type MrfConstructor = new (srf: Srfed) => { connect(options: object): Promise<MediaServer> };

interface Owner {
  teardown(handler: () => Promise<void> | void): unknown;
}

/**
 * drachtio-fsmrf and drachtio-srf as einwahl uses them, against the embedded engines, over real sockets. Checks at the end of
 * the test that both engines have released all calls.
 */
export class FreeswitchHarness {
  readonly freeswitch: EmbeddedFreeSwitch;
  readonly mediaServer: MediaServer;
  readonly srf: Srfed;
  readonly pacer: Pacer;
  readonly certificates: { readonly ca: string; readonly key: string; readonly cert: string };
  readonly #drachtio: EmbeddedDrachtio;
  /** The test does not end its calls. */
  leavesCalls = false;

  private constructor(o: {
    freeswitch: EmbeddedFreeSwitch;
    drachtio: EmbeddedDrachtio;
    mediaServer: MediaServer;
    srf: Srfed;
    certificates: FreeswitchHarness["certificates"];
    pacer: Pacer;
  }) {
    this.freeswitch = o.freeswitch;
    this.#drachtio = o.drachtio;
    this.mediaServer = o.mediaServer;
    this.srf = o.srf;
    this.certificates = o.certificates;
    this.pacer = o.pacer;
  }

  static async start(t: Owner, options: Partial<EmbeddedFreeSwitchOptions> = {}): Promise<FreeswitchHarness> {
    const certificates = await makeCertificates();
    const drachtio = await EmbeddedDrachtio.start({
      control: { address: host, port: 0, secret: "secret" },
      sip: [{ transport: "udp", address: host, port: 0 }],
      tls: certificates,
    });
    const freeswitch = await EmbeddedFreeSwitch.start({
      eventSocket: { address: host, port: 0, password: password },
      sip: { address: host, port: 0 },
      rtp: { address: host },
      tls: { ca: certificates.ca },
      ...options,
    });
    const srf = new Srf() as unknown as Srfed & NodeJS.EventEmitter;
    const connected = once(srf, "connect");
    srf.connect({ host: host, port: drachtio.controlPort, secret: "secret" });
    await connected;
    const Mrf = createRequire(import.meta.url)("drachtio-fsmrf") as MrfConstructor;
    const mediaServer = await new Mrf(srf).connect({
      address: host,
      port: freeswitch.eventSocketPort,
      secret: password,
      listenAddress: host,
      advertisedAddress: host,
      listenPort: 0,
    });
    mediaServer.conn.socket.setNoDelay(true);
    const harness = new FreeswitchHarness({ freeswitch, drachtio, mediaServer, srf, certificates, pacer: new Pacer() });
    t.teardown(async () => {
      const check = harness.leavesCalls ? Promise.resolve() : harness.nothingLeft();
      const leak = await check.then(
        () => undefined,
        (error: unknown) => error,
      );
      mediaServer.disconnect();
      await freeswitch.close();
      srf.disconnect();
      await drachtio.close();
      if (leak instanceof Error) throw leak;
    });
    return harness;
  }

  /** drachtio's UDP port for trunks. */
  get drachtioPort(): number {
    return this.#drachtio.addresses[0]?.port ?? 0;
  }

  /** Opens a caller's media and an endpoint that answers its offer. */
  async call(
    t: Owner,
    o: Partial<OfferOptions> & { headers?: Record<string, string> } = {},
  ): Promise<{ endpoint: Endpoint; caller: MediaSession }> {
    const { headers, ...offer } = o;
    const caller = await MediaSession.open({ address: host, pacer: this.pacer });
    t.teardown(() => caller.close());
    // drachtio-fsmrf rejects RTP/SAVP, so the keys are in an RTP/AVP line.
    const remoteSdp = caller.offer({ codecs: ["PCMA", "PCMU"], srtp: "mandatory", profile: "RTP/AVP", ...offer });
    const endpoint = await this.mediaServer.createEndpoint({ remoteSdp, headers: { ...key, ...headers } });
    const accepted = caller.accept(endpoint.local.sdp);
    if (!accepted.ok) throw new Error(accepted.failure.detail);
    // drachtio-fsmrf returns the endpoint before its subscriptions have arrived.
    endpoint.conn?.socket.setNoDelay(true);
    await endpoint.execute("set", "subscribed=true");
    return { endpoint, caller };
  }

  /** Waits until `check` returns true; checks with every frame. */
  until(what: string, check: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = performance.now() + boundMs;
      const stop = this.pacer.every(() => {
        const done = check();
        if (!done && performance.now() < end) return;
        stop();
        if (done) resolve();
        else reject(new Error(`did not happen: ${what}`));
      });
    });
  }

  /** Waits until both engines have released all calls. */
  async nothingLeft(): Promise<void> {
    await this.until("everything of the calls is gone", () => {
      const { channels, sockets, mediaSessions, sipDialogs } = this.freeswitch.counts();
      return channels + sockets + mediaSessions + sipDialogs + this.#drachtio.counts().dialogs === 0;
    });
  }

  /** Sends a tone, frame by frame, until the returned function is called. */
  play(from: MediaSession, hz: number): () => void {
    const tone = new ToneGenerator(hz);
    return this.pacer.every(() => {
      from.send(tone.next());
    });
  }

  hears(by: MediaSession, hz: number): Promise<void> {
    const detector = new ToneDetector(hz);
    by.onFrame = (pcm) => {
      detector.push(pcm);
    };
    return this.until(`${hz} Hz is heard`, () => detector.heard);
  }
}

/** Resolves with the next event of that name on an endpoint's connection. */
export function eventOf(endpoint: Endpoint, name: string): Promise<ModeslEvent> {
  return new Promise((resolve) => {
    endpoint.conn?.on(`esl::event::${name}::${endpoint.uuid}`, resolve);
  });
}

/** Resolves when the endpoint is bridged: FreeSWITCH notices an answer later than it is on the wire. */
export function nextBridge(endpoint: Endpoint): Promise<ModeslEvent> {
  endpoint.conn?.subscribe("CHANNEL_BRIDGE");
  return eventOf(endpoint, "CHANNEL_BRIDGE");
}

/** A raw connection to an event socket that records the received text. */
export class RawSocket {
  readonly socket: Socket;
  text = "";
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      this.text += chunk;
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#wake();
    });
  }

  static async open(t: Owner, port: number): Promise<RawSocket> {
    const socket = connect(port, host);
    const raw = new RawSocket(socket);
    await once(socket, "connect");
    t.teardown(() => {
      socket.destroy();
    });
    await raw.gets(/auth\/request\n\n/);
    return raw;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Sends a command and waits for its reply. */
  async ask(command: string, answer: RegExp): Promise<string> {
    const from = this.text.length;
    this.send(`${command}\n\n`);
    return this.gets(answer, from);
  }

  async gets(wanted: RegExp, from = 0): Promise<string> {
    for (;;) {
      const match = wanted.exec(this.text.slice(from));
      if (match !== null) return match[0];
      if (this.socket.destroyed) throw new Error(`closed before ${String(wanted)}: ${this.text.slice(from)}`);
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await soon(`${String(wanted)} in: ${this.text.slice(from)}`, changed);
    }
  }

  async closed(): Promise<void> {
    if (this.socket.closed) return;
    await soon("the end of the connection", new Promise((resolve) => this.socket.once("close", resolve)));
  }
}

/** Settles as `promise` does, but rejects after a timeout. */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  return await inTime(what, promise, boundMs);
}

export const codecs: readonly CodecName[] = ["PCMA", "PCMU"];
