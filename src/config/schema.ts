import { z } from "zod";

import { calls } from "./calls-schema.js";
import { fields, perLanguage } from "./fields.js";
import { trunk } from "./trunk-schema.js";
import { http, page, rooms, statistics } from "./web-schema.js";

/*
 * The configuration file. Each setting has one description, used in the JSON Schema (editors show it)
 * and in the hints of faults. `prefault` is the default in the notation of the file.
 */

const drachtio = z
  .strictObject({
    host: fields.host
      .prefault("127.0.0.1")
      .describe(
        "The host of drachtio-server's admin port. Keep the port on loopback or a private network: drachtio accepts commands there before authentication.",
      ),
    port: fields.port.prefault(9022).describe("The port of drachtio-server's admin element."),
    secret: fields.secret.describe("The secret of drachtio-server's admin element."),
  })
  .describe("The SIP server, which handles trunks and calls.");

const mediaServer = z.strictObject({
  name: fields.name.describe("The media server's name in logs and metrics."),
  event_socket: z
    .strictObject({
      host: fields.host.prefault("127.0.0.1").describe("The host of mod_event_socket."),
      port: fields.port.prefault(8021).describe("The port of mod_event_socket."),
      password: fields.eventSocketPassword.describe(
        "The password of mod_event_socket. FreeSWITCH's stock password is refused.",
      ),
    })
    .describe("The connection from einwahl to FreeSWITCH."),
  sip_profile: fields.sipProfile
    .prefault("drachtio_mrf")
    .describe("The sofia profile that accepts calls from drachtio."),
  listen_address: fields.address
    .prefault("127.0.0.1")
    .describe(
      "The address of this machine to which FreeSWITCH connects for each call. 0.0.0.0 requires advertised_address.",
    ),
  advertised_address: fields.host
    .optional()
    .describe("The address under which FreeSWITCH reaches listen_address. Default: listen_address."),
  public_address: fields.address
    .optional()
    .describe(
      "The public address of this media server's RTP ports, behind NAT; callers receive it in the SDP. Default: the media server's own address.",
    ),
  capacity: fields
    .count(1, 100_000)
    .prefault(100)
    .describe("The maximum number of concurrent calls on this media server."),
});

const bbbServer = z.strictObject({
  name: fields.name.describe("The server's name in logs and metrics."),
  api_url: fields.apiUrl.describe(
    "The URL of the server's API, as `bbb-conf --secret` prints it, with /api at the end.",
  ),
  secret: fields.secret.describe("The API's shared secret."),
  checksum: z
    .enum(["sha1", "sha256", "sha384", "sha512"])
    .prefault("sha256")
    .describe("The hash algorithm of the API's checksums; must be in the server's supportedChecksumAlgorithms."),
  allow_http: fields.flag
    .prefault(false)
    .describe("Whether api_url may be http, for a private network. http to loopback is always allowed."),
  sip: z
    .strictObject({
      host: fields.host.optional().describe("The host of the server's FreeSWITCH. Default: the host of api_url."),
      port: fields.port.optional().describe("Default: 5081 with tls, else 5060."),
      transport: fields.transport.prefault("tls").describe("tls; other transports require allow_unencrypted."),
      srtp: z
        .literal("mandatory")
        .optional()
        .describe(
          "Encrypted audio (SRTP, keys by SDES) is mandatory; this is the only value. To allow unencrypted audio, see allow_unencrypted.",
        ),
      allow_unencrypted: fields.flag.prefault(false).describe("Whether calls to this server may be unencrypted."),
    })
    .prefault({})
    .describe("The SIP address at which the media servers reach the server's conferences."),
  audio_bridge: z
    .enum(["auto", "freeswitch", "livekit"])
    .prefault("auto")
    .describe(
      "The audio bridge of meetings that no webhook has reported: BBB 3's setting audioBridge. auto: einwahl queries the server at the first call, which requires freeswitch/bbb-node/02_einwahl_livekit.xml there. livekit: all meetings use LiveKit. freeswitch: the server has no LiveKit.",
    ),
  livekit_sip: z
    .strictObject({
      host: fields.host.optional().describe("The host of the server's livekit-sip. Default: the host of sip."),
      port: fields.port.describe("The port of livekit-sip."),
      transport: fields.transport.prefault("tls").describe("tls; other transports require allow_unencrypted."),
      allow_unencrypted: fields.flag.prefault(false).describe("Whether calls to livekit-sip may be unencrypted."),
    })
    .optional()
    .describe(
      "The direct SIP address of livekit-sip. Default: the server's own FreeSWITCH bridges calls to livekit-sip (freeswitch/bbb-node/README.md), which requires no open port and encrypts calls whatever livekit-sip's settings are. Requires audio_bridge freeswitch or livekit.",
    ),
  webhooks: fields.flag
    .prefault(false)
    .describe(
      "Whether bbb-webhooks of this server are accepted at /bbb-webhooks/<name>, so that changes are known immediately; the API's secret authenticates them. Polling continues.",
    ),
  poll_interval: fields
    .duration("1s", "10m")
    .prefault("5s")
    .describe("The interval of polls for the server's meetings; an unknown PIN triggers a poll immediately."),
});

const label = z
  .strictObject({
    template: perLanguage(fields.labelTemplate)
      .optional()
      .describe(
        "The name of a caller: fixed text and {last4}, the last four digits of the number. One text for all languages, or one for each. Default: {last4}.",
      ),
    anonymous: perLanguage(fields.labelWord)
      .optional()
      .describe("The name of a caller who withholds the number. Default: Anonym, No number."),
    unreadable: perLanguage(fields.labelWord)
      .optional()
      .describe(
        "The name of a caller whose number is invalid or too short to show a part of it. Default: Telefon, Phone.",
      ),
    livekit_anonymous: perLanguage(fields.livekitWord)
      .optional()
      .describe("The same as anonymous in LiveKit meetings, which show only four characters. Default: Anon."),
    livekit_unreadable: perLanguage(fields.livekitWord)
      .optional()
      .describe("The same as unreadable in LiveKit meetings; also used if template has no {last4}. Default: Tel."),
  })
  .prefault({})
  .describe("The caller's name in a conference.");

/** The control socket between the command line and the running instance. */
const control = z
  .strictObject({
    socket: fields.socket
      .optional()
      .describe(
        "The Unix socket that connects `einwahl status`, `reload` and `drain` to the running instance. A relative path starts at the directory of this file. Default: control.sock in the directory of rooms.store, or /run/einwahl/control.sock with Redis.",
      ),
  })
  .prefault({})
  .describe("The control socket of the running instance.");

/** Synthetic calls. */
const syntheticCall = z
  .strictObject({
    enabled: fields.flag
      .prefault(false)
      .describe(
        "Whether einwahl places synthetic calls: two test phones call a meeting that einwahl creates and ends through the API of a BBB server. No caller's audio is involved, and statistics do not count these calls.",
      ),
    interval: fields.duration("1m", "24h").prefault("15m").describe("The interval between two synthetic calls."),
    jitter: fields
      .duration("0s", "1h")
      .prefault("1m")
      .describe("The maximum random addition to the interval, so that several instances don't call at the same time."),
    trunk: fields.name
      .optional()
      .describe(
        "The name of a trunk in trunks. einwahl calls the trunk's first number over it, and the provider routes the call back: this tests the whole path, takes two outgoing and two incoming channels, and may incur charges. Default: the calls go directly to drachtio.",
      ),
    ca: fields.authorities
      .optional()
      .describe(
        "With trunk: the trusted CAs of the registrar's certificate, in PEM form, such as file:trunk-ca.pem. Default: ca of that trunk.",
      ),
    contact: z
      .strictObject({
        host: fields.host.describe("The address or name under which this machine reaches drachtio."),
        port: fields.port.prefault(5061).describe("drachtio's TLS port."),
      })
      .optional()
      .describe(
        "The destination of the calls. Default: the TLS address that drachtio reports; behind NAT this machine may be unable to reach it.",
      ),
    servers: z
      .array(fields.name)
      .min(1, { error: "must name at least one BBB server" })
      .optional()
      .describe("The names of the BBB servers to call in turn, from bbb_servers. Default: all."),
  })
  .prefault({})
  .describe("Synthetic calls: einwahl calls itself, to detect faults before callers do.");

export const configSchema = z
  .strictObject({
    instance: fields.instance
      .optional()
      .describe(
        "The name of this instance in the status of all instances that share a Redis (rooms.store), different on each. Default: the name of this host.",
      ),
    language: fields.language
      .optional()
      .describe("The language of the greeting on numbers without languages. Default: the first of calls.languages."),
    drachtio,
    media_servers: z
      .array(mediaServer)
      .min(1, { error: "must name at least one media server" })
      .describe("The FreeSWITCH servers, which carry the audio."),
    trunks: z
      .array(trunk)
      .min(1, { error: "must name at least one trunk" })
      .describe("The trunks to the telephone network."),
    bbb_servers: z
      .array(bbbServer)
      .min(1, { error: "must name at least one BBB server" })
      .describe("The BigBlueButton servers, which hold the conferences."),
    calls,
    label,
    pseudonym_key: fields.pseudonymKey
      .optional()
      .describe(
        "Mixed into the daily key for callers' pseudonyms in BBB, at least 16 characters: without it, numbers can't be computed from the keys in rooms.store. Must be the same on all instances. A change ends the bans in running meetings. Default: nothing is mixed in.",
      ),
    http,
    control,
    synthetic_call: syntheticCall,
    rooms,
    statistics,
    page,
    logging: z
      .strictObject({
        level: z
          .enum(["debug", "info", "warn", "error"])
          .prefault("info")
          .describe("The minimum level of logged lines. No level logs numbers or PINs."),
        file: fields.logFile
          .optional()
          .describe(
            "The log file, instead of standard output. /var/log/einwahl/einwahl.log creates one file a day (UTC): /var/log/einwahl/einwahl-2026-11-20.log and so on. A relative path starts at the directory of this file. Default: standard output.",
          ),
        retention_days: fields
          .count(1, 7)
          .prefault(7)
          .describe(
            "The number of days for which log files are kept, including today's. Without file, the program that stores standard output decides.",
          ),
      })
      .prefault({})
      .describe("The log: one line of JSON for each call and for each event of a component."),
    prompts: z
      .strictObject({
        directory: fields.directory
          .optional()
          .describe(
            "The directory of the recordings on the media servers: <directory>/de/welcome.wav and so on. Default: the path of the packaged recordings on this machine.",
          ),
      })
      .prefault({})
      .describe("The recordings that callers hear."),
  })
  .describe("The configuration of einwahl.");

export type ValidSettings = z.output<typeof configSchema>;

/** The committed JSON Schema, relative to the root of the package. */
export const jsonSchemaPath = "config/einwahl.schema.json";

/** The configuration as JSON Schema draft 7, the version with the best support in YAML editors. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configSchema, { target: "draft-7", io: "input" });
}

/** The content of the committed file. */
export function jsonSchemaText(): string {
  return `${JSON.stringify({ title: "einwahl", ...jsonSchema() }, undefined, 2)}\n`;
}
