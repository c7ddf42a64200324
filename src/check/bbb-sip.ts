import { connect } from "node:net";

import type { BbbServerConfig } from "../config/config.js";
import { sendOptions } from "../sip/sip-options.js";
import type { SipTarget } from "../sip/sip-request.js";
import { familiesOf, familyNames } from "../trunk/families.js";
import { ByteStream } from "../util/byte-stream.js";
import { bbbCallFindings, livekitWayFindings, type TrialCaller } from "./bbb-call.js";
import type { BbbFamilies, CallingFamily } from "./bbb-families.js";
import { judgeCertificate } from "./certificate.js";
import { answerTimeoutMs, type Check, type CheckTools } from "./check.js";
import { error, type Finding, fine, warning } from "./finding.js";
import type { MediaTrust } from "./media-trust.js";
import { addressesOf, placeOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";
import { unreachable } from "./unreachable.js";

export interface BbbSipPlace {
  /** `bbb_servers[0].sip` or `bbb_servers[0].livekit_sip`. */
  readonly path: string;
  readonly sip: BbbServerConfig["sip"];
  /** The host of the API, of whose name another check tells. */
  readonly apiHost: string;
  /** The caller's name of a trial call to FreeSWITCH; `undefined`: LiveKit, which is only asked for its abilities. */
  readonly callerName: string | undefined;
  /** Whether its FreeSWITCH is to hand calls on to LiveKit. */
  readonly handsOn: boolean;
}

/** What is known of the media servers that call it. */
export interface CallingMedia {
  readonly trust: Pick<MediaTrust, "isLocal" | "authorities">;
  readonly families: Pick<BbbFamilies, "all">;
}

const firewall =
  "let the media servers' addresses through to that port, and see freeswitch/bbb-node/README.md: TLS has to be turned on there";
const onNode =
  "on the BBB server: the whole chain, from an authority that the media servers trust, in agent.pem (freeswitch/bbb-node/README.md)";

/**
 * The SIP side of a BBB server, as the media servers meet it: name, TLS, certificate, an answer, and whether calls are let
 * in. It is asked from this machine: where no media server runs here, being shut out means little.
 */
export function bbbSipCheck(place: BbbSipPlace, media: CallingMedia, tools: CheckTools): Check {
  return { path: place.path, run: () => look(place, media, tools) };
}

async function look(
  { path, sip, apiHost, callerName, handsOn }: BbbSipPlace,
  { trust, families }: CallingMedia,
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const addresses = await addressesOf(sip.host, tools);
  if (!addresses.ok)
    return sip.host === apiHost
      ? []
      : [
          error(
            `${path}.host`,
            unreachable(sip.host, addresses.failure),
            "write the name that DNS has; FreeSWITCH does not read /etc/hosts",
          ),
        ];
  const unreached = ofFamilies(path, sip.host, addresses.value, await families.all());
  if (unreached.length > 0) return unreached;
  const [address] = addresses.value;
  const { host, port, transport } = sip;
  const caller =
    callerName === undefined
      ? undefined
      : { name: callerName, isLocal: trust.isLocal, mayBePlain: sip.srtp !== "mandatory", handsOn };
  switch (transport) {
    case "udp":
      return [fine(path, "the name resolves; whether anybody answers there over UDP shows with the first call")];
    case "tcp": {
      const stream = await ByteStream.connect(
        connect({ host: address, port }),
        "connect",
        tools.clock,
        answerTimeoutMs,
      );
      return stream.ok
        ? await ofAnswers(stream.value, path, { host, port, transport }, caller, tools)
        : [shutOut(path, sip, stream.failure, trust)];
    }
    case "tls": {
      const authorities = await trust.authorities();
      const peer = await meetTlsPeer({ address, port, name: host, authorities }, tools.clock);
      if (!peer.ok) return [shutOut(path, sip, peer.failure, trust)];
      const demands = {
        path,
        name: host,
        comparedBy: "freeswitch",
        distrusted: { severity: "error", cure: `${onNode}; an authority of your own: --ca FILE` },
        renewal: `renew it ${onNode}`,
      } as const;
      return [
        ...judgeCertificate(peer.value, demands, tools.epochMs()),
        ...(await ofAnswers(peer.value.stream, path, { host, port, transport }, caller, tools)),
      ];
    }
  }
}

/** FreeSWITCH takes a name's addresses of its profile's own family, and no others. */
function ofFamilies(
  path: string,
  host: string,
  addresses: readonly string[],
  media: readonly CallingFamily[],
): readonly Finding[] {
  const reached = familiesOf(addresses);
  return media
    .filter(({ family }) => !reached.includes(family))
    .map(({ server, family }) =>
      error(
        `${path}.host`,
        `${host} has only ${familyNames(reached)} addresses, and media server ${server} calls BBB servers only over ${familyNames([family])}`,
        `give the BBB server an ${familyNames([family])} address, or that media server one of the other family (EINWAHL_FS_BBB_SIP_ADDRESS)`,
      ),
    );
}

function shutOut(
  path: string,
  { host, port }: BbbServerConfig["sip"],
  code: string,
  { isLocal }: Pick<MediaTrust, "isLocal">,
): Finding {
  const message = unreachable(placeOf(host, port), code);
  return isLocal
    ? error(path, message, firewall)
    : warning(
        path,
        `${message}, from this machine`,
        `from the media servers it may be another matter: run freeswitch/bbb-node/check.sh there; ${firewall}`,
      );
}

async function ofAnswers(
  stream: ByteStream,
  path: string,
  to: SipTarget,
  caller: (TrialCaller & { readonly handsOn: boolean }) | undefined,
  { clock }: CheckTools,
): Promise<readonly Finding[]> {
  try {
    const status = await sendOptions(stream, to, answerTimeoutMs);
    if (!status.ok)
      return [
        error(
          path,
          `${placeOf(to.host, to.port)}: no answer to a SIP request (${status.failure})`,
          "is that the SIP port of the BBB server's FreeSWITCH, 5081 for TLS?",
        ),
      ];
    // A full FreeSWITCH 1.10 answers 503 to OPTIONS, too: the call finds out for how long.
    if (caller !== undefined && (status.value < 500 || status.value === 503)) {
      const findings = await bbbCallFindings(stream, path, to, caller, clock);
      const isLetIn = findings.every(({ severity }) => severity !== "error");
      return caller.handsOn && isLetIn
        ? [...findings, ...(await livekitWayFindings(stream, path, to, caller, clock))]
        : findings;
    }
    if (status.value >= 500)
      return [
        warning(
          path,
          `the BBB server's FreeSWITCH answers ${status.value} to a SIP request`,
          "is it full, or being shut down? look at its log",
        ),
      ];
    return [fine(path, `${placeOf(to.host, to.port)} answers to SIP`)];
  } finally {
    stream.close();
  }
}
