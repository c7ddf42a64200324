import type { IncomingMessage } from "node:http";

import { hasValidChecksum } from "./checksum.js";
import type { ApiRefusal } from "./meetings.js";

/** One API request, as parsed by bbb-web's servlet. */
export interface ApiRequest {
  /** "" for the root. */
  readonly callName: string;
  /** The query string as sent: input of the checksum. */
  readonly query: string;
  /** From the query string and a posted form. */
  readonly parameters: URLSearchParams;
  readonly form: URLSearchParams;
  /** The XML body, "" if absent. */
  readonly xml: string;
  /** Content type in lower case without parameters; `undefined` without a body. */
  readonly bodyType: string | undefined;
}

const path = "/bigbluebutton/api";
const formType = "application/x-www-form-urlencoded";
const multipartType = "multipart/form-data";
const xmlTypes: readonly string[] = ["application/xml", "text/xml"];
/** Calls whose body may be XML with documents (`getSupportedContentTypes` of bbb-common-web). */
const callsWithXml: readonly string[] = ["create", "insertDocument"];

/** @returns `undefined` for other paths than the API's */
export function readApiRequest({ url = "", headers }: IncomingMessage, body: string): ApiRequest | undefined {
  const cut = url.indexOf("?");
  const asked = cut < 0 ? url : url.slice(0, cut);
  if (asked !== path && !asked.startsWith(`${path}/`)) return undefined;
  const callName = asked.slice(path.length + 1);
  if (callName.includes("/")) return undefined;
  const query = cut < 0 ? "" : url.slice(cut + 1);
  const bodyType =
    body === "" && headers["transfer-encoding"] === undefined
      ? undefined
      : ((headers["content-type"] ?? "").split(";")[0] ?? "").trim().toLowerCase();
  const form = new URLSearchParams(bodyType === formType ? body : "");
  return {
    callName,
    query,
    form,
    parameters: new URLSearchParams([...new URLSearchParams(query), ...form]),
    xml: bodyType !== undefined && xmlTypes.includes(bodyType) ? body : "",
    bodyType,
  };
}

const checksumError = { messageKey: "checksumError", message: "Checksums do not match" };

/** What BBB rejects before it checks the call's own parameters (`ValidationService`, since 2.6.18 and 2.7.8). */
export function refusalOf(
  { callName, query, parameters, form, bodyType }: ApiRequest,
  secret: string,
): ApiRefusal | undefined {
  // BBB rejects a second checksum since 3.0.37, and its documentation warns against parameters in both URL and body.
  const [checksum, ...more] = parameters.getAll("checksum");
  const others = [...new URLSearchParams(query).keys()].filter((name) => name !== "checksum");
  const isSplit = others.length > 0 && form.size > 0;
  // A posted form is not part of the checksum, which then covers an empty query string (BBB docs/development/api.md, "Usage").
  if (checksum === undefined || more.length > 0 || isSplit || !hasValidChecksum({ callName, query, checksum, secret }))
    return checksumError;
  const isKnownType =
    bodyType === undefined ||
    bodyType === formType ||
    bodyType === multipartType ||
    (xmlTypes.includes(bodyType) && callsWithXml.includes(callName));
  if (!isKnownType)
    return { messageKey: "unsupportedContentType", message: "POST request Content-Type is missing or unsupported" };
  if (bodyType === multipartType)
    return { messageKey: "unsupportedRequest", message: "The sample BBB reads no multipart bodies." };
  return undefined;
}

const markup = /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<(?<end>\/?)(?<name>[\w:.-]+)[^<>]*?(?<empty>\/?)>|</g;

/** Whether the text is well-formed XML with a single root: BBB's XmlSlurper throws otherwise. */
export function isXml(text: string): boolean {
  const open: string[] = [];
  let roots = 0;
  for (const { groups: { end, name, empty } = {}, 0: match } of text.matchAll(markup)) {
    if (match === "<") return false;
    if (name === undefined) continue;
    if (end === "/") {
      if (open.pop() !== name) return false;
      continue;
    }
    if (open.length === 0) roots += 1;
    if (empty === "") open.push(name);
  }
  return roots === 1 && open.length === 0;
}
