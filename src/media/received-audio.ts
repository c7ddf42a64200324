import type { ReceivedAudio } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** So long the end of a call waits for its statistics, in milliseconds: they are nice to have. */
const answerTimeoutMs = 300;

/** How well FreeSWITCH has received a channel that is still there, the endpoint's own or its other leg (`switch_core_media_set_stats` in its switch_core_media.c). */
export async function receivedAudio(
  channel: Pick<FsmrfEndpoint, "uuid" | "api">,
  clock: Clock,
  uuid: string = channel.uuid,
): Promise<ReceivedAudio | undefined> {
  return await new Promise((resolve) => {
    const cancelTimer = clock.after(answerTimeoutMs, () => {
      resolve(undefined);
    });
    const ask = (command: string, argument: string, done: (body: string) => void): void => {
      channel.api(command, argument, (_error, event) => {
        done(event?.getBody().trim() ?? "");
      });
    };
    // FreeSWITCH writes the variables when it is told to, and by itself only after the channel's end.
    ask("uuid_set_media_stats", uuid, () => {
      ask("uuid_getvar", `${uuid} rtp_audio_in_packet_count`, (packets) => {
        ask("uuid_getvar", `${uuid} rtp_audio_in_jitter_loss_rate`, (lossRate) => {
          cancelTimer();
          resolve(
            /^\d+$/.test(packets)
              ? { packets: Number(packets), lossRate: /^[\d.]+$/.test(lossRate) ? Number(lossRate) : 0 }
              : undefined,
          );
        });
      });
    });
  });
}
