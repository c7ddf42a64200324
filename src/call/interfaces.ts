/**
 * The interfaces through which a call uses the outside world. `sip/`, `media/`, `bbb/` and `trunk/` implement them;
 * `call/` depends on neither drachtio nor FreeSWITCH nor BBB's API.
 */
import type { CalledNumberHeader } from "../caller/called-number.js";
import type { Caller } from "../caller/caller.js";
import type { InviteFacts } from "../caller/invite.js";
import type { KnownCaller } from "../caller/known-caller.js";
import type { Language } from "../caller/language.js";
import type { Pin } from "../caller/secret.js";
import type { Latch } from "../util/latch.js";
import type { Result } from "../util/result.js";
import type { EndCause, SipAnswer } from "./cause.js";
import type { DtmfBuffer, Key } from "./dtmf-buffer.js";
import type { Hold } from "./hold.js";
import type { PromptName } from "./prompts.js";

/** The kind of offer in the INVITE. `none`: no SDP, the caller expects the offer in the 200. */
export type OfferKind = "sdes" | "plain" | "none" | "unusable" | "unsupported-body";

/** An INVITE that a trunk admits, with the caller's number. */
export interface Admission extends Omit<Admitted, "caller"> {
  readonly caller: Caller;
}

/** The facts that are kept of an admitted INVITE. */
export interface Admitted {
  readonly origin: Origin;
  readonly trunk: string;
  /** Maximum of concurrent calls on this trunk; `undefined`: no limit per trunk. */
  readonly channels: number | undefined;
  /** The header that held the dialled number; `undefined` for synthetic calls. */
  readonly calledNumberFrom: CalledNumberHeader | undefined;
  /** The languages of the dialled number; the greeting is in the first one. */
  readonly languages: readonly [Language, ...Language[]];
  readonly caller: KnownCaller;
  readonly srtp: "mandatory" | "optional";
}

/** `synthetic`: placed by einwahl to test itself. It takes no slot, and only the log shows it. */
export type Origin = "regular" | "synthetic";

/** Why a call gets no slot. */
export type SlotRefusal = "too-many-calls" | "trunk-busy" | "number-busy" | "withheld-busy";

/** Meetings, by BBB's internal id, from which a caller without a usable number was removed. */
export interface WithheldRemovals {
  add(meetingId: string): Promise<void>;
  has(meetingId: string): Promise<boolean>;
}

/** The system that carries a meeting's audio, in BBB's terms. */
export type AudioBridge = "freeswitch" | "livekit";

/** The known audio bridges of meetings, by BBB's internal meeting id. Kept across restarts. */
export interface AudioBridges {
  add(meetingId: string, bridge: AudioBridge): Promise<void>;
  of(meetingId: string): Promise<AudioBridge | undefined>;
}

/**
 * Numbers from 0 up that distinguish concurrent calls of one caller in one meeting: when two participants have the same
 * identity, LiveKit disconnects the first one.
 */
export interface IdentityClaims {
  /** The lowest free number of this identity; `undefined`: none is available. */
  claim(identity: string): Promise<number | undefined>;
  release(identity: string, claimed: number): Promise<void>;
}

/** The caller's dialog of an answered call. */
export interface CallerLine {
  /** Set once, when the SIP side ends: CANCEL, BYE, missing ACK, connection to the SIP server lost. */
  readonly gone: Latch<EndCause>;
  /** The caller's current SDP as the media server accepts it for a new channel; "" if the INVITE had none. */
  readonly mediaOffer: string;
  /** Routes later in-dialog requests (re-INVITE, INFO) to this endpoint. */
  attach(endpoint: CallerEndpoint): void;
  /**
   * Moves the answered call to another channel, which was opened with `mediaOffer`: sends a re-INVITE with its SDP and keys,
   * and gives it the caller's answer. Fails if the caller refuses or does not answer.
   */
  move(endpoint: CallerEndpoint): Promise<Result<void, EndCause>>;
  /** The caller's SDP announces that no RTP is sent: hold, or no audio at all. */
  readonly isOnHold: boolean;
  /** Sends an in-dialog request. If the peer has ended the call, `gone` is set before this resolves. */
  askPresence(): Promise<Presence>;
  /** Sends BYE on an accepted call; resolves once the BYE is answered or has failed. */
  hangUp(reasonHeader: string): Promise<void>;
  /** What another process needs to take over the dialog; `undefined`: it can't. */
  readonly record: RecordedLine | undefined;
  /** Calls back when `record` has changed; returns the unsubscribe function. */
  onRecord(listener: () => void): () => void;
  /** Leaves the dialog to another process: stops all timers, sends nothing. */
  detach(): void;
}

/** An incoming call, not answered yet. */
export interface IncomingCall extends CallerLine {
  /** Holds nothing about the caller after `forgetCaller`. */
  readonly invite: InviteFacts;
  readonly offer: OfferKind;
  /** A defect of the INVITE itself, whatever its source. */
  readonly flaw: "bad-extension" | "bad-contact" | undefined;
  /** Deletes the caller's identity from `invite`. Called once, on admission. */
  forgetCaller(): void;
  ring(): void;
  refuse(answer: SipAnswer): void;
  /** Sends the 200 with the media server's SDP answer and attaches the endpoint; fails if the caller has cancelled or the SIP server is lost. */
  accept(sdp: string, endpoint: CallerEndpoint): Promise<Result<void, EndCause>>;
  /** Answers an INVITE without SDP: the 200 has the media server's offer, the ACK the caller's answer. */
  acceptOffering(offer: string): Promise<Result<{ readonly answer: Promise<string> }, EndCause>>;
}

/** Matches an INVITE to a trunk, by its source and the dialled number. */
export interface Trunks {
  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number">;
}

/** The media servers; each call is placed on one of them. */
export interface MediaServers {
  /** Reserves a channel and answers the caller's offer. @param turn of a new call; none: the call is up already */
  openEndpoint(offer: string, srtp: Admitted["srtp"], turn?: Turn): Promise<Result<CallerEndpoint, MediaFailure>>;
  /** Reserves a channel that makes the offer, for an INVITE without SDP (RFC 3261 section 13.2.1). */
  openOffer(srtp: Admitted["srtp"], turn?: Turn): Promise<Result<OfferingEndpoint, MediaFailure>>;
}

/** The right of a new call to be opened now, on this media server; `undefined`: on any, because none is up yet. */
export interface Turn {
  readonly mediaServer: string | undefined;
}

/** A channel that has made the offer and waits for the caller's answer. */
export interface OfferingEndpoint {
  readonly offer: string;
  complete(answer: string): Promise<Result<CallerEndpoint, MediaFailure>>;
  /** Ends the channel, completed or not. Idempotent. */
  release(): Promise<ReceivedAudio | undefined>;
  /** Leaves the completed channel to another process. */
  detach(): void;
}

export type MediaFailure = "media-unavailable" | "unusable-offer";

/** `plain-rtp`: the new answer would drop the SRTP that the call has. */
export type RenegotiationFailure = "unusable-offer" | "plain-rtp";

/** `other-suite`: the media server can't change the SRTP suite in mid-call. */
export type AnswerFailure = RenegotiationFailure | "other-suite";

/**
 * Whether the peer still has the dialog. `there`: it answered; `gone`: it has ended the call; `unreachable`: no answer;
 * `unknown`: not asked, because drachtio is disconnected; `lost`: drachtio has lost the dialog, only the audio tells.
 */
export type Presence = "there" | "gone" | "unreachable" | "unknown" | "lost";

export type Sound =
  | { readonly prompt: PromptName; readonly language: Language }
  | { readonly silenceMs: number }
  | { readonly music: "hold" };

/** A playback to the caller. */
export interface Playback {
  /** Resolves when the playback has finished, was stopped or has failed. */
  readonly finished: Promise<"played" | "stopped" | "failed">;
  stop(): void;
}

/** The caller's channel on a media server. */
export interface CallerEndpoint {
  /** The answer to the caller's offer. */
  readonly sdp: string;
  readonly codec: string;
  /** The SRTP suite of the caller's leg; `undefined` for plain RTP. */
  readonly suite: string | undefined;
  readonly mediaServer: string;
  /** Set once, when the channel ends without `release`. */
  readonly gone: Latch<EndCause>;
  /** The hold state of the caller's SDP. */
  readonly hold: Hold;
  /** DTMF digits from the caller that are not read yet. */
  readonly dtmf: DtmfBuffer;
  /** A digit by SIP INFO: added to `dtmf` unless the same press counts as an RFC 4733 event. */
  pressed(key: string): void;
  /** Takes a new offer of the caller (hold, new SRTP keys, moved RTP); returns the answer. */
  renegotiate(offer: string): Promise<Result<string, RenegotiationFailure>>;
  /** A complete new offer, as for a new call. */
  newOffer(): string;
  /** Takes the caller's answer to our offer, which was made from `newOffer` or `sdp`. */
  takeAnswer(offer: string, answer: string): Promise<Result<void, AnswerFailure>>;
  /** RTP packets received from the caller so far; `undefined`: not available now. */
  receivedPackets(): Promise<number | undefined>;
  play(sounds: readonly Sound[]): Playback;
  bridge(target: BridgeTarget): Bridge;
  /** Ends the channel, its playback and its bridge; returns the reception statistics. Idempotent. */
  release(): Promise<ReceivedAudio | undefined>;
  /** What another process needs to take over the channel. */
  readonly record: RecordedChannel;
  /** Keeps the call's record, and the language of its prompts, with the channel: they live as long as its audio. */
  keep(record: string, language: Language): void;
  /** Leaves the channel, its playback and its bridge to another process. */
  detach(): void;
}

/** The caller's dialog in a call's record. */
export interface RecordedLine {
  /** The SIP server's id of the dialog. */
  readonly dialogId: string;
  readonly contact: string;
  /** `o=` of our last session description, up to and including its version. */
  readonly origin: string;
  /** The structure of the caller's last offer or answer. */
  readonly offer: {
    readonly kind: "sdes" | "plain";
    readonly media: readonly { readonly type: string; readonly profile: string; readonly formats: string }[];
    readonly chosen: number;
    readonly isOnHold: boolean;
  };
  /** RFC 4028; `undefined`: no session timer runs. */
  readonly session?: { readonly seconds: number; readonly refresher: "us" | "peer" } | undefined;
}

/** The caller's channel in a call's record: the dialog to the media server, and the SRTP suite of the caller's leg. */
export interface RecordedChannel {
  readonly dialogId: string;
  readonly contact: string;
  readonly suite?: string | undefined;
}

/** Reception statistics of the caller's RTP. */
export interface ReceivedAudio {
  /** RTP packets received. */
  readonly packets: number;
  /** Lost packets as a fraction of those received; 0: none lost. */
  readonly lossRate: number;
}

/** The conference to bridge to, and the caller's identity there. */
export interface BridgeTarget {
  readonly node: ConferenceNode;
  readonly route: BridgeRoute;
  readonly voiceBridge: Pin;
  /** The display name in the conference. */
  readonly label: string;
  /** The From user: BBB stores it as the caller's number, LiveKit derives name and identity from it. */
  readonly pseudonym: string;
  /** Timeout for the node's answer, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** To a conference of the node's FreeSWITCH; to a LiveKit room through that FreeSWITCH; or directly to livekit-sip. */
export type BridgeRoute = "freeswitch" | "livekit-by-node" | "livekit-direct";

export interface Bridge {
  /** The channel of the leg, unique at its media server. */
  readonly legId: string;
  /** Resolves when the node has answered or refused. */
  readonly answered: Promise<Result<BridgeFacts, BridgeFailure>>;
  /**
   * Set when the node ends an answered bridge; the caller's endpoint stays up. `lost`: the node failed or is being stopped,
   * while the conference may still run.
   */
  readonly over: Latch<"ended" | "lost">;
  /** Sends one DTMF digit to the conference. The caller's digits don't pass through the bridge otherwise. */
  send(key: Key): void;
  /** Leaves the conference, or cancels the pending leg to it. Idempotent. */
  leave(): void;
  /** RTP packets received from the node; `undefined`: not available. */
  receivedPackets(): Promise<number | undefined>;
  /** Leaves because the node is lost: sets `over` to `lost`. */
  abandon(): void;
}

export interface BridgeFacts {
  readonly codec: string;
  readonly suite: string | undefined;
}

/**
 * `node-busy`: the node's sessions of this second are used up. `name-refused`: BBB's `reject_anonymous` rejects this name.
 * `not-in-livekit`: LiveKit has no room for this number. `no-livekit`: the node has no LiveKit.
 * `no-livekit-way`: the dialplan of the node's FreeSWITCH has no extension to LiveKit.
 */
export type BridgeFailure =
  | "conference-refused"
  | "name-refused"
  | "node-busy"
  | "conference-unreachable"
  | "not-in-livekit"
  | "no-livekit"
  | "no-livekit-way";

/** The SIP target of a BBB server, as seen from the media server. */
export interface ConferenceNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly transport: "tls" | "tcp" | "udp";
  readonly srtp: "mandatory" | "optional";
}

/** A leg among the legs to one BBB server. */
export interface NodeLeg {
  /** It is watched closely on behalf of the others. */
  readonly isSentry: boolean;
  /** This leg is silent: the others look at theirs. */
  alarm(): void;
  /** Another leg becomes the sentry, if there is one. */
  stepBack(): void;
  leave(): void;
}

/** Probes the SIP port of a BBB server, independently of calls. */
export interface NodeProbe {
  /** Call while the node is known to be up: records whether its SIP port answers this host at all. */
  learn(node: ConferenceNode): void;
  /** `unknown`: the port never answered this host, e.g. a firewall admits media servers only. Never rejects. */
  ask(node: ConferenceNode): Promise<"answers" | "silent" | "unknown">;
  /** Registers a leg to this server. @param onAlarm another leg to it has become silent */
  join(node: ConferenceNode, onAlarm: () => void): NodeLeg;
}

/** The result of a lookup. An outage (`unavailable`) is never reported as a wrong PIN (`unknown`). */
export type Lookup =
  | { readonly kind: "open"; readonly conference: Conference }
  /** A front end has reserved this PIN; no BBB server runs the conference yet. */
  | { readonly kind: "not-started" }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable" };

/** The evidence for where a meeting's audio runs. */
export interface ConferenceAudio {
  /** As reported by a webhook of the server; `undefined`: not reported. */
  readonly told: AudioBridge | undefined;
  /** The default for this server; `undefined`: LiveKit is tried first. */
  readonly usual: AudioBridge | undefined;
  /** The SIP target of livekit-sip; `undefined`: the node's FreeSWITCH forwards calls to it. */
  readonly livekitNode: ConferenceNode | undefined;
}

export interface Conference {
  readonly node: ConferenceNode;
  readonly audio: ConferenceAudio;
  /** BBB's internal meeting id; new each time a room is opened. */
  readonly meetingId: string;
  /** When the meeting was created, milliseconds since 1970 by the BBB server's clock; `undefined`: unknown. */
  readonly createdAt: number | undefined;
  readonly voiceBridge: Pin;
  /** The PIN of the main room, if this is a breakout room. */
  readonly mainRoom: Pin | undefined;
}

/** Lengths of the known PINs, in digits. */
export interface PinLengths {
  readonly shortest: number;
  readonly longest: number;
}

export interface Directory {
  /** Looks up the conference with this PIN; polls the BBB servers at once if it is not in memory. */
  lookUp(pin: Pin): Promise<Lookup>;
  /** Looks up after a node has refused: polls all servers; a fresh response takes precedence over remembered meetings. */
  lookUpFresh(pin: Pin): Promise<Lookup>;
  /** `complete`: the digits are a known PIN. `longer`: they are a proper prefix of one. From memory only. */
  matchPrefix(digits: string): { readonly complete: boolean; readonly longer: boolean };
  /** The lengths of all known PINs (running and reserved, no breakout rooms), from memory; `undefined`: no known PIN. */
  readonly pinLengths: PinLengths | undefined;
  /** The default audio bridge, if it is the same on all servers; `undefined`: it differs or is determined per call. */
  readonly usualAudio: AudioBridge | undefined;
  /** Records whether the server's FreeSWITCH forwards calls to LiveKit, as a call has found. */
  noteLivekitWay(conference: Conference, works: boolean): void;
  /** Whether this PIN is a proper prefix of a running or reserved one. Polls its servers and the store: a breakout room may be newer than memory. */
  hasLongerPin(pin: Pin): Promise<boolean>;
  /** Whether this PIN is a proper prefix of another room's PIN, running or reserved; its own breakout rooms don't count. True if in doubt. */
  beginsAnother(pin: Pin): Promise<boolean>;
  /** Polls the server for this meeting, by its internal id; `unknown` if the server does not answer. */
  isStillOpen(conference: Conference): Promise<"open" | "over" | "unknown">;
  /** Calls `listener` whenever a conference with this PIN may have started; returns the unsubscribe function. */
  onOpened(pin: Pin, listener: () => void): () => void;
}
