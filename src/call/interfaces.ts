/**
 * What the life of a call needs from the outside. `sip/`, `media/`, `bbb/` and `trunk/` implement these;
 * the call knows neither drachtio nor FreeSWITCH nor BBB's API.
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

/** What the caller's SDP asks for; `none`: there is no SDP, the caller expects our offer. */
export type OfferKind = "sdes" | "plain" | "none" | "unusable" | "unsupported-body";

/** The trunk's view of an INVITE that it lets in, with the caller's number. */
export interface Admission extends Omit<Admitted, "caller"> {
  readonly caller: Caller;
}

/** What is kept of an INVITE that has been let in. */
export interface Admitted {
  readonly origin: Origin;
  readonly trunk: string;
  /** The most calls at a time over this trunk; `undefined`: no limit of its own. */
  readonly channels: number | undefined;
  /** The header that named the dialled number; `undefined` for einwahl's calls to itself. */
  readonly calledNumberFrom: CalledNumberHeader | undefined;
  /** The dialled number's languages, the first of which the caller is greeted in. */
  readonly languages: readonly [Language, ...Language[]];
  readonly caller: KnownCaller;
  readonly srtp: "mandatory" | "optional";
}

/** `synthetic`: placed by einwahl to test itself. It takes no slot, and only the log shows it. */
export type Origin = "regular" | "synthetic";

/** Why there is no place for a call. */
export type SlotRefusal = "too-many-calls" | "trunk-busy" | "number-busy" | "withheld-busy";

/** Meetings, by BBB's internal id, from which a caller without a usable number was removed. */
export interface WithheldRemovals {
  add(meetingId: string): Promise<void>;
  has(meetingId: string): Promise<boolean>;
}

/** What carries a meeting's audio; BBB's word for it. */
export type AudioBridge = "freeswitch" | "livekit";

/** What is known of meetings' audio, by BBB's internal id, after a restart too. */
export interface AudioBridges {
  add(meetingId: string, bridge: AudioBridge): Promise<void>;
  of(meetingId: string): Promise<AudioBridge | undefined>;
}

/**
 * Numbers from 0 up that tell apart the calls of one caller in one meeting: LiveKit ends the first of two participants that
 * have the same identity.
 */
export interface IdentityClaims {
  /** The lowest free number of this identity; `undefined`: none can be had. */
  claim(identity: string): Promise<number | undefined>;
  release(identity: string, claimed: number): Promise<void>;
}

/** A call that has come in and is not answered yet. */
export interface IncomingCall {
  /** After `forgetCaller` it says nothing of the caller. */
  readonly invite: InviteFacts;
  readonly offer: OfferKind;
  /** What is wrong with the INVITE itself, from any sender. */
  readonly flaw: "bad-extension" | "bad-contact" | undefined;
  /** Set once, when the signalling side is over: CANCEL, BYE, a lost ACK, the SIP server gone. */
  readonly gone: Latch<EndCause>;
  /** The caller's SDP in the form the media server takes; "" when the INVITE had none. */
  readonly mediaOffer: string;
  /** Drops what the INVITE says of the caller; comes once, with the admission. */
  forgetCaller(): void;
  ring(): void;
  refuse(answer: SipAnswer): void;
  /** Accepts with the media server's answer; fails when the caller has cancelled or the SIP server is gone. */
  accept(sdp: string, endpoint: CallerEndpoint): Promise<Result<void, EndCause>>;
  /** Accepts an INVITE without SDP with the media server's offer; the caller's answer comes with the ACK. */
  acceptOffering(offer: string): Promise<Result<{ readonly answer: Promise<string> }, EndCause>>;
  /** What the caller wants in mid-call goes to this endpoint from now on; `accept` does this by itself. */
  attach(endpoint: CallerEndpoint): void;
  /** The caller has announced that no RTP comes: a hold, or no audio at all. */
  readonly isOnHold: boolean;
  /** Asks within the dialog; where the caller's side has ended the call, `gone` is set before this settles. */
  askPresence(): Promise<Presence>;
  /** Ends an accepted call; settles when the BYE is answered or can't be. */
  hangUp(reasonHeader: string): Promise<void>;
}

/** The trunks, which know whose calls come in and for which numbers. */
export interface Trunks {
  admit(invite: InviteFacts): Result<Admission, "unknown-source" | "unknown-number">;
}

/** The media servers, of which one is chosen for the call. */
export interface MediaServers {
  /** Reserves a channel and answers the caller's offer. */
  openEndpoint(offer: string, srtp: Admitted["srtp"]): Promise<Result<CallerEndpoint, MediaFailure>>;
  /** Reserves a channel that makes the offer itself (RFC 3261 section 13.2.1: an INVITE may come without one). */
  openOffer(srtp: Admitted["srtp"]): Promise<Result<OfferingEndpoint, MediaFailure>>;
}

/** A channel that has made an offer and waits for the caller's answer. */
export interface OfferingEndpoint {
  readonly offer: string;
  complete(answer: string): Promise<Result<CallerEndpoint, MediaFailure>>;
  /** Ends the channel, completed or not; may be called more than once. */
  release(): Promise<ReceivedAudio | undefined>;
}

export type MediaFailure = "media-unavailable" | "unusable-offer";

/** `plain-rtp`: the media server would go on without SRTP in a call that had it. */
export type RenegotiationFailure = "unusable-offer" | "plain-rtp";

/** `other-suite`: the media server can't change the SRTP suite of a call that is up. */
export type AnswerFailure = RenegotiationFailure | "other-suite";

/**
 * Whether the caller's side still has the call: it says so, has ended it, can't be reached, or has not been asked, as einwahl is
 * not connected to drachtio.
 */
export type Presence = "there" | "gone" | "unreachable" | "unknown";

export type Sound =
  | { readonly prompt: PromptName; readonly language: Language }
  | { readonly silenceMs: number }
  | { readonly music: "hold" };

/** Sound on its way to the caller. */
export interface Playback {
  /** Settles when all has been played, was stopped, or could not be played. */
  readonly finished: Promise<"played" | "stopped" | "failed">;
  stop(): void;
}

/** The caller's channel on a media server. */
export interface CallerEndpoint {
  /** The answer to the caller's offer. */
  readonly sdp: string;
  readonly codec: string;
  /** The SRTP suite on the caller's side, `undefined` for plain RTP. */
  readonly suite: string | undefined;
  readonly mediaServer: string;
  /** Set once, when the channel is gone without having been released. */
  readonly gone: Latch<EndCause>;
  /** Follows the caller's SDP. */
  readonly hold: Hold;
  /** The keys that the caller has pressed and nobody has read. */
  readonly dtmf: DtmfBuffer;
  /** A key that came by SIP INFO: it is among `keys` unless its press counts as an RFC 4733 event. */
  pressed(key: string): void;
  /** Takes the caller's new SDP (hold, new keys, moved RTP); gives the answer. */
  renegotiate(offer: string): Promise<Result<string, RenegotiationFailure>>;
  /** An offer as for a new call. */
  newOffer(): string;
  /** Takes the caller's answer to an offer of ours, made of `newOffer` or of `sdp`. */
  takeAnswer(offer: string, answer: string): Promise<Result<void, AnswerFailure>>;
  /** RTP packets that have come from the caller so far; `undefined`: can't be told now. */
  receivedPackets(): Promise<number | undefined>;
  play(sounds: readonly Sound[]): Playback;
  bridge(target: BridgeTarget): Bridge;
  /** Ends the channel and everything that belongs to it; may be called more than once. Tells how well the caller was heard. */
  release(): Promise<ReceivedAudio | undefined>;
}

/** What has come from the caller; `undefined` where it can't be told any more. */
export interface ReceivedAudio {
  /** RTP packets. */
  readonly packets: number;
  /** Packets that got lost on the way, as a share of those that came: 0 for none. */
  readonly lossRate: number;
}

/** Where the conference is, and as whom the caller enters it. */
export interface BridgeTarget {
  readonly node: ConferenceNode;
  readonly route: BridgeRoute;
  readonly voiceBridge: Pin;
  /** The name that the conference shows. */
  readonly label: string;
  /** The From user: what BBB keeps as the caller's number, and what LiveKit makes name and identity of. */
  readonly pseudonym: string;
  /** How long the node may take to answer, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** Into a conference of the node's FreeSWITCH; into a LiveKit room by way of that FreeSWITCH; or straight to livekit-sip. */
export type BridgeRoute = "freeswitch" | "livekit-by-node" | "livekit-direct";

export interface Bridge {
  /** Settles when the node has answered or refused. */
  readonly answered: Promise<Result<BridgeFacts, BridgeFailure>>;
  /**
   * Set when an answered bridge is over from the node's side; the caller's endpoint lives on. `lost`: the node is gone or
   * being stopped, and not the conference.
   */
  readonly over: Latch<"ended" | "lost">;
  /** The caller's keys stay with einwahl; this one goes to the conference. */
  send(key: Key): void;
  /** Takes the caller out of the conference, or gives up getting there; may be called more than once. */
  leave(): void;
  /** RTP packets that have come from the node; `undefined`: it can't be told. */
  receivedPackets(): Promise<number | undefined>;
  /** Leaves because the node is gone: `over` is `lost`. */
  abandon(): void;
}

export interface BridgeFacts {
  readonly codec: string;
  readonly suite: string | undefined;
}

/**
 * `node-busy`: no session free on the node in this second. `name-refused`: it takes no caller with this name (BBB's `reject_anonymous`).
 * `not-in-livekit`: LiveKit has no room for this number. `no-livekit`: the node has no LiveKit. `no-livekit-way`: the node's FreeSWITCH has no dialplan that leads to LiveKit.
 */
export type BridgeFailure =
  | "conference-refused"
  | "name-refused"
  | "node-busy"
  | "conference-unreachable"
  | "not-in-livekit"
  | "no-livekit"
  | "no-livekit-way";

/** A BBB server as the media server reaches it. */
export interface ConferenceNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly transport: "tls" | "tcp" | "udp";
  readonly srtp: "mandatory" | "optional";
}

/** Whether the SIP port of a BBB server answers, apart from any call. */
export interface NodeProbe {
  /** The node is well now: finds out whether `ask` could tell the difference from here. */
  learn(node: ConferenceNode): void;
  /** `unknown`: it did not answer before either, as behind a firewall that lets in the media servers only. Never rejects. */
  ask(node: ConferenceNode): Promise<"answers" | "silent" | "unknown">;
}

/** Where a conference is. The outcomes are never mixed: an outage is not a wrong PIN. */
export type Lookup =
  | { readonly kind: "open"; readonly conference: Conference }
  /** A front end has reserved this PIN for a room; no BBB server has the conference yet. */
  | { readonly kind: "not-started" }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable" };

/** Where a meeting's audio runs. */
export interface ConferenceAudio {
  /** What a webhook of the server has said; `undefined`: none has. */
  readonly told: AudioBridge | undefined;
  /** What holds where nothing is known of the meeting; `undefined`: LiveKit is asked. */
  readonly usual: AudioBridge | undefined;
  /** livekit-sip itself; `undefined`: the node's FreeSWITCH hands calls on to it. */
  readonly livekitNode: ConferenceNode | undefined;
}

export interface Conference {
  readonly node: ConferenceNode;
  readonly audio: ConferenceAudio;
  /** BBB's internal meeting id: a new one each time a room is opened. */
  readonly meetingId: string;
  /** When the meeting was created, milliseconds since 1970 by the BBB server's clock; `undefined`: unknown. */
  readonly createdAt: number | undefined;
  readonly voiceBridge: Pin;
  /** The PIN of the main room, when this is one of its breakout rooms. */
  readonly mainRoom: Pin | undefined;
}

/** Of known PINs, in digits. */
export interface PinLengths {
  readonly shortest: number;
  readonly longest: number;
}

export interface Directory {
  /** The conference with this PIN, asked of the BBB servers at once when it is not known. */
  lookUp(pin: Pin): Promise<Lookup>;
  /** Looks again after a node has refused: all servers are asked, and what one of them answers counts before what is remembered of another. */
  lookUpFresh(pin: Pin): Promise<Lookup>;
  /** Whether the digits are a known PIN, and whether a known PIN goes on after them. In memory. */
  matchPrefix(digits: string): { readonly complete: boolean; readonly longer: boolean };
  /** The lengths of all known PINs, running and reserved, without those of breakout rooms, from memory; `undefined`: none is known. */
  readonly pinLengths: PinLengths | undefined;
  /** What carries the audio of every meeting of which nothing else is known; `undefined`: it differs, or is asked of the node. */
  readonly usualAudio: AudioBridge | undefined;
  /** A call has found out whether the server's FreeSWITCH hands calls on to LiveKit. */
  noteLivekitWay(conference: Conference, works: boolean): void;
  /** Whether a running or reserved PIN goes on after this one, asked of the servers that have it and of the store: a breakout room may be newer than what is known. */
  hasLongerPin(pin: Pin): Promise<boolean>;
  /** Whether the PIN of another room, running or reserved, goes on after this one; its own breakout rooms don't count. True where that can't be ruled out. */
  beginsAnother(pin: Pin): Promise<boolean>;
  /** Whether this very meeting still exists, asked of its server; `unknown` when that does not answer. */
  isStillOpen(conference: Conference): Promise<"open" | "over" | "unknown">;
  /** Calls back whenever a conference with this PIN may have come up; the returned function ends the interest. */
  onOpened(pin: Pin, listener: () => void): () => void;
}
