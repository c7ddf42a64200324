import type { BbbServerConfig, TrunkConfig } from "./config.js";

/* Where the operator allows unencrypted calls. */

export function isTrunkOpen({ signalling, srtp }: Pick<TrunkConfig, "signalling" | "srtp">): boolean {
  return signalling !== "tls" || srtp !== "mandatory";
}

/** The settings of a server's unencrypted routes into conferences. */
export function openWays({
  sip,
  livekitSip,
}: Pick<BbbServerConfig, "sip" | "livekitSip">): readonly ("sip" | "livekit_sip")[] {
  return [
    ...(isSipOpen(sip) ? ["sip" as const] : []),
    ...(livekitSip !== undefined && isSipOpen(livekitSip) ? ["livekit_sip" as const] : []),
  ];
}

function isSipOpen({ transport, srtp }: BbbServerConfig["sip"]): boolean {
  return transport !== "tls" || srtp !== "mandatory";
}
