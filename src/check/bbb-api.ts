import { apiChecksum, type ChecksumAlgorithm } from "../bbb/api-checksum.js";
import { type ApiResponse, askApi } from "../bbb/api-exchange.js";
import { MeetingsReader } from "../bbb/meetings-reader.js";
import type { BbbServerConfig } from "../config/config.js";
import { failure, type Result, success } from "../util/result.js";
import { judgeCertificate } from "./certificate.js";
import { answerTimeoutMs, type Check, type CheckTools } from "./check.js";
import { error, type Finding, fine, warning } from "./finding.js";
import { addressesOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";
import { unreachable } from "./unreachable.js";

const algorithms = ["sha1", "sha256", "sha384", "sha512"] as const;
/** The header of the answer has whole seconds, and is a little old when it is here. */
const clockToleranceMs = 5_000;
const largestAnswer = 16 * 1_048_576;
const httpsPort = 443;

/** What came back, before it is judged. */
interface Answer {
  readonly status: number;
  readonly isHtml: boolean;
  /** Milliseconds since 1970, by the server's clock; `undefined`: it does not tell. */
  readonly serverTime: number | undefined;
  /** Why the API did not give its meetings; `undefined`: it did. */
  readonly fault: string | undefined;
  /** Of the meetings; none where there is a fault. */
  readonly pins: readonly string[];
}

/** The API of one BBB server: reachable, the right one, the secret right, the clocks alike, and the certificate not about to expire. */
export function bbbApiCheck(index: number, server: BbbServerConfig, tools: CheckTools): Check {
  const path = `bbb_servers[${index}]`;
  return {
    path: `${path}.api_url`,
    run: async () => {
      const { hostname, host, protocol, port } = new URL(server.apiUrl);
      const name = hostname.replace(/^\[|\]$/g, "");
      const addresses = await addressesOf(name, tools);
      if (!addresses.ok)
        return [
          error(
            `${path}.api_url`,
            unreachable(name, addresses.failure),
            "write the address as bbb-conf --secret prints it, and see whether DNS has the name",
          ),
        ];
      const answer = await askForMeetings(server, server.checksum);
      if (!answer.ok) return [ofFault(`${path}.api_url`, host, answer.failure)];
      return [
        ...(await ofAnswer(path, server, answer.value)),
        ...ofClock(path, answer.value, tools.epochMs()),
        ...(protocol === "https:"
          ? await ofCertificate(
              `${path}.api_url`,
              addresses.value[0],
              name,
              port === "" ? httpsPort : Number(port),
              tools,
            )
          : []),
      ];
    },
  };
}

/** The PINs of a server's meetings; none where it does not answer, of which `bbbApiCheck` tells. */
export async function readOpenPins(server: BbbServerConfig): Promise<readonly string[]> {
  const answer = await askForMeetings(server, server.checksum);
  return answer.ok ? answer.value.pins : [];
}

async function askForMeetings(
  { apiUrl, secret }: BbbServerConfig,
  algorithm: ChecksumAlgorithm,
): Promise<Result<Answer, string>> {
  const url = `${apiUrl}getMeetings?checksum=${apiChecksum("getMeetings", "", secret.reveal(), algorithm)}`;
  return await askApi(url, answerTimeoutMs, async ({ status, headers, body }) => {
    const date = Date.parse(headers.date ?? "");
    const meetings = status === 200 ? await readMeetings(body) : success([]);
    return {
      status,
      isHtml: /^text\/html\b/.test(headers["content-type"] ?? ""),
      serverTime: Number.isNaN(date) ? undefined : date,
      fault: meetings.ok ? undefined : meetings.failure,
      pins: meetings.ok ? meetings.value : [],
    };
  });
}

async function readMeetings(body: ApiResponse["body"]): Promise<Result<readonly string[], string>> {
  const reader = new MeetingsReader();
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > largestAnswer) return failure("the answer is too large");
    reader.read(chunk);
  }
  const meetings = reader.end();
  return meetings.ok ? success(meetings.value.map(({ voiceBridge }) => voiceBridge.reveal())) : meetings;
}

function ofFault(path: string, host: string, code: string): Finding {
  const message = unreachable(host, code);
  if (code.includes("CERT") || code.startsWith("UNABLE_TO")) {
    return error(
      path,
      message,
      code === "ERR_TLS_CERT_ALTNAME_INVALID"
        ? "write the name that is in the certificate, or get a certificate for this one"
        : "renew the certificate, with its whole chain, on the BBB server; an authority of your own: NODE_EXTRA_CA_CERTS=FILE, for einwahl too",
    );
  }
  if (code === "answer timeout" || code === "transfer timeout")
    return error(
      path,
      message,
      "BBB's web application hangs: look at journalctl -u bbb-web on the server, and restart it",
    );
  return error(
    path,
    message,
    "is the BBB server up (bbb-conf --status), and does its firewall let this machine to that port?",
  );
}

async function ofAnswer(path: string, server: BbbServerConfig, answer: Answer): Promise<readonly Finding[]> {
  const { status, isHtml, fault } = answer;
  const url = `${path}.api_url`;
  if (status >= 300 && status < 400)
    return [
      error(
        url,
        `the answer is a redirect (HTTP ${status})`,
        "write the address that it leads to, as bbb-conf --secret prints it on the server",
      ),
    ];
  if (status === 404 || (status === 200 && isHtml))
    return [
      error(
        url,
        `a web page answers there, not the API (HTTP ${status})`,
        "write the address as bbb-conf --secret prints it, with /bigbluebutton/api",
      ),
    ];
  if (status !== 200)
    return [
      error(
        url,
        `HTTP status ${status}`,
        status >= 500
          ? "BBB's web application is not up: bbb-conf --status on the server"
          : "write the address as bbb-conf --secret prints it, and let this machine in",
      ),
    ];
  if (fault === undefined) return [fine(url, "the API answers, and takes the secret")];
  if (!fault.includes("checksumError"))
    return [error(url, fault, "write the address as bbb-conf --secret prints it, with /bigbluebutton/api")];
  const other = await otherAlgorithm(server);
  if (other !== undefined)
    return [
      error(
        `${path}.checksum`,
        `the server takes no ${server.checksum}, but the secret is right`,
        `write checksum: ${other}`,
      ),
    ];
  return [
    error(
      `${path}.secret`,
      "the API refuses the secret (checksumError)",
      "write the secret that bbb-conf --secret prints on the server",
    ),
  ];
}

/** One with which the same secret works. */
async function otherAlgorithm(server: BbbServerConfig): Promise<ChecksumAlgorithm | undefined> {
  const others = algorithms.filter((algorithm) => algorithm !== server.checksum);
  const answers = await Promise.all(
    others.map(async (algorithm) => ({ algorithm, answer: await askForMeetings(server, algorithm) })),
  );
  return answers.find(({ answer }) => answer.ok && answer.value.status === 200 && answer.value.fault === undefined)
    ?.algorithm;
}

function ofClock(path: string, { serverTime }: Answer, nowMs: number): readonly Finding[] {
  if (serverTime === undefined) return [];
  const ahead = serverTime - nowMs;
  if (Math.abs(ahead) <= clockToleranceMs) return [];
  const seconds = Math.round(Math.abs(ahead) / 1_000);
  return [
    warning(
      path,
      `its clock is ${seconds} s ${ahead > 0 ? "ahead of" : "behind"} the one of this machine`,
      "let both follow NTP: timedatectl set-ntp true; logs don't match and certificates fail otherwise",
    ),
  ];
}

async function ofCertificate(
  path: string,
  address: string,
  name: string,
  port: number,
  tools: CheckTools,
): Promise<readonly Finding[]> {
  // Whether it is trusted is known: the API has answered over it.
  const peer = await meetTlsPeer({ address, port, name, authorities: undefined }, tools.clock);
  if (!peer.ok) return [];
  peer.value.stream.close();
  const judged = judgeCertificate(
    { certificate: peer.value.certificate, distrust: undefined },
    {
      path,
      name,
      comparedBy: "web",
      distrusted: { severity: "error", cure: "" },
      renewal: "renew it on the BBB server: certbot renew",
    },
    tools.epochMs(),
  );
  return judged.filter(({ severity }) => severity !== "ok");
}
