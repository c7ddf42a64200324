import { connect } from "node:net";

import type { BbbServerConfig } from "../config/config.js";
import { sendOptions } from "../sip/sip-options.js";
import type { SipTarget } from "../sip/sip-request.js";
import { familiesOf, familyNames } from "../trunk/families.js";
import { ByteStream } from "../util/byte-stream.js";
import { bbbCallFindings, livekitWayFindings, type TrialCaller } from "./bbb-call.js";
import type { BbbFamilies, CallingFamily } from "./bbb-families.js";
import { judgeCertificate } from "./certificate.js";
import {
  answerTimeoutMs,
  type Check,
  type CheckTools,
  error,
  type Finding,
  fine,
  unreachable,
  warning,
} from "./check.js";
import type { MediaTrust } from "./media-trust.js";
import { addressesOf, placeOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";

export interface BbbSipPlace {
  /** `bbb_servers[0].sip` or `bbb_servers[0].livekit_sip`. */
  readonly path: string;
  readonly sip: BbbServerConfig["sip"];
  /** The host of the API; another check reports on its name. */
  readonly apiHost: string;
  /** The caller of a trial call to FreeSWITCH; `undefined`: livekit-sip, which receives only OPTIONS. */
  readonly callerName: string | undefined;
  /** Whether its FreeSWITCH must bridge calls to LiveKit. */
  readonly handsOn: boolean;
}

/** The media servers that call it. */
export interface CallingMedia {
  readonly trust: Pick<MediaTrust, "isLocal" | "authorities">;
  readonly families: Pick<BbbFamilies, "all">;
}

const firewall =
  "open that port to the media servers in the firewall, and enable TLS there (freeswitch/bbb-node/README.md)";
const onNode =
  "on the BBB server: agent.pem must contain the complete chain, from a CA that the media servers trust (freeswitch/bbb-node/README.md)";

/**
 * Checks SIP on a BBB server as the media servers see it: name, TLS, certificate, OPTIONS, and whether calls are
 * accepted. The requests come from this machine: if no media server runs here, a blocked port may be correct.
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
            "write a name that DNS resolves: FreeSWITCH does not read /etc/hosts",
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
      return [fine(path, "the name resolves; over UDP only the first call shows whether the server responds")];
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
        distrusted: { severity: "error", cure: `${onNode}; for a private CA use --ca FILE` },
        renewal: `renew it ${onNode}`,
      } as const;
      return [
        ...judgeCertificate(peer.value, demands, tools.epochMs()),
        ...(await ofAnswers(peer.value.stream, path, { host, port, transport }, caller, tools)),
      ];
    }
  }
}

/** FreeSWITCH uses only addresses of its profile's own family. */
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
        `${host} has only ${familyNames(reached)} addresses, but media server ${server} calls BBB servers only over ${familyNames([family])}`,
        `add an ${familyNames([family])} address to the BBB server, or set an address of the other family on the media server (EINWAHL_FS_BBB_SIP_ADDRESS)`,
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
        `the media servers may still reach it: run freeswitch/bbb-node/check.sh there; ${firewall}`,
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
          `${placeOf(to.host, to.port)}: no response to OPTIONS (${status.failure})`,
          "write the SIP port of the BBB server's FreeSWITCH, 5081 for TLS",
        ),
      ];
    // A full FreeSWITCH 1.10 also responds 503 to OPTIONS; the trial call below retries.
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
          `the BBB server's FreeSWITCH responds ${status.value} to OPTIONS`,
          "check in its log whether it is full or shutting down",
        ),
      ];
    return [fine(path, `${placeOf(to.host, to.port)} responds to SIP`)];
  } finally {
    stream.close();
  }
}
