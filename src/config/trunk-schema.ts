import { z } from "zod";

import { calledNumberHeaders } from "../caller/called-number.js";
import { fields } from "./fields.js";
import { providers } from "./presets.js";

/* The section of the trunks; see schema.ts for how settings are described. */

const registrar = z.strictObject({
  host: fields.host.describe("The registrar's host name; its certificate must contain this name, or certificate_name."),
  port: fields.port.optional().describe("Default: 5061 with tls, else 5060; with srv, the port from DNS."),
  transport: fields.transport.prefault("tls").describe("tls; other transports require allow_unencrypted."),
  srv: fields.flag
    .optional()
    .describe(
      "Whether the registrar's addresses and ports come from SRV records in DNS. Default: true for telekom-companyflex without a port, else false.",
    ),
});

const number = z.strictObject({
  number: fields.phoneNumber.describe(
    'A number that callers dial, in quotes, with + and country code: "+493012345678".',
  ),
  languages: fields.languages
    .optional()
    .describe(
      "The number's languages: the greeting is in the first, and callers may switch to the others. Default: language, then the others of calls.languages.",
    ),
  city: fields.city.optional().describe("The city in which the number is a local call; shown beside it."),
});

const watchdog = z
  .strictObject({
    silence: fields
      .duration("10m", "720h")
      .prefault("24h")
      .describe(
        "A registered trunk that has received no call or other request for this long is un-registered and registered again.",
      ),
    min_interval: fields
      .duration("1m", "24h")
      .prefault("10m")
      .describe("The minimum time between two such renewals, whatever the reason."),
  })
  .describe("Renews the registration of a trunk that may not deliver calls.");

export const trunk = z.strictObject({
  name: fields.name.describe("The trunk's name in logs and metrics."),
  provider: z.enum(providers).prefault("generic").describe("A provider with a preset, or generic."),
  registrar: z
    .union([z.literal(false), registrar])
    .optional()
    .describe(
      "The registrar. Preset for easybell, dus.net and sipgate; telekom-companyflex and plusnet have a different one for each customer. Default for generic, and `false` for any provider: the trunk does not register, and the provider sends calls to a fixed address.",
    ),
  username: fields.userName.optional().describe("The user name at the registrar."),
  auth_username: fields.authUserName
    .optional()
    .describe("The user name in digest authentication, if it differs. Default: username."),
  password: fields.secret.optional().describe("The password at the registrar."),
  domain: fields.host
    .optional()
    .describe(
      "The domain of the address of record, if it differs from the registrar's host. Default for telekom-companyflex: tel.t-online.de.",
    ),
  realm: fields.realm
    .optional()
    .describe(
      "The realm of the registrar's digest challenge; challenges with another realm are not answered. Default: the domain, the registrar's host, and the realms in the provider's preset (sip.easybell.de for easybell).",
    ),
  certificate_name: fields.host
    .optional()
    .describe(
      "The name that the registrar's certificate must contain, if it differs; einwahl verifies it before each REGISTER. Default: the registrar's host.",
    ),
  ca: fields.authorities
    .optional()
    .describe(
      "The trusted CAs of the registrar's certificate, in PEM form, such as file:trunk-ca.pem. Default: Node's CAs. drachtio's CAs are set in EINWAHL_TRUNK_CA.",
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
    .describe("The requested lifetime of a registration; the registrar may grant another one. Default: 10m."),
  keepalive: fields
    .duration("2s", "5m")
    .optional()
    .describe(
      "The interval of keep-alives to the registrar: a broken connection is detected within this time. Default: 5s.",
    ),
  watchdog: z
    .union([z.literal(false), watchdog])
    .optional()
    .describe(
      "Renewal of the registration when a registered trunk no longer delivers calls. `false`: off. Default: silence and min_interval as below.",
    ),
  numbers: z
    .array(number)
    .min(1, { error: "must name at least one number" })
    .describe("The numbers of this trunk. Calls to other numbers are answered 404."),
  channels: fields
    .count(1, 100_000)
    .optional()
    .describe(
      "The maximum number of concurrent calls over this trunk; further calls are answered 486. Default: only calls.max_concurrent applies.",
    ),
  sources: z
    .array(fields.source)
    .min(1, { error: "is empty, so that no call is accepted" })
    .optional()
    .describe(
      "The sources of this trunk's calls: addresses, networks (CIDR) and host names. Calls from other sources are answered 403. The registrar's addresses are always included; a trunk that does not register must list its sources.",
    ),
  country: fields.country.prefault("DE").describe("The country of callers' numbers with a single leading 0."),
  bare_country_code: fields.flag
    .optional()
    .describe(
      "Whether this trunk sends international numbers without +, such as 4930... Default: true for sipgate, else false.",
    ),
  called_number_from: z
    .enum(calledNumberHeaders)
    .optional()
    .describe(
      "The header with the dialled number. If it contains none of the trunk's numbers, request-uri, to and p-called-party-id are tried in this order; diversion and history-info, which hold the forwarding numbers, only if set here. Default: p-called-party-id for telekom-companyflex, else to.",
    ),
  trust_asserted_identity: fields.flag
    .prefault(true)
    .describe("Whether the caller's number in P-Asserted-Identity is trusted; otherwise only From is used."),
  srtp: z
    .literal("mandatory")
    .optional()
    .describe(
      "Encrypted audio (SRTP, keys by SDES) is mandatory; this is the only value. To allow unencrypted audio, see allow_unencrypted.",
    ),
  allow_unencrypted: fields.flag
    .prefault(false)
    .describe("Whether this trunk may carry unencrypted calls, which can be intercepted on the network."),
});
