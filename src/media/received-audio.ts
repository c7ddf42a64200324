import type { ReceivedAudio } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** Timeout for the statistics at the end of a call, in milliseconds; they are optional. */
const answerTimeoutMs = 300;

/** What `uuid_getvar` reads of the statistics. */
const packetsVariable = "rtp_audio_in_packet_count";
const lossVariable = "rtp_audio_in_jitter_loss_rate";

type Asked = Pick<FsmrfEndpoint, "uuid" | "api">;

/** RTP receive statistics of an existing channel (`switch_core_media_set_stats` in switch_core_media.c). */
export async function receivedAudio(channel: Asked, clock: Clock): Promise<ReceivedAudio | undefined> {
  const answered = statistics(channel, channel.uuid, [packetsVariable, lossVariable]).then(([packets, lossRate]) =>
    isCount(packets)
      ? { packets: Number(packets), lossRate: /^[\d.]+$/.test(lossRate ?? "") ? Number(lossRate) : 0 }
      : undefined,
  );
  return await within(clock, answerTimeoutMs, answered);
}

/**
 * The number of RTP packets that an existing channel has received, the endpoint's own or its bridged leg. It is asked for
 * all the time: FreeSWITCH reads commands byte by byte, with two system calls each (read_packet in mod_event_socket.c).
 */
export async function receivedPackets(channel: Asked, clock: Clock, uuid: string): Promise<number | undefined> {
  const answered = statistics(channel, uuid, [packetsVariable]).then(([packets]) =>
    isCount(packets) ? Number(packets) : undefined,
  );
  return await within(clock, answerTimeoutMs, answered);
}

function isCount(text: string | undefined): text is string {
  return /^\d+$/.test(text ?? "");
}

/** The commands are sent together; FreeSWITCH runs them in this order. */
async function statistics(channel: Asked, uuid: string, variables: readonly string[]): Promise<readonly string[]> {
  const ask = async (command: string, argument: string): Promise<string> =>
    await new Promise((resolve) => {
      channel.api(command, argument, (_error, event) => {
        resolve(event?.getBody().trim() ?? "");
      });
    });
  // Without `uuid_set_media_stats` FreeSWITCH sets the variables only after the channel has ended.
  const [, ...values] = await Promise.all([
    ask("uuid_set_media_stats", uuid),
    ...variables.map((variable) => ask("uuid_getvar", `${uuid} ${variable}`)),
  ]);
  return values;
}
