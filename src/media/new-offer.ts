import { suiteKeyLengths } from "../sip/crypto-line.js";

/** The media server's codecs (`outbound-codec-prefs` in `freeswitch/conf/sip_profiles/drachtio_mrf.xml`), RFC 3551 payload types. */
const codecs = [
  { payload: "8", name: "PCMA" },
  { payload: "0", name: "PCMU" },
  { payload: "9", name: "G722" },
] as const;
const defaultTelephoneEvent = "101";

/**
 * Builds a full offer, like for a new call, from the session that the media server agreed to: all codecs with the current one
 * first, sendrecv, all suites. The suite in use has the media server's key and comes first, because the answerer should follow our
 * order (RFC 4568 section 5.1.1). FreeSWITCH cannot change the suite during a call: the other keys are random, and an answer
 * with one of them must be followed by an offer without them.
 *
 * @param random returns the given number of random bytes
 */
export function newOffer(agreed: string, random: (bytes: number) => Buffer): string {
  const [session = "", ...sections] = agreed.split(/^(?=m=)/m);
  const audio = sections.find((section) => /^m=audio [1-9]/.test(section));
  if (audio === undefined) return agreed;
  const [first = "", ...lines] = audio.split(/\r?\n/).filter((line) => line !== "");
  const [, start = "", formats = ""] = /^(m=audio \d+ \S+) (.*)$/.exec(first) ?? [];
  const payloads = formats.split(" ");
  const [inUse = ""] = payloads;
  const names = lines.flatMap((line) => /^a=rtpmap:(\d+) ([^/ ]+)\//.exec(line)?.slice(1, 3).join(" ") ?? []);
  const isAgreed = (name: string): boolean => names.some((known) => known.toUpperCase().endsWith(` ${name}`));
  const added = codecs.filter(({ payload, name }) => !isAgreed(name) && !payloads.includes(payload));
  const event = isAgreed("TELEPHONE-EVENT") || payloads.includes(defaultTelephoneEvent) ? [] : [defaultTelephoneEvent];
  const cryptoLines = lines.filter((line) => line.startsWith("a=crypto:"));
  return [
    session.trimEnd(),
    [start, inUse, ...added.map(({ payload }) => payload), ...payloads.slice(1), ...event].join(" "),
    ...lines.filter(
      (line) => line.startsWith("a=rtpmap:") || line.startsWith("a=fmtp:") || line.startsWith("a=ptime:"),
    ),
    ...added.map(({ payload, name }) => `a=rtpmap:${payload} ${name}/8000`),
    ...event.flatMap((payload) => [`a=rtpmap:${payload} telephone-event/8000`, `a=fmtp:${payload} 0-15`]),
    "a=sendrecv",
    ...cryptoLines,
    ...(cryptoLines.length === 0 ? [] : otherCryptoLines(cryptoLines, random)),
    "",
  ].join("\r\n");
}

/** Reduces our offer to what the answer accepted: its first codec, telephone-event, suite, and the mirrored direction. */
export function agreedOffer(offer: string, answer: string): string {
  const [, formats = ""] = /^m=audio [1-9]\d* \S+ (.*?)\r?$/m.exec(answer) ?? [];
  const events = /^a=rtpmap:(\d+) telephone-event\//im.exec(answer)?.[1];
  const [codec = ""] = formats.split(" ").filter((payload) => payload !== events);
  const kept = [codec, ...(events === undefined ? [] : [events])];
  const suite = /^a=crypto:\d+ (\S+) /im.exec(answer)?.[1];
  if (codec === "") return offer;
  return offer
    .split(/\r?\n/)
    .filter((line) => kept.includes(/^a=(?:rtpmap|fmtp):(\d+) /.exec(line)?.[1] ?? codec))
    .filter((line) => suite === undefined || !line.startsWith("a=crypto:") || line.split(" ")[1] === suite)
    .map((line) => (/^m=audio [1-9]/.test(line) ? `${line.split(" ").slice(0, 3).join(" ")} ${kept.join(" ")}` : line))
    .map((line) => (/^a=(?:sendrecv|sendonly|recvonly|inactive)$/.test(line) ? `a=${ourSide(answer)}` : line))
    .join("\r\n");
}

function ourSide(answer: string): string {
  const theirs = /^a=(sendonly|recvonly|inactive)\r?$/m.exec(answer)?.[1];
  return theirs === "sendonly" ? "recvonly" : theirs === "recvonly" ? "sendonly" : (theirs ?? "sendrecv");
}

/** A crypto line with a random key for each remaining suite that the media server supports. */
function otherCryptoLines(cryptoLines: readonly string[], random: (bytes: number) => Buffer): string[] {
  const used = cryptoLines.map((line) => line.split(" ")[1]);
  const tag = Math.max(...cryptoLines.map((line) => Number(/^a=crypto:(\d+)/.exec(line)?.[1] ?? 0)));
  return [...suiteKeyLengths]
    .filter(([suite]) => !used.includes(suite))
    .map(([suite, bytes], at) => `a=crypto:${tag + 1 + at} ${suite} inline:${random(bytes).toString("base64")}`);
}
