import type { ReceivedAudio } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** Timeout for the statistics at the end of a call, in milliseconds; they are optional. */
const answerTimeoutMs = 300;

/** What `uuid_getvar` reads of the statistics. */
const packetsVariable = "rtp_audio_in_packet_count";

type Asked = Pick<FsmrfEndpoint, "uuid" | "api">;

/**
 * RTP receive statistics of an existing channel, once: each `mediaStats` of FreeSWITCH 1.10.12 takes 4 kB of the channel's
 * memory until its end (switch_rtp_get_stats), but is one command.
 */
export async function receivedAudio(channel: Asked, clock: Clock): Promise<ReceivedAudio | undefined> {
  const asked = `{"command":"mediaStats","data":{"uuid":"${channel.uuid}"}}`;
  return await within(clock, answerTimeoutMs, ask(channel, "json", asked).then(audioOf));
}

/** `audio` of the response; the names are those in mod_commands.c (jsonify_stats). */
function audioOf(response: string): ReceivedAudio | undefined {
  const packets = /"in_packet_count":(\d+)/.exec(response)?.[1];
  const lossRate = /"in_jitter_loss_rate":([\d.]+)/.exec(response)?.[1];
  return packets === undefined ? undefined : { packets: Number(packets), lossRate: Number(lossRate ?? 0) };
}

/**
 * The number of RTP packets that an existing channel has received, the endpoint's own or its bridged leg. It is asked for
 * all the time: FreeSWITCH reads commands byte by byte, with two system calls each (read_packet in mod_event_socket.c).
 */
export async function receivedPackets(channel: Asked, clock: Clock, uuid: string): Promise<number | undefined> {
  // Sent together; FreeSWITCH runs them in this order. Without the first it sets the variable only after the channel's end.
  const answered = Promise.all([
    ask(channel, "uuid_set_media_stats", uuid),
    ask(channel, "uuid_getvar", `${uuid} ${packetsVariable}`),
  ]).then(([, packets]) => (/^\d+$/.test(packets) ? Number(packets) : undefined));
  return await within(clock, answerTimeoutMs, answered);
}

async function ask(channel: Asked, command: string, argument: string): Promise<string> {
  return await new Promise((resolve) => {
    channel.api(command, argument, (_error, event) => {
      resolve(event?.getBody().trim() ?? "");
    });
  });
}
