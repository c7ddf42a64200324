import type { ReceivedAudio } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** Timeout for the statistics at the end of a call, in milliseconds; they are optional. */
const answerTimeoutMs = 300;

/** RTP receive statistics of an existing channel, the endpoint's own or its bridged leg (`switch_core_media_set_stats` in switch_core_media.c). */
export async function receivedAudio(
  channel: Pick<FsmrfEndpoint, "uuid" | "api">,
  clock: Clock,
  uuid: string = channel.uuid,
): Promise<ReceivedAudio | undefined> {
  const answered = new Promise<ReceivedAudio | undefined>((resolve) => {
    const ask = (command: string, argument: string, done: (body: string) => void): void => {
      channel.api(command, argument, (_error, event) => {
        done(event?.getBody().trim() ?? "");
      });
    };
    // Without `uuid_set_media_stats` FreeSWITCH sets the variables only after the channel has ended.
    ask("uuid_set_media_stats", uuid, () => {
      ask("uuid_getvar", `${uuid} rtp_audio_in_packet_count`, (packets) => {
        ask("uuid_getvar", `${uuid} rtp_audio_in_jitter_loss_rate`, (lossRate) => {
          resolve(
            /^\d+$/.test(packets)
              ? { packets: Number(packets), lossRate: /^[\d.]+$/.test(lossRate) ? Number(lossRate) : 0 }
              : undefined,
          );
        });
      });
    });
  });
  return await within(clock, answerTimeoutMs, answered);
}
