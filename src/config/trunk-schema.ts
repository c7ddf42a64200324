import { z } from "zod";

import { calledNumberHeaders } from "../caller/called-number.js";
import { fields } from "./fields.js";
import { providers } from "./presets.js";

/* The section of the trunks; see schema.ts for how settings are described. */

const registrar = z.strictObject({
  host: fields.host.describe(
    "The registrar's host name; its certificate must be for this name, or for certificate_name.",
  ),
  port: fields.port.optional().describe("Default: 5061 with tls, else 5060; or from DNS, see srv."),
  transport: fields.transport.prefault("tls").describe("tls; anything else needs allow_unencrypted."),
  srv: fields.flag
    .optional()
    .describe(
      "Whether the registrar's addresses and ports are in SRV records of DNS. Default: true for telekom-companyflex without a port, else false.",
    ),
});

const number = z.strictObject({
  number: fields.phoneNumber.describe(
    'A number that callers dial, in quotes, with + and country code: "+493012345678".',
  ),
  languages: fields.languages
    .optional()
    .describe(
      "The number's languages: callers are greeted in the first and may switch to the others. Default: language, then the others of calls.languages.",
    ),
  city: fields.city.optional().describe("Where the number is a local call; shown beside it."),
});

const watchdog = z
  .strictObject({
    silence: fields
      .duration("10m", "720h")
      .prefault("24h")
      .describe(
        "A registered trunk over which neither a call nor any other request has come for this long is un-registered and registered again.",
      ),
    min_interval: fields
      .duration("1m", "24h")
      .prefault("10m")
      .describe("Minimum time between two such renewals, whatever the reason."),
  })
  .describe("What is done about a trunk that is registered but may deliver no calls.");

export const trunk = z.strictObject({
  name: fields.name.describe("The trunk's name in logs and metrics."),
  provider: z.enum(providers).prefault("generic").describe("A provider that einwahl knows, or generic."),
  registrar: z
    .union([z.literal(false), registrar])
    .optional()
    .describe(
      "Where the trunk registers. Known for easybell, dus.net and sipgate; telekom-companyflex and plusnet have another one for each customer. Default for generic, and `false` for all: it does not register, the provider sends the calls to a fixed address.",
    ),
  username: fields.userName.optional().describe("The user name at the registrar."),
  auth_username: fields.authUserName
    .optional()
    .describe("The user name of the password, where that is another one. Default: username."),
  password: fields.secret.optional().describe("The password at the registrar."),
  domain: fields.host
    .optional()
    .describe(
      "The domain after the user name, where that is not the registrar's host. Default for telekom-companyflex: tel.t-online.de.",
    ),
  realm: fields.realm
    .optional()
    .describe(
      "The realm of the registrar's digest; a registrar that names another one gets no answer to its challenge. Default: the domain, the registrar's host, and what is known of the provider (sip.easybell.de for easybell).",
    ),
  certificate_name: fields.host
    .optional()
    .describe(
      "The name that the registrar's certificate must be for, where that is another one; einwahl verifies it before each REGISTER. Default: the registrar's host.",
    ),
  ca: fields.authorities
    .optional()
    .describe(
      "The authorities that the registrar's certificate must come from, in PEM form, as in file:trunk-ca.pem. Default: those that Node knows. drachtio's own are in EINWAHL_TRUNK_CA.",
    ),
  contact: z
    .strictObject({
      host: fields.host.describe("The public address or name of drachtio."),
      port: fields.port.optional().describe("Default: 5061 with tls, else 5060."),
    })
    .optional()
    .describe("The address that the registrar sends calls to. Default: the one that drachtio reports."),
  expires: fields
    .duration("60s", "24h")
    .optional()
    .describe("The lifetime of a registration that is asked for; what the registrar grants counts. Default: 10m."),
  keepalive: fields
    .duration("2s", "5m")
    .optional()
    .describe(
      "How often the connection to the registrar is tried: a broken one is noticed after this time. Default: 5s.",
    ),
  watchdog: z
    .union([z.literal(false), watchdog])
    .optional()
    .describe(
      "What is done about a trunk that is registered, but over which no calls come any more. `false`: nothing. Default: silence and min_interval as below.",
    ),
  numbers: z
    .array(number)
    .min(1, { error: "must name at least one number" })
    .describe("The numbers of this trunk. Calls to any other are answered 404."),
  channels: fields
    .count(1, 100_000)
    .optional()
    .describe(
      "The most calls at a time over this trunk; more are answered 486. Default: no limit but calls.max_concurrent.",
    ),
  sources: z
    .array(fields.source)
    .min(1, { error: "is empty, which lets nobody in" })
    .optional()
    .describe(
      "Where this trunk's calls come from: addresses, networks (CIDR) and host names. Calls from elsewhere are answered 403. The registrar's addresses always belong to it; a trunk that does not register has to name its sources.",
    ),
  country: fields.country.prefault("DE").describe("The country of callers' numbers with one leading 0."),
  bare_country_code: fields.flag
    .optional()
    .describe(
      "Whether this trunk sends international numbers without +, as in 4930... Default: true for sipgate, else false.",
    ),
  called_number_from: z
    .enum(calledNumberHeaders)
    .optional()
    .describe(
      "The header with the dialled number. Where it holds none of the trunk's numbers, request-uri, to and p-called-party-id are looked at in this order; diversion and history-info, which name those who forwarded the call, only if they stand here. Default: p-called-party-id for telekom-companyflex, else to.",
    ),
  trust_asserted_identity: fields.flag
    .prefault(true)
    .describe("Whether the caller's number in P-Asserted-Identity is believed; else only From counts."),
  srtp: z
    .literal("mandatory")
    .optional()
    .describe(
      "Encrypted audio (SRTP, keys by SDES) is mandatory. There is nothing else to choose: see allow_unencrypted.",
    ),
  allow_unencrypted: fields.flag
    .prefault(false)
    .describe("Whether this trunk may carry calls in the open, for everybody on the way to hear."),
});
