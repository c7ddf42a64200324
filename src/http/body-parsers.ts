import { Buffer } from "node:buffer";
import { TextDecoder } from "node:util";
import type { FastifyInstance } from "fastify";

/** The type of bodies that are passed on as bytes. */
export const jsonLinesType = "application/jsonl";

/** The type of bodies that HTML forms send. */
export const formType = "application/x-www-form-urlencoded";

/** For all routes: JSON, and lines of it as bytes. */
export function addBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    const text = decode(Buffer.from(body));
    if (text?.trim() === "") {
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
  server.addContentTypeParser([jsonLinesType, "application/x-ndjson"], { parseAs: "buffer" }, (_request, body, done) => {
    done(null, body);
  });
}

/** For the routes of one scope: forms, and nothing else. The last of several fields of one name counts. */
export function addFormParser(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(formType, { parseAs: "buffer" }, (_request, body, parsed) => {
    parsed(null, Object.fromEntries(new URLSearchParams(body.toString("utf8"))));
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
