import { failure, type Result, success } from "../../util/result.js";
import type { CodecName } from "./g711.js";
import type { CryptoLine } from "./sdes.js";
import type { Direction, MediaProfile, NegotiationFailure, RemoteMedia } from "./sdp.js";
import type { SuiteName } from "./srtp.js";

/** none: plain RTP only. optional: SRTP if the peer supports it. mandatory: SRTP only. */
export type SrtpPolicy = "none" | "optional" | "mandatory";

export interface OfferOptions {
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpPolicy;
  readonly suites?: readonly SuiteName[];
  /** Default: RTP/SAVP with `mandatory`, RTP/AVP (with crypto lines when `optional`) otherwise. `both` offers a secure and a plain m= line. */
  readonly profile?: MediaProfile | "both";
  /** Default: sendrecv. */
  readonly direction?: Direction;
}

export interface AnswerOptions {
  /** In our order of preference; the offer's order decides among them (RFC 3264 section 6.1). */
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpPolicy;
  /** The accepted suites; the offer's order decides among them (RFC 4568 section 5.1.2). */
  readonly suites?: readonly SuiteName[];
  /** Accept a=crypto lines in an RTP/AVP m= line too, as FreeSWITCH does with rtp_allow_crypto_in_avp. */
  readonly cryptoInAvp?: boolean;
  /** Create a new own key even if the peer's key is unchanged. */
  readonly newKey?: boolean;
  /**
   * `livekit`: the first audio line of any profile, our order of codecs and suites; without encryption the
   * crypto lines are ignored and the answer is RTP/AVP (livekit/media-sdk `sdp/offer.go`).
   */
  readonly manner?: "rfc3264" | "livekit";
}

export interface ChosenMedia {
  readonly media: RemoteMedia;
  readonly codec: { readonly name: CodecName; readonly payloadType: number };
  readonly crypto: CryptoLine | undefined;
}

/** Selects m= line, codec and crypto of an offer; a secure line is preferred to a plain one. */
export function chooseFromOffer(
  lines: readonly RemoteMedia[],
  options: AnswerOptions,
  suites: readonly SuiteName[],
): Result<ChosenMedia, NegotiationFailure> {
  const audio = lines.filter((line) => line.type === "audio" && line.port !== 0);
  if (options.manner === "livekit") return chooseAsLiveKit(audio[0], options, suites);
  const known = audio.filter((line) => line.protocol === "RTP/AVP" || line.protocol === "RTP/SAVP");
  let last: NegotiationFailure = { kind: "noAudio", detail: "no RTP/AVP or RTP/SAVP audio line" };
  if (options.srtp !== "none") {
    for (const media of known) {
      const isSecure = media.protocol === "RTP/SAVP" || (options.cryptoInAvp === true && media.hadCrypto);
      if (!isSecure) continue;
      const crypto = media.crypto.find((line) => suites.includes(line.suite));
      if (crypto === undefined) {
        last = { kind: "noCommonSuite", detail: "no crypto suite in common" };
        continue;
      }
      const codec = commonCodec(media, options.codecs);
      if (codec !== undefined) return success({ media, codec, crypto });
      last = { kind: "noCommonCodec", detail: "no codec in common" };
    }
  }
  if (options.srtp === "mandatory") {
    return failure(last.kind === "noAudio" ? { kind: "secureMediaRequired", detail: "SRTP required" } : last);
  }
  for (const media of known) {
    if (media.protocol !== "RTP/AVP") {
      if (options.srtp === "none") last = { kind: "secureMediaRefused", detail: "SRTP is not supported here" };
      continue;
    }
    const codec = commonCodec(media, options.codecs);
    if (codec !== undefined) return success({ media, codec, crypto: undefined });
    last = { kind: "noCommonCodec", detail: "no codec in common" };
  }
  return failure(last);
}

function chooseAsLiveKit(
  media: RemoteMedia | undefined,
  options: AnswerOptions,
  suites: readonly SuiteName[],
): Result<ChosenMedia, NegotiationFailure> {
  if (media === undefined) return failure({ kind: "noAudio", detail: "no audio line" });
  const [name] = options.codecs.filter((own) => media.codecs.some((codec) => codec.name === own));
  const codec = media.codecs.find((offered) => offered.name === name);
  if (codec === undefined) return failure({ kind: "noCommonCodec", detail: "no codec in common" });
  const [suite] =
    options.srtp === "none" ? [] : suites.filter((own) => media.crypto.some((line) => line.suite === own));
  const crypto = media.crypto.find((line) => line.suite === suite);
  if (crypto === undefined && options.srtp === "mandatory")
    return failure({ kind: "noCommonSuite", detail: "no crypto suite in common" });
  return success({ media, codec, crypto });
}

export interface OfferedMedia {
  readonly codecs: readonly CodecName[];
  readonly srtp: SrtpPolicy;
  readonly crypto: readonly CryptoLine[];
}

/** Checks an answer against our offer. */
export function readAnswer(
  lines: readonly RemoteMedia[],
  offered: OfferedMedia,
): Result<ChosenMedia & { readonly local: CryptoLine | undefined }, NegotiationFailure> {
  const media = lines.find((line) => line.type === "audio" && line.port !== 0);
  if (media === undefined) return failure({ kind: "noAudio", detail: "audio refused" });
  const codec = commonCodec(media, offered.codecs);
  if (codec === undefined) return failure({ kind: "noCommonCodec", detail: "no codec in common" });
  // An answer that repeats one of our lines (tag and suite) accepts it in any profile: FreeSWITCH answers SAVP to AVP.
  const crypto = media.crypto.find((line) =>
    offered.crypto.some((ours) => ours.tag === line.tag && ours.suite === line.suite),
  );
  const local = crypto === undefined ? undefined : offered.crypto.find((ours) => ours.tag === crypto.tag);
  if (local === undefined && (media.protocol !== "RTP/AVP" || offered.srtp === "mandatory")) {
    return failure({ kind: "secureMediaNotOffered", detail: "the answer has no usable crypto line" });
  }
  return success({ media, codec, crypto, local });
}

function commonCodec(media: RemoteMedia, codecs: readonly CodecName[]): ChosenMedia["codec"] | undefined {
  return media.codecs.find((codec) => codecs.includes(codec.name));
}

/** Our direction in the answer to the peer's (RFC 3264 section 6.1). */
export function answerDirection(remote: Direction): Direction {
  switch (remote) {
    case "sendonly":
      return "recvonly";
    case "recvonly":
      return "sendonly";
    case "inactive":
      return "inactive";
    case "sendrecv":
      return "sendrecv";
  }
}

/** Whether the peer receives audio. */
export function remoteListens(remote: Direction): boolean {
  return remote === "sendrecv" || remote === "recvonly";
}
