import type { MediaSession } from "../../softphone/rtp/media-session.js";

/** The channel variables of FreeSWITCH's media layer; `undefined` removes one. */
export function mediaVariables(media: MediaSession): ReadonlyMap<string, string | undefined> {
  const { codec, suite, telephoneEvent } = media;
  const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  return new Map([
    ["switch_r_sdp", media.remoteSdp],
    ["rtp_local_sdp_str", withoutRefusedLines(media.localSdp)],
    ["local_media_ip", media.localAddress],
    ["local_media_port", String(media.port)],
    ["advertised_media_ip", media.localAddress],
    ["remote_media_ip", media.remoteAddress],
    ["remote_media_port", text(media.remotePort)],
    ["rtp_use_codec_name", codec],
    ["rtp_use_codec_rate", "8000"],
    ["rtp_use_codec_ptime", "20"],
    ["rtp_use_codec_channels", "1"],
    ["rtp_last_audio_codec_string", codec === undefined ? undefined : `${codec}@8000h@20i@1c`],
    ["rtp_use_pt", text(media.payloadType)],
    ["read_codec", codec],
    ["read_rate", "8000"],
    ["write_codec", codec],
    ["write_rate", "8000"],
    ["dtmf_type", telephoneEvent === undefined ? "info" : "rfc2833"],
    ["rtp_2833_send_payload", text(telephoneEvent)],
    ["rtp_2833_recv_payload", text(telephoneEvent)],
    ["rtp_has_crypto", suite],
    ["rtp_secure_media_negotiated", suite],
    [
      "srtp_remote_audio_crypto_key",
      new RegExp(`^a=crypto:(\\d+ ${suite ?? "-"} .*?)\\r?$`, "im").exec(media.remoteSdp)?.[1],
    ],
    ["rtp_secure_audio_confirmed", suite === undefined ? undefined : "true"],
  ]);
}

/** The variables that `uuid_set_media_stats` adds. */
export function mediaStatistics(media: MediaSession): ReadonlyMap<string, string> {
  const stats = media.stats();
  return new Map([
    ["rtp_audio_in_packet_count", String(stats.packetsIn)],
    ["rtp_audio_in_media_packet_count", String(stats.packetsIn)],
    ["rtp_audio_in_skip_packet_count", String(stats.lost)],
    ["rtp_audio_in_jitter_loss_rate", (stats.lost / Math.max(1, stats.packetsIn)).toFixed(2)],
    ["rtp_audio_in_flush_packet_count", String(stats.rejected)],
    ["rtp_audio_out_packet_count", String(stats.packetsOut)],
    ["rtp_audio_out_media_packet_count", String(stats.packetsOut)],
  ]);
}

/** Observed with FreeSWITCH: the variable omits m= lines that the answer on the wire rejects with port 0. */
function withoutRefusedLines(sdp: string): string {
  return sdp
    .split(/^(?=m=)/m)
    .filter((section) => !/^m=\S+ 0 /.test(section))
    .join("");
}
