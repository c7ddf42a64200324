import { z } from "zod";

import { Secret } from "../caller/secret.js";
import { scopes } from "./config.js";
import { complain, fields, isNetworkAddress, matching, perLanguage, text } from "./fields.js";

/* The HTTP sections of the configuration file: front ends, reserved PINs, the page for people. */

function urlFault(value: string): ReturnType<typeof complain> {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isWeb =
    url !== undefined &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "";
  return isWeb ? undefined : complain("is not a web address", "write it with https://, as a browser shows it");
}

function publicUrlFault(value: string): ReturnType<typeof complain> {
  const fault = urlFault(value);
  if (fault !== undefined) return fault;
  const url = new URL(value);
  return url.search === "" && url.hash === ""
    ? undefined
    : complain("contains more than an address and a path", "write it like https://phone.example.org");
}

function originFault(value: string): ReturnType<typeof complain> {
  if (value === "*") return undefined;
  const isOrigin = URL.canParse(value) && new URL(value).origin === value;
  return isOrigin
    ? undefined
    : complain(
        "is not an origin",
        "write scheme and host without a trailing slash, such as https://meet.example.org, or * for any origin",
      );
}

function storeFault(value: string): ReturnType<typeof complain> {
  const hint = "write a directory, or redis://host:6379 (rediss:// for TLS)";
  if (value.trim() === "" || /\p{Cc}/u.test(value)) return complain("is not a directory or a Redis URL", hint);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(value)) return undefined;
  const isRedis = /^rediss?:\/\//.test(value) && URL.canParse(value) && new URL(value).hostname !== "";
  return isRedis ? undefined : complain("is not a Redis URL", hint);
}

/** A directory, or the URL of Redis, which is a secret because it may contain a password. */
type StoreSetting = { readonly directory: string } | { readonly redis: Secret };

const line = (most: number): z.ZodString =>
  matching(
    new RegExp(`^[^\\p{Cc}]{1,${most}}$`, "u"),
    "is not a line of text",
    `use up to ${most} characters on one line`,
  );

/** The value types of these sections; see fields.ts. */
const webFields = {
  url: text(urlFault),
  publicUrl: text(publicUrlFault),
  origin: text(originFault),
  proxy: text((value) =>
    isNetworkAddress(value)
      ? undefined
      : complain("is not an address or a network", "write an address (10.0.0.5) or a network (10.0.0.0/24)"),
  ),
  tokenHash: matching(
    /^[0-9a-fA-F]{64}$/,
    "is not a SHA-256 hash",
    'write 64 hexadecimal digits, from: printf %s "$TOKEN" | sha256sum',
  ),
  store: text(storeFault).transform((value): StoreSetting =>
    /^rediss?:/.test(value) ? { redis: Secret.of(value) } : { directory: value },
  ),
  redisPrefix: matching(/^[A-Za-z0-9_.-]{1,40}$/, "is not a prefix", "use up to 40 letters, digits, . _ and -"),
  line: line(200),
  title: line(80),
  email: matching(
    /^[^\s\p{Cc}<>"@]{1,64}@[A-Za-z0-9.-]{1,253}$/u,
    "is not an e-mail address",
    "write it like phone@example.org",
  ),
  paragraph: matching(
    /^[^\p{Cc}]{1,4000}$/u,
    "is not a paragraph of text",
    "use up to 4000 characters without line breaks; each list entry is one paragraph",
  ),
};

const token = z.strictObject({
  name: fields.name.describe("The name of the token's owner in logs."),
  sha256: webFields.tokenHash.describe(
    'The SHA-256 of the token: printf %s "$TOKEN" | sha256sum. Create the token with: openssl rand -hex 32',
  ),
  scopes: z
    .array(z.enum(scopes))
    .min(1, { error: "must name at least one scope" })
    .describe(
      "The token's permissions. rooms:read and rooms:write: PINs of rooms by id. rooms:list: all rooms, also as an export. rooms:import: imports. statistics:read: statistics. metrics:read and status:read: /metrics and /status.",
    ),
});

const rateLimit = z
  .strictObject({
    window: fields.duration("1s", "1h").prefault("1m").describe("The window in which requests are counted."),
    per_address: fields
      .count(1, 1_000_000)
      .prefault(120)
      .describe("The maximum number of requests per window from one address (IPv6: from one /48) without a token."),
    per_token: fields
      .count(1, 10_000_000)
      .prefault(6_000)
      .describe("The maximum number of requests per window with one token."),
  })
  .prefault({})
  .describe("The limit of requests; further requests are answered 429.");

export const http = z
  .strictObject({
    host: fields.host.prefault("127.0.0.1").describe("The address of einwahl's own HTTP server."),
    port: fields.port.prefault(8080).describe("The port of einwahl's own HTTP server."),
    operators_port: fields.port
      .prefault(8079)
      .describe(
        "The port on 127.0.0.1 where local programs, such as Prometheus, read /metrics, /status and /readyz with reasons, without a token. Never put a reverse proxy in front of it.",
      ),
    public_url: webFields.publicUrl
      .optional()
      .describe(
        "The public URL of this server, for links, such as https://phone.example.org. Default: http, host and port.",
      ),
    trusted_proxies: z
      .array(webFields.proxy)
      .prefault([])
      .describe(
        "Addresses and networks of reverse proxies whose X-Forwarded-For is trusted. For other peers the connection's address is used.",
      ),
    cors_origins: z
      .array(webFields.origin)
      .prefault([])
      .describe(
        "Origins whose pages may read public responses in a browser, such as https://meet.example.org, or * for any origin.",
      ),
    tokens: z.array(token).prefault([]).describe("The tokens of front ends. The API for PINs requires at least one."),
    rate_limit: rateLimit,
    metrics: z
      .enum(["off", "token", "local", "public"])
      .prefault("local")
      .describe(
        "Access to /metrics, for Prometheus: off, token (tokens with metrics:read), local (tokens, and local programs on operators_port) or public.",
      ),
    status: z
      .enum(["off", "token", "local"])
      .prefault("local")
      .describe(
        "Access to /status, the page for operators: off, token (tokens with status:read; a browser prompts for it as a password) or local (tokens, and local programs on operators_port).",
      ),
  })
  .prefault({})
  .describe("einwahl's own HTTP server, for front ends, people and operators.");

export const rooms = z
  .strictObject({
    store: webFields.store
      .optional()
      .describe(
        "The store of reserved PINs, and of the daily keys for callers' pseudonyms in BBB, so that a ban survives a restart. For one instance: a directory; a relative path starts at the directory of this file. For several: redis://host:6379 (rediss:// for TLS). Default: data, created if PINs or statistics are kept; the daily keys then stay in memory only.",
      ),
    redis_prefix: webFields.redisPrefix
      .prefault("einwahl")
      .describe("The prefix of the keys in Redis. Instances with the same prefix share their PINs."),
    pin_length: fields
      .count(5, 9)
      .prefault(9)
      .describe(
        "The number of digits of new PINs. BBB appends up to two digits for breakout rooms and accepts 11 in total.",
      ),
    pin_reuse_delay: fields
      .duration("0s", "17520h")
      .prefault("2160h")
      .describe(
        "The time before a released PIN is assigned again, so that an old invitation does not lead into another room. Default: 90 days.",
      ),
    jitsi_conf_code: z
      .enum(["token", "public"])
      .prefault("token")
      .describe("Access to Jitsi's dialInConfCodeUrl: public (a room's id is enough, as with Jitsi) or token."),
  })
  .prefault({})
  .describe("PINs that front ends reserve for rooms.");

export const statistics = z
  .enum(["off", "token", "public"])
  .prefault("off")
  .describe(
    "Daily totals of calls and minutes, without personal data: off (nothing is stored), token (for tokens with statistics:read) or public.",
  );

const operator = z
  .strictObject({
    name: webFields.line.describe("The name of the service's operator."),
    address: z.array(webFields.line).max(10).prefault([]).describe("The postal address, line by line."),
    email: webFields.email.optional().describe("The e-mail address for questions."),
    phone: webFields.line.optional().describe("The telephone number for help."),
    data_protection: webFields.line
      .optional()
      .describe("The contact for data protection, such as the data protection officer with an address."),
    imprint_url: webFields.url.optional().describe("The URL of the imprint."),
    privacy_url: webFields.url.optional().describe("The URL of the full privacy policy."),
  })
  .optional()
  .describe("The operator of the service, for the page and its privacy notice.");

export const page = z
  .strictObject({
    title: perLanguage(webFields.title)
      .optional()
      .describe(
        "The heading of the page for people. One text for all languages, or one for each. Default: Per Telefon teilnehmen, Join by phone.",
      ),
    operator,
    privacy_note: z
      .strictObject({
        de: z.array(webFields.paragraph).prefault([]).describe("Paragraphs in German."),
        en: z.array(webFields.paragraph).prefault([]).describe("Paragraphs in English."),
      })
      .prefault({})
      .describe("Additions to the privacy notice, such as how long the provider keeps connection data."),
  })
  .prefault({})
  .describe("The page for people: numbers, how to dial in, how the caller's number is processed.");
