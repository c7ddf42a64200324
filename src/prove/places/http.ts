import { Buffer } from "node:buffer";

import type { HttpConfig } from "../../config/config.js";
import { apiBase } from "../../http/api-schemas.js";
import { faultCode } from "../../util/network-fault.js";
import { failure, type Result, success } from "../../util/result.js";
import { answerTimeoutMs, type Look, maxPlaceBytes, type Permission, type Place, type Plant } from "../place.js";
import type { Piece } from "../search.js";

interface Question {
  readonly path: string;
  readonly accept?: string;
  /** 401 or 403 without a token; 404 if disabled. */
  readonly needsToken?: boolean;
  /** Available to local programs on `operatorsPort`, otherwise with a token. */
  readonly isForOperators?: boolean;
}

const questions: readonly Question[] = [
  { path: "/healthz" },
  { path: "/readyz" },
  { path: "/readyz", isForOperators: true },
  { path: "/status", accept: "text/html", needsToken: true, isForOperators: true },
  { path: "/status", accept: "application/json", needsToken: true, isForOperators: true },
  { path: "/metrics", needsToken: true, isForOperators: true },
  { path: "/" },
  { path: `${apiBase}/dial-in-numbers` },
  { path: `${apiBase}/jitsi/dial-in-numbers` },
  { path: `${apiBase}/rooms`, needsToken: true },
  { path: `${apiBase}/statistics`, needsToken: true },
];

export interface HttpPlaceOptions {
  readonly config: Pick<HttpConfig, "host" | "port" | "operatorsPort">;
  /** The token of a front end or an operator. */
  readonly token: string | undefined;
  /** Additional URLs, such as drachtio's metrics. */
  readonly urls: readonly string[];
  readonly permits: Permission;
  /** Creates a room whose id contains the mark, if PINs are reserved and a token can list rooms. */
  readonly plants: readonly Plant[];
}

/** The responses of einwahl's HTTP server: pages, metrics, status and the API of front ends. */
export function httpPlace({ config, token, urls, permits, plants }: HttpPlaceOptions): Place {
  return {
    id: "http",
    name: "HTTP: page, status, metrics and the API of front ends",
    when: "calls",
    permits,
    plants: token === undefined ? [] : plants,
    begin: () => Promise.resolve(),
    look: async () => {
      const own = await Promise.all(questions.map((question) => askEinwahl(config, question, token)));
      const more = await Promise.all(urls.map((url) => ask(url, { path: url }, undefined)));
      return together([...own, ...more]);
    },
  };
}

async function askEinwahl(
  { host, port, operatorsPort }: HttpPlaceOptions["config"],
  question: Question,
  token: string | undefined,
): Promise<Result<Piece | undefined, string>> {
  const base = `http://${urlHost(host)}:${port}`;
  if (question.isForOperators !== true) return await ask(`${base}${question.path}`, question, token);
  const operators = await ask(`http://127.0.0.1:${operatorsPort}${question.path}`, question, token);
  return operators.ok && operators.value !== undefined
    ? operators
    : await ask(`${base}${question.path}`, question, token);
}

function urlHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function together(answers: readonly Result<Piece | undefined, string>[]): Look {
  return {
    pieces: answers.flatMap((answer) => (answer.ok && answer.value !== undefined ? [answer.value] : [])),
    unseen: answers.flatMap((answer) => (answer.ok ? [] : [answer.failure])),
  };
}

/** `undefined`: not available in this installation. */
async function ask(
  url: string,
  { accept = "*/*", needsToken = false }: Question,
  token: string | undefined,
): Promise<Result<Piece | undefined, string>> {
  try {
    const headers = { Accept: accept, ...(needsToken && token !== undefined && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerTimeoutMs), redirect: "manual" });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length > maxPlaceBytes) return failure(`${url}: the answer is too large`);
    switch (response.status) {
      case 401:
      case 403:
        return failure(
          `${url} refuses access (${response.status}): give a token with the required scope, --token-file FILE`,
        );
      case 404:
        return needsToken ? success(undefined) : failure(`${url} does not exist`);
      default:
        // Headers can also contain marks.
        return success({
          source: `${url} (${accept})`,
          bytes: Buffer.concat([Buffer.from(JSON.stringify([...response.headers])), bytes]),
        });
    }
  } catch (error) {
    return failure(`${url} does not respond (${faultCode(error) || "no response in time"})`);
  }
}
