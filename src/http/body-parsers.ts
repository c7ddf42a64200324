import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { TextDecoder } from "node:util";

import type { FastifyInstance } from "fastify";

/** Bodies of this type reach the handler as bytes. */
export const jsonLinesType = "application/jsonl";

/** The media type of HTML forms. */
export const formType = "application/x-www-form-urlencoded";

/**
 * What clients send for "no parameters": json_encode([]) of PHP, Laravel and Guzzle, JSON of an empty object or of nothing, and the
 * closing boundary of a multipart body without parts (RFC 2046 section 5.1.1, at most 70 characters).
 */
const nothing = /^(?:\[\s*\]|\{\s*\}|null|--\S{1,70}--)?$/;

/** In bytes; a longer body is refused unread. */
const maxNothingLength = 128;

/** Parsers of all routes: JSON, and JSON lines as bytes. */
export function addBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  addNothingParser(server);
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    const text = decode(Buffer.from(body));
    if (text !== undefined && nothing.test(text.trim())) {
      done(null, undefined);
      return;
    }
    try {
      if (text === undefined) throw new SyntaxError("not UTF-8");
      done(null, JSON.parse(text));
    } catch (error) {
      done(Object.assign(new Error("no JSON", { cause: error }), { code: "FST_ERR_CTP_INVALID_JSON_BODY" }), undefined);
    }
  });
  server.addContentTypeParser(
    [jsonLinesType, "application/x-ndjson"],
    { parseAs: "buffer" },
    (_request, body, done) => {
      done(null, body);
    },
  );
}

/** Parsers of one scope: forms only. The last of several fields with the same name wins. */
export function addFormParser(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  addNothingParser(scope);
  scope.addContentTypeParser(formType, { parseAs: "buffer" }, (_request, body, parsed) => {
    parsed(null, Object.fromEntries(new URLSearchParams(body.toString("utf8"))));
  });
}

/**
 * For other types and bodies without a type: an empty body counts as absent, anything else is refused with 415. Ruby's Net::HTTP
 * and PHP's curl send a form type without a body, and curl sends an empty chunked body.
 */
function addNothingParser(scope: FastifyInstance): void {
  scope.addContentTypeParser("*", (request, payload, done) => {
    const isLong = Number(request.headers["content-length"] ?? "0") > maxNothingLength;
    readShort(payload, isLong ? 0 : maxNothingLength, (error, body) => {
      if (error !== undefined) done(error, undefined);
      else if (body !== undefined && nothing.test(body.toString("latin1").trim())) done(null, undefined);
      else done(Object.assign(new Error("no known type"), { code: "FST_ERR_CTP_INVALID_MEDIA_TYPE" }), undefined);
    });
  });
}

/** @param read called once; without a body when that is longer than `maxBytes` */
function readShort(
  payload: IncomingMessage,
  maxBytes: number,
  read: (error: Error | undefined, body: Buffer | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let left = maxBytes;
  const finish = (error: Error | undefined, body: Buffer | undefined): void => {
    payload.off("data", onData).off("end", onEnd).off("error", onError);
    read(error, body);
  };
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    left -= chunk.length;
    if (left < 0) finish(undefined, undefined);
  };
  const onEnd = (): void => {
    finish(undefined, Buffer.concat(chunks));
  };
  const onError = (error: Error): void => {
    finish(error, undefined);
  };
  if (maxBytes === 0) read(undefined, undefined);
  else payload.on("data", onData).on("end", onEnd).on("error", onError);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
