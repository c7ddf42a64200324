import { apiChecksum, type ChecksumAlgorithm } from "../bbb/api-checksum.js";
import { type ApiResponse, askApi } from "../bbb/api-exchange.js";
import { MeetingsReader } from "../bbb/meetings-reader.js";
import type { BbbServerConfig } from "../config/config.js";
import { failure, type Result, success } from "../util/result.js";
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
import { addressesOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";

const algorithms = ["sha1", "sha256", "sha384", "sha512"] as const;
/** The Date header has a resolution of one second and is delayed by the transfer. */
const clockToleranceMs = 5_000;
const largestAnswer = 16 * 1_048_576;
const httpsPort = 443;

/** The response before evaluation. */
interface Answer {
  readonly status: number;
  readonly isHtml: boolean;
  /** The server's clock in milliseconds since 1970; `undefined`: no Date header. */
  readonly serverTime: number | undefined;
  /** Why the response contains no meetings; `undefined`: it does. */
  readonly fault: string | undefined;
  /** The PINs of the meetings; empty after a fault. */
  readonly pins: readonly string[];
}

/** Checks the API of a BBB server: reachability, URL, secret, clock difference, expiry of the certificate. */
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
            "write the address as bbb-conf --secret prints it, and check that DNS resolves the name",
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

/** The PINs of a server's meetings; empty if it does not respond, which `bbbApiCheck` reports. */
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
    if (bytes > largestAnswer) return failure("the response is too large");
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
        ? "write a name from the certificate, or get a certificate for this name"
        : "renew the certificate on the BBB server, with the complete chain; for a private CA set NODE_EXTRA_CA_CERTS=FILE, also for einwahl",
    );
  }
  if (code === "answer timeout" || code === "transfer timeout")
    return error(
      path,
      message,
      "restart BBB's web application on the server; journalctl -u bbb-web shows why it hangs",
    );
  return error(
    path,
    message,
    "check that the BBB server is running (bbb-conf --status), and open that port to this machine in its firewall",
  );
}

async function ofAnswer(path: string, server: BbbServerConfig, answer: Answer): Promise<readonly Finding[]> {
  const { status, isHtml, fault } = answer;
  const url = `${path}.api_url`;
  if (status >= 300 && status < 400)
    return [
      error(
        url,
        `the response is a redirect (HTTP ${status})`,
        "write the target of the redirect, as bbb-conf --secret prints it on the server",
      ),
    ];
  if (status === 404 || (status === 200 && isHtml))
    return [
      error(
        url,
        `the response is a web page, not the API's (HTTP ${status})`,
        "write the address as bbb-conf --secret prints it, with /bigbluebutton/api",
      ),
    ];
  if (status !== 200)
    return [
      error(
        url,
        `HTTP status ${status}`,
        status >= 500
          ? "start BBB's web application on the server; bbb-conf --status shows its state"
          : "write the address as bbb-conf --secret prints it, and allow access from this machine",
      ),
    ];
  if (fault === undefined) return [fine(url, "the API responds and accepts the secret")];
  if (!fault.includes("checksumError"))
    return [error(url, fault, "write the address as bbb-conf --secret prints it, with /bigbluebutton/api")];
  const other = await otherAlgorithm(server);
  if (other !== undefined)
    return [
      error(
        `${path}.checksum`,
        `the server rejects ${server.checksum} checksums, but the secret is right`,
        `write checksum: ${other}`,
      ),
    ];
  return [
    error(
      `${path}.secret`,
      "the API rejects the secret (checksumError)",
      "write the secret that bbb-conf --secret prints on the server",
    ),
  ];
}

/** A checksum algorithm with which the same secret is accepted. */
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
      `its clock is ${seconds} s ${ahead > 0 ? "ahead of" : "behind"} this machine's`,
      "synchronise both by NTP (timedatectl set-ntp true): otherwise logs don't match and certificates fail",
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
  // Trust is already verified: the API responded over this certificate.
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
