import type { MediaSession } from "../../softphone/rtp/media-session.js";
import { ApplicationStack } from "./application-stack.js";
import { AudioOutput } from "./audio-output.js";
import { type CallerProfile, channelHeaders, type ChannelTimes, profileHeaders } from "./channel-headers.js";
import { DigitQueue, type DigitSource } from "./digit-queue.js";
import type { Engine, RtpTimeouts } from "./engine.js";
import type { EventHeaders } from "./event.js";
import { FarHold } from "./far-hold.js";
import { causeNumber, type HangupCause } from "./hangup-cause.js";
import { mediaVariables } from "./media-variables.js";
import { MediaWatch } from "./media-watch.js";
import { Park } from "./park.js";
import { Routing } from "./routing.js";

export type Direction = "inbound" | "outbound";
export type CallState = "DOWN" | "DIALING" | "RINGING" | "EARLY" | "ACTIVE" | "HELD" | "HANGUP" | "UNHELD";

const callStateNumbers: Readonly<Record<CallState, number>> = {
  DOWN: 0,
  DIALING: 1,
  RINGING: 2,
  EARLY: 3,
  ACTIVE: 4,
  HELD: 5,
  HANGUP: 7,
  UNHELD: 8,
};

/** Maximum number of variables: bounds what a peer can add. */
const maxVariables = 1000;

/** The SIP side of a channel. */
export interface Signalling {
  /** Sends BYE, CANCEL or a refusal, depending on the call's state. Not called if the peer hung up. */
  hangUp(cause: HangupCause): void;
  /** Sends a digit by SIP INFO, for a peer without RFC 4733. */
  sendInfoDigit(digit: string, durationMs: number): void;
  /** Sends a re-INVITE with the current media state in an established dialog. */
  offerAgain?(): void;
}

export interface ChannelOptions {
  readonly engine: Engine;
  readonly uuid: string;
  readonly direction: Direction;
  readonly name: string;
  readonly profile: CallerProfile;
  readonly media: MediaSession;
  readonly state: string;
  /** RTP timeouts of the SIP profile. */
  readonly rtpTimeouts: RtpTimeouts | undefined;
}

const now = (): number => Date.now() * 1000;

/** One leg of a call: variables, media, running applications and events. */
export class Channel {
  readonly engine: Engine;
  readonly uuid: string;
  readonly direction: Direction;
  readonly name: string;
  /** Its destination changes at a transfer. */
  profile: CallerProfile;
  readonly initialDestination: string;
  readonly media: MediaSession;
  readonly routing: Routing;
  readonly park: Park;
  readonly output: AudioOutput;
  readonly applications: ApplicationStack;
  readonly digits: DigitQueue;
  readonly farHold: FarHold;
  readonly rtpTimeouts: RtpTimeouts | undefined;
  readonly times: ChannelTimes = { created: now(), answered: 0, progress: 0, bridged: 0, hungUp: 0 };
  readonly #watch: MediaWatch;
  readonly #variables = new Map<string, string>();
  readonly #down = new AbortController();
  #state: string;
  #callState: CallState = "DOWN";
  #hangupCause: HangupCause | undefined;
  #resolveGone: () => void = () => undefined;

  /** Resolves when the channel's last event is sent and its port is free. */
  readonly gone: Promise<void>;
  signalling: Signalling | undefined;
  otherLeg: Channel | undefined;
  /** Awaited before the media port is released and the channel's last events are sent. */
  readonly releases: (() => Promise<void>)[] = [];

  constructor(o: ChannelOptions) {
    this.engine = o.engine;
    this.uuid = o.uuid;
    this.direction = o.direction;
    this.name = o.name;
    this.profile = o.profile;
    this.initialDestination = o.profile.destination;
    this.media = o.media;
    this.#state = o.state;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.applications = new ApplicationStack(this);
    this.routing = new Routing(this);
    this.park = new Park(this);
    this.output = new AudioOutput(this);
    this.digits = new DigitQueue(this);
    this.farHold = new FarHold(this);
    this.rtpTimeouts = o.rtpTimeouts;
    this.#watch = new MediaWatch(this);
    o.media.onDigit = (digit, durationMs) => {
      this.digits.receive(digit, durationMs, "RTP");
    };
    this.setVariable("uuid", o.uuid);
    this.setVariable("call_uuid", o.uuid);
    this.setVariable("direction", o.direction);
    this.setVariable("channel_name", o.name);
    o.engine.channels.add(this);
  }

  get state(): string {
    return this.#state;
  }

  get callState(): CallState {
    return this.#callState;
  }

  get answered(): boolean {
    return this.times.answered > 0;
  }

  get isDown(): boolean {
    return this.#hangupCause !== undefined;
  }

  /** Neither down nor about to be routed again; otherwise running applications end. */
  get isReady(): boolean {
    return !this.isDown && !this.routing.isPending;
  }

  get hangupCause(): HangupCause | undefined {
    return this.#hangupCause;
  }

  /** Aborted at the hang-up, after its events; ends everything on the channel. */
  get down(): AbortSignal {
    return this.#down.signal;
  }

  get held(): boolean {
    return this.media.direction === "inactive" || this.media.direction === "recvonly";
  }

  variable(name: string): string | undefined {
    return this.#variables.get(name);
  }

  /** `undefined` removes it. */
  setVariable(name: string, value: string | undefined): void {
    if (value === undefined) this.#variables.delete(name);
    else if (this.#variables.size < maxVariables || this.#variables.has(name)) this.#variables.set(name, value);
    else this.engine.unsupported("more channel variables");
  }

  variables(): ReadonlyMap<string, string> {
    return this.#variables;
  }

  variableHeaders(): EventHeaders {
    return [...this.#variables].map(([name, value]) => [`variable_${name}`, value] as const);
  }

  isTrue(name: string): boolean {
    return /^(true|yes|on|enable|enabled|active|allow|[1-9]\d*)$/i.test(this.variable(name) ?? "");
  }

  /**
   * Replaces ${name} by the variable's value, and ${command(argument)} by the output of the API command; unknown variables
   * become empty.
   */
  expand(text: string): string {
    return text.replace(/\$\{([^{}]*)\}/g, (_whole, name: string) => {
      const [, command = "", argument = ""] = /^([^ (]+) *[ (](.*?)\)?$/s.exec(name) ?? [];
      if (command !== "") return this.engine.runApi(`${command} ${argument}`);
      return this.variable(name) ?? this.engine.globals.get(name) ?? "";
    });
  }

  fire(name: string, extra: EventHeaders = [], before: EventHeaders = []): void {
    this.engine.bus.fire(name, [...before, ...channelHeaders(this, name), ...extra]);
  }

  /** All headers of the channel (`uuid_dump`). */
  dumpHeaders(): EventHeaders {
    return channelHeaders(this, "CHANNEL_DATA");
  }

  /** The same for the greeting of an outbound event socket, which also has the caller profile under "Channel". */
  dataHeaders(): EventHeaders {
    return [...profileHeaders(this, "Channel"), ...this.dumpHeaders()];
  }

  enter(state: string): void {
    if (!this.isDown) this.#state = state;
  }

  enterCallState(callState: CallState): void {
    if (callState === this.#callState || this.#callState === "HANGUP") return;
    const before = this.#callState;
    this.#callState = callState;
    this.fire(
      "CHANNEL_CALLSTATE",
      [],
      [
        ["Original-Channel-Call-State", before],
        ["Channel-Call-State-Number", String(callStateNumbers[callState])],
      ],
    );
  }

  progress(): void {
    if (this.times.progress > 0 || this.isDown) return;
    this.times.progress = now();
    this.enterCallState("RINGING");
    this.fire("CHANNEL_PROGRESS");
  }

  /** The call is answered and its media negotiated. */
  markAnswered(): void {
    if (this.answered || this.isDown) return;
    this.times.answered = now();
    this.#followMedia();
    this.setVariable("endpoint_disposition", "ANSWER");
    this.enterCallState("ACTIVE");
    this.fire("CHANNEL_ANSWER");
    if (this.media.suite !== undefined) {
      this.engine.bus.fire("CALL_SECURE", [
        ["secure_type", `srtp:sdes:${this.media.suite}`],
        ["caller-unique-id", this.uuid],
      ]);
    }
    this.output.start();
  }

  /** The media has been renegotiated in mid-call. */
  renegotiated(): void {
    if (this.isDown) return;
    this.farHold.follow();
    this.#followMedia();
  }

  #followMedia(): void {
    for (const [name, value] of mediaVariables(this.media)) this.setVariable(name, value);
    this.#watch.start();
  }

  /** Sends a digit to the peer with the negotiated method. */
  sendDigit(digit: string, durationMs: number): void {
    if (this.media.telephoneEvent === undefined) this.signalling?.sendInfoDigit(digit, durationMs);
    else this.engine.inBackground(this.media.sendDigit(digit, durationMs).then(() => undefined));
  }

  receiveDigit(digit: string, durationMs: number, source: DigitSource): void {
    this.digits.receive(digit, durationMs, source);
  }

  /** @param byFarEnd the SIP dialog has already ended, so nothing is sent */
  hangUp(cause: HangupCause, byFarEnd = false): void {
    if (this.#hangupCause !== undefined) return;
    this.#hangupCause = cause;
    this.#state = "CS_HANGUP";
    this.times.hungUp = now();
    this.setVariable("hangup_cause", cause);
    this.setVariable("hangup_cause_q850", String(causeNumber(cause)));
    const seconds = (from: number): string =>
      String(from === 0 ? 0 : Math.round((this.times.hungUp - from) / 1_000_000));
    this.setVariable("duration", seconds(this.times.created));
    this.setVariable("billsec", seconds(this.times.answered));
    this.otherLeg?.noteOtherHangup(this);
    // Observed with FreeSWITCH: at a media timeout of a bridged caller the application's connection ends without events.
    if (cause === "MEDIA_TIMEOUT" && this.output.relayed)
      for (const release of this.releases.splice(0)) this.engine.inBackground(release());
    this.fire("CHANNEL_HANGUP");
    this.enterCallState("HANGUP");
    this.#watch.stop();
    this.output.stop();
    if (!byFarEnd) this.signalling?.hangUp(cause);
    this.#down.abort();
    this.engine.inBackground(this.#finish());
  }

  /** Records the hang-up cause of the bridged or called leg. */
  noteOtherHangup(other: Channel): void {
    this.setVariable("last_bridge_hangup_cause", other.hangupCause);
    const specific = other.variable("proto_specific_hangup_cause");
    if (specific !== undefined) this.setVariable("last_bridge_proto_specific_hangup_cause", specific);
  }

  async #finish(): Promise<void> {
    await this.applications.idle();
    for (const release of this.releases.splice(0)) await release();
    this.#state = "CS_REPORTING";
    this.fire("CHANNEL_HANGUP_COMPLETE");
    this.#state = "CS_DESTROY";
    this.fire("CHANNEL_DESTROY");
    this.engine.channels.remove(this);
    await this.media.close();
    this.#resolveGone();
  }
}
