import type { Bridge, BridgeFacts, BridgeFailure, BridgeRoute, BridgeTarget } from "../call/interfaces.js";
import { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import type { FsEvent } from "./channel-connection.js";
import { bbbProfile } from "./sofia-status.js";

/** Strongest first; BBB's FreeSWITCH supports all of them. */
const suites = ["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"];

/** Codecs that BBB's FreeSWITCH and SIP trunks share, in order of preference. */
const codecs = ["PCMA", "PCMU", "G722"];

/**
 * The argument of FreeSWITCH's `bridge` for the leg to a BBB server. The caller's codec is offered first to avoid
 * transcoding.
 * @param profile the sofia profile that calls BBB servers
 * @param legId the UUID of the new leg
 */
export function dialString(target: BridgeTarget, profile: string, legId: string, callerCodec: string): string {
  const { node, label, pseudonym } = target;
  const order = [callerCodec, ...codecs.filter((codec) => codec !== callerCodec)].filter((codec) =>
    codecs.includes(codec),
  );
  const variables = {
    origination_uuid: legId,
    origination_caller_id_name: `'${label}'`,
    origination_caller_id_number: pseudonym,
    sip_from_display: `'${label}'`,
    sip_cid_type: "none",
    absolute_codec_string: `^^:${order.join(":")}`,
    rtp_secure_media_outbound: `${node.srtp}:${suites.join(":")}`,
    leg_timeout: String(Math.max(1, Math.ceil(target.answerTimeoutMs / 1_000))),
    instant_ringback: "true",
    // Otherwise a caller on hold gets a leg that stays one-way (see `direction.ts`).
    origination_audio_mode: "sendrecv",
    // FreeSWITCH follows a 3xx to any host: keep PIN and label on the BBB server that the directory returned.
    outbound_redirect_fatal: "true",
  };
  const list = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const host = node.host.includes(":") ? `[${node.host}]` : node.host;
  return `{${list.join(",")}}sofia/${profile}/${destinationOf(target)}@${host}:${node.port};transport=${node.transport}`;
}

/** The BBB server's dialplan: the voice bridge alone is its FreeSWITCH, `livekit-` is 02_einwahl_livekit.xml. */
function destinationOf({ route, voiceBridge }: BridgeTarget): string {
  return route === "livekit-by-node" ? `livekit-${voiceBridge.reveal()}` : voiceBridge.reveal();
}

/** The sofia profile for this BBB server. */
export function profileFor(target: BridgeTarget, plainProfile: string): string {
  return target.node.transport === "tls" ? bbbProfile : plainProfile;
}

/** Hang-up causes without a response from the BBB server; every other cause comes from its response. */
const unreachable: ReadonlySet<string> = new Set([
  "NO_ANSWER",
  "NO_USER_RESPONSE",
  "RECOVERY_ON_TIMER_EXPIRE",
  "NORMAL_TEMPORARY_FAILURE",
  "DESTINATION_OUT_OF_ORDER",
  "NETWORK_OUT_OF_ORDER",
  "ALLOTTED_TIMEOUT",
  "PROGRESS_TIMEOUT",
  "GATEWAY_DOWN",
]);

/** Hang-up causes of an answered leg that mean the BBB server failed, not that the conference ended. */
const nodeLost: ReadonlySet<string> = new Set([...unreachable, "MEDIA_TIMEOUT", "SYSTEM_SHUTDOWN"]);

/** Reason phrase of mod_sofia's 503 when `sessions-per-second` or `max-sessions` is reached. */
const noSessionFree = "Maximum Calls In Progress";

/** Reason phrases of freeswitch/bbb-node/02_einwahl_livekit.xml. */
const noRoom = "No LiveKit Room";
const notInstalled = "No LiveKit";
const notAnswering = "LiveKit Not Answering";

/** FreeSWITCH's Reason header during its shutdown (cause 701); the hang-up cause is just NORMAL_CLEARING. */
const systemShutdown = /^SIP\s*;\s*cause\s*=\s*701\b/i;

/** FreeSWITCH copies these from the leg to the caller's channel; values of an earlier leg persist unless they are unset. */
export const bridgeVariables = ["sip_invite_failure_status", "sip_invite_failure_phrase", "sip_reason"] as const;
type BridgeVariable = (typeof bridgeVariables)[number];

/** Reports of FreeSWITCH's `bridge` application. */
export interface BridgeSignals {
  /** The legs are bridged. */
  readonly connected: (facts: Promise<BridgeFacts>) => void;
  /** The application has ended. */
  readonly completed: (event: FsEvent | undefined) => void;
}

/** Turns FreeSWITCH's reports into the `Bridge` that a call awaits. */
export function watchBridge(
  commands: Pick<Bridge, "legId" | "leave" | "send" | "receivedPackets">,
  route: BridgeRoute,
): { readonly bridge: Bridge; readonly signals: BridgeSignals } {
  let settleAnswered: (outcome: Result<BridgeFacts, BridgeFailure>) => void = () => undefined;
  let failAnswered: (error: unknown) => void = () => undefined;
  const over = new Latch<"ended" | "lost">();
  const bridge: Bridge = {
    answered: new Promise((resolve, reject) => {
      settleAnswered = resolve;
      failAnswered = reject;
    }),
    over,
    ...commands,
    abandon: () => {
      over.set("lost");
      commands.leave();
    },
  };
  const signals: BridgeSignals = {
    connected: (facts) => {
      // If the leg ends before its facts are read, `completed` has settled `answered` already.
      facts.then((value) => {
        settleAnswered(success(value));
      }, failAnswered);
    },
    completed: (event) => {
      settleAnswered(failure(failureOf(event, route)));
      over.set(isNodeLost(event) ? "lost" : "ended");
    },
  };
  return { bridge, signals };
}

function failureOf(event: FsEvent | undefined, route: BridgeRoute): BridgeFailure {
  const status = variable(event, "sip_invite_failure_status");
  const phrase = variable(event, "sip_invite_failure_phrase");
  if (status === "603") return "name-refused";
  if (status === "503" && phrase === noSessionFree) return "node-busy";
  if (route === "livekit-by-node") {
    if (phrase === noRoom) return "not-in-livekit";
    if (phrase === notInstalled) return "no-livekit";
    if (phrase === notAnswering) return "conference-unreachable";
    // BBB's dialplan responds 480 to unknown sources and destinations, a stock dialplan 404.
    if (status === "480" || status === "404") return "no-livekit-way";
  }
  if (route === "livekit-direct" && status === "404") return "not-in-livekit";
  return unreachable.has(variable(event, "originate_disposition") ?? variable(event, "last_bridge_hangup_cause") ?? "")
    ? "conference-unreachable"
    : "conference-refused";
}

function isNodeLost(event: FsEvent | undefined): boolean {
  return (
    nodeLost.has(variable(event, "bridge_hangup_cause") ?? "") ||
    systemShutdown.test(variable(event, "sip_reason") ?? "")
  );
}

function variable(
  event: FsEvent | undefined,
  name: BridgeVariable | "originate_disposition" | "last_bridge_hangup_cause" | "bridge_hangup_cause",
): string | undefined {
  return event?.getHeader(`variable_${name}`) ?? undefined;
}
