import { PcmSource } from "../audio-source.js";
import type { Channel } from "../channel.js";
import { parseDialString } from "../dial-string.js";
import type { Execution } from "../execution.js";
import { causeNumber, type HangupCause } from "../hangup-cause.js";
import { callLeg, makeLeg } from "../outbound-leg.js";
import { renderToneScript } from "../tone-script.js";

/** `bridge {variables}sofia/...`: calls and connects. As in FreeSWITCH, uuid_break does not end it; uuid_kill of a leg does. */
export async function bridge(execution: Execution): Promise<void> {
  const { channel } = execution;
  const called = await originate(execution);
  if (typeof called === "string") {
    noteFailure(channel, called);
    return;
  }
  channel.setVariable("originate_disposition", "SUCCESS");
  channel.setVariable("DIALSTATUS", "SUCCESS");
  if (!channel.isReady) {
    called.hangUp("ORIGINATOR_CANCEL");
    return;
  }
  await connect(execution, called);
}

async function originate(execution: Execution): Promise<Channel | HangupCause> {
  const { channel, argument } = execution;
  const { engine } = channel;
  const parsed = parseDialString(argument);
  if (!parsed.ok) {
    engine.unsupported(`this dial string (${parsed.failure})`);
    return parsed.failure === "endpoint" ? "CHAN_NOT_IMPLEMENTED" : "DESTINATION_OUT_OF_ORDER";
  }
  const dial = parsed.value;
  const profile = engine.profiles.find((each) => each.name === dial.profile);
  if (profile === undefined) {
    engine.unsupported(`the SIP profile ${dial.profile}`);
    return "INVALID_PROFILE";
  }
  if (engine.channels.isFull) return "SWITCH_CONGESTION";
  const media = await engine.openMedia().catch(() => undefined);
  if (media === undefined) return "DESTINATION_OUT_OF_ORDER";
  const leg = makeLeg(channel, dial, profile, media);
  if (profile.tlsOnly && dial.transport !== "tls") {
    engine.unsupported(`transport ${dial.transport} on the profile ${profile.name}`);
    leg.setVariable("proto_specific_hangup_cause", "sip:503");
    leg.hangUp("NORMAL_TEMPORARY_FAILURE", true);
    return "NORMAL_TEMPORARY_FAILURE";
  }
  const ringback = new Ringback(execution);
  if (channel.isTrue("instant_ringback") || /^(true|yes|1)$/i.test(dial.variables.get("instant_ringback") ?? ""))
    ringback.start();
  const stopWatching = execution.onLeave(() => {
    leg.hangUp("ORIGINATOR_CANCEL");
  });
  await callLeg(leg, channel, dial, profile, () => {
    ringback.start();
  });
  stopWatching();
  ringback.stop();
  return leg.hangupCause ?? leg;
}

/** The caller's audio while the called leg rings. */
class Ringback {
  readonly #execution: Execution;
  #stop: (() => void) | undefined;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  start(): void {
    const { channel } = this.#execution;
    const spec = channel.variable(channel.answered ? "transfer_ringback" : "ringback");
    if (spec === undefined || spec === "silence" || this.#stop !== undefined) return;
    const isFile = spec.startsWith("/") || spec.includes("://");
    const tones = isFile ? undefined : renderToneScript(spec);
    const source =
      tones === undefined
        ? channel.engine.sounds.open(spec, channel.variable("sound_prefix"))
        : new PcmSource(tones, Infinity);
    if (source === undefined) channel.engine.unsupported("this ringback");
    else this.#stop = channel.output.play(source, this.#execution).stop;
  }

  stop(): void {
    this.#stop?.();
  }
}

/** switch_channel_handle_cause: effect of a failed call on the caller. */
function noteFailure(channel: Channel, cause: HangupCause): void {
  channel.setVariable("originate_disposition", cause);
  channel.setVariable("originate_failed_cause", cause);
  channel.setVariable("DIALSTATUS", dialStatus(cause));
  if (channel.isDown) return;
  const go = channel.variable("continue_on_fail");
  if (go !== undefined) {
    const listed = go
      .toUpperCase()
      .split(",")
      .some((each) => each === cause || each === String(causeNumber(cause)));
    if (channel.isTrue("continue_on_fail") || listed) return;
  } else if (cause === "NO_ANSWER" || cause === "NO_USER_RESPONSE" || cause === "ORIGINATOR_CANCEL") {
    return;
  }
  channel.hangUp(cause);
}

function dialStatus(cause: HangupCause): string {
  switch (cause) {
    case "ORIGINATOR_CANCEL":
      return "CANCEL";
    case "USER_BUSY":
      return "BUSY";
    case "NO_ANSWER":
      return "NOANSWER";
    case "DESTINATION_OUT_OF_ORDER":
    case "INVALID_PROFILE":
      return "INVALIDARGS";
    case "CALL_REJECTED":
      return "DONTCALL";
    default:
      return cause;
  }
}

async function connect(execution: Execution, called: Channel): Promise<void> {
  const { channel } = execution;
  const legs = [
    ["Bridge-A-Unique-ID", channel.uuid],
    ["Bridge-B-Unique-ID", called.uuid],
  ] as const;
  const bridgedAt = Date.now() * 1000;
  channel.times.bridged = bridgedAt;
  called.times.bridged = bridgedAt;
  channel.fire("CHANNEL_BRIDGE", [], legs);
  bond(channel, called);
  bond(called, channel);
  called.enter("CS_EXCHANGE_MEDIA");
  const stopRelay = relay(execution, called);
  await eitherLeaves(channel, called);
  stopRelay();
  // A leg that ends while its peer holds it ends the other leg too (switch_ivr_bridge.c, end of audio_bridge_thread).
  if (called.isDown && called.farHold.isOn) channel.hangUp("NORMAL_CLEARING");
  // A transfer of the caller (switch_ivr_bridge.c, audio_bridge_on_exchange_media).
  if (!channel.isReady && !channel.isDown) called.hangUp("NORMAL_CLEARING");
  if (channel.hangupCause !== undefined) {
    called.setVariable("bridge_hangup_cause", channel.hangupCause);
    called.hangUp(channel.hangupCause);
  } else if (called.hangupCause !== undefined) {
    channel.setVariable("bridge_hangup_cause", called.hangupCause);
  }
  channel.setVariable("bridge_to", undefined);
  channel.fire("CHANNEL_UNBRIDGE", [], legs);
  if (!channel.isReady) return;
  if (channel.isTrue("park_after_bridge")) channel.enter("CS_PARK");
  else if (channel.isTrue("hangup_after_bridge")) channel.hangUp(called.hangupCause ?? "NORMAL_CLEARING");
}

function bond(channel: Channel, other: Channel): void {
  for (const name of ["bridge_to", "last_bridge_to", "bridge_uuid", "signal_bond"])
    channel.setVariable(name, other.uuid);
  channel.setVariable("bridge_channel", other.name);
}

/** Relays packets and digits between the legs, except while another application runs on the caller's leg. */
function relay(execution: Execution, called: Channel): () => void {
  const { channel } = execution;
  channel.media.onPayload = (payload, codec) => {
    if (execution.isInnermost && !channel.farHold.isOn) called.output.relay(payload, codec);
  };
  called.media.onPayload = (payload, codec) => {
    if (execution.isInnermost && !called.farHold.isOn) channel.output.relay(payload, codec);
  };
  called.digits.onIdleDigit = ({ digit, durationMs }) => {
    channel.sendDigit(digit, durationMs);
  };
  channel.output.relayed = true;
  called.output.relayed = true;
  called.output.fillsGaps = (channel.variable("bridge_generate_comfort_noise") ?? "0") !== "0";
  // As in FreeSWITCH: read at the start of the bridge, from the caller's leg, for the caller's digits only.
  const filtersDigits = channel.isTrue("bridge_filter_dtmf");
  execution.takeDigits(({ digit, durationMs }) => {
    if (!filtersDigits) called.sendDigit(digit, durationMs);
  });
  return () => {
    execution.digitTaker = undefined;
    called.digits.onIdleDigit = () => undefined;
    for (const leg of [channel, called]) {
      leg.media.onPayload = undefined;
      leg.output.relayed = false;
    }
  };
}

async function eitherLeaves(one: Channel, other: Channel): Promise<void> {
  const stops: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    for (const channel of [one, other]) stops.push(channel.routing.onLeave(resolve));
  });
  for (const stop of stops) stop();
}
