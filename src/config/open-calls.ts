import type { BbbServerConfig, TrunkConfig } from "./config.js";

/* Where calls may go in the open, because an operator has allowed it. */

export function isTrunkOpen({ signalling, srtp }: Pick<TrunkConfig, "signalling" | "srtp">): boolean {
  return signalling !== "tls" || srtp !== "mandatory";
}

/** The ways into conferences of a server that are not encrypted, by the names of their settings. */
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
