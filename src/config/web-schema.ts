import { z } from "zod";

import { fields } from "./fields.js";
import { scopes } from "./scopes.js";
import { webFields } from "./web-fields.js";

/* The part of the configuration file that is about HTTP: front ends, PINs that stay, the page for people. */

const token = z.strictObject({
  name: fields.name.describe("Whose token this is, in logs."),
  sha256: webFields.tokenHash.describe(
    'The SHA-256 of the token: printf %s "$TOKEN" | sha256sum. Make the token with: openssl rand -hex 32',
  ),
  scopes: z
    .array(z.enum(scopes))
    .min(1, { error: "must name at least one scope" })
    .describe(
      "What the token may do. rooms:read and rooms:write: PINs of rooms whose id it knows. rooms:list: all of them, also as an export. rooms:import, statistics:read. metrics:read and status:read: what operators are told.",
    ),
});

const rateLimit = z
  .strictObject({
    window: fields.duration("1s", "1h").prefault("1m").describe("The time in which requests are counted."),
    per_address: fields
      .count(1, 1_000_000)
      .prefault(120)
      .describe("Requests of one address (IPv6: of one /48) without a token, in one window."),
    per_token: fields.count(1, 10_000_000).prefault(6_000).describe("Requests with one token, in one window."),
  })
  .prefault({})
  .describe("How many requests are answered; the rest gets 429.");

export const http = z
  .strictObject({
    host: fields.host.prefault("127.0.0.1").describe("The address of einwahl's own HTTP server."),
    port: fields.port.prefault(8080).describe("The port of einwahl's own HTTP server."),
    operators_port: fields.port
      .prefault(8079)
      .describe(
        "The port of 127.0.0.1 where programs of this machine, such as Prometheus, read /metrics, /status and /readyz with its reasons without a token. Never put a reverse proxy before it.",
      ),
    public_url: webFields.publicUrl
      .optional()
      .describe(
        "How people and front ends reach this server, for links: https://phone.example.org. Default: http, host and port.",
      ),
    trusted_proxies: z
      .array(webFields.proxy)
      .prefault([])
      .describe(
        "Addresses and networks of reverse proxies, whose X-Forwarded-For is believed. From all others the connection's own address counts.",
      ),
    cors_origins: z
      .array(webFields.origin)
      .prefault([])
      .describe(
        "Whose pages may read the public answers in a browser: origins such as https://meet.example.org, or * for everybody's.",
      ),
    tokens: z.array(token).prefault([]).describe("The tokens of front ends. Without one there is no API for PINs."),
    rate_limit: rateLimit,
    metrics: z
      .enum(["off", "token", "local", "public"])
      .prefault("local")
      .describe(
        "Who may read /metrics, for Prometheus: off (nobody), token (tokens with metrics:read), local (those, and on operators_port programs of this machine) or public.",
      ),
    status: z
      .enum(["off", "token", "local"])
      .prefault("local")
      .describe(
        "Who may see /status, the page for operators: off (nobody), token (tokens with status:read; a browser asks for it as a password) or local (those, and on operators_port programs of this machine).",
      ),
  })
  .prefault({})
  .describe("einwahl's own HTTP server, for front ends, people and operators.");

export const rooms = z
  .strictObject({
    store: webFields.store
      .optional()
      .describe(
        "Where reserved PINs are kept, and the keys of the last days by which callers become pseudonyms in BBB, so that a ban survives a restart: a directory of this machine, from the directory of this file on, for one instance; or redis://host:6379 (rediss:// for TLS), for several. Default: data, which is made when PINs or statistics are kept; the keys are in memory only then.",
      ),
    redis_prefix: webFields.redisPrefix
      .prefault("einwahl")
      .describe("What the keys in Redis begin with. Instances with the same prefix share their PINs."),
    pin_length: fields
      .count(5, 9)
      .prefault(9)
      .describe("The digits of new PINs. BBB appends up to two for breakout rooms and takes 11 in all."),
    pin_reuse_delay: fields
      .duration("0s", "17520h")
      .prefault("2160h")
      .describe(
        "How long a PIN that was released is not given out again, so that an old note does not lead into another room. Default: 90 days.",
      ),
    jitsi_conf_code: z
      .enum(["token", "public"])
      .prefault("token")
      .describe(
        "Whether Jitsi's dialInConfCodeUrl answers everybody who knows a room's id (public), as with Jitsi, or needs a token.",
      ),
  })
  .prefault({})
  .describe("The PINs that front ends reserve for rooms.");

export const statistics = z
  .enum(["off", "token", "public"])
  .prefault("off")
  .describe(
    "Sums of calls and minutes for each day, without people: off (nothing is stored), token (for tokens with statistics:read) or public.",
  );

function perLanguage<Field extends z.ZodType<string, string>>(
  field: Field,
): z.ZodUnion<[Field, z.ZodObject<{ de: z.ZodOptional<Field>; en: z.ZodOptional<Field> }, z.core.$strict>]> {
  return z.union([field, z.strictObject({ de: field.optional(), en: field.optional() })]);
}

const operator = z
  .strictObject({
    name: webFields.line.describe("Who runs this service."),
    address: z.array(webFields.line).max(10).prefault([]).describe("The postal address, line by line."),
    email: webFields.email.optional().describe("Where people write to."),
    phone: webFields.line.optional().describe("Where people call for help."),
    data_protection: webFields.line
      .optional()
      .describe("Whom to ask about one's data, such as a data protection officer with an address."),
    imprint_url: webFields.url.optional().describe("The imprint."),
    privacy_url: webFields.url.optional().describe("The full privacy policy."),
  })
  .optional()
  .describe("Who runs this service, for the page and its privacy notice.");

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
      .describe("What you add to the privacy notice, such as how long the provider keeps connection data."),
  })
  .prefault({})
  .describe("The page for people: numbers, how to dial in, what happens to one's number.");
