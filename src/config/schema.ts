import { z } from "zod";

import { control } from "./control-schema.js";
import { fields, perLanguage } from "./fields.js";
import { syntheticCall } from "./synthetic-schema.js";
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

const maxWrongPins = 1_000_000;

const guessing = z
  .strictObject({
    window: fields
      .duration("1m", "24h")
      .prefault("1h")
      .describe("The window in which wrong PINs are counted, from the first one."),
    delay: fields
      .duration("1s", "30s")
      .prefault("3s")
      .describe(
        "The delay of each response to a PIN, right or wrong, once a limit is reached. It doubles at twice the limit, up to ten times.",
      ),
    number: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(10)
          .describe("The number of wrong PINs from which a call has one try and each response is delayed."),
        refuse: fields
          .count(1, maxWrongPins)
          .prefault(20)
          .describe("The number of wrong PINs from which calls are answered 603."),
      })
      .prefault({})
      .describe("Wrong PINs from one number."),
    withheld: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(60)
          .describe("The number of wrong PINs from which a call has one try and each response is delayed."),
        refuse: fields
          .count(1, maxWrongPins)
          .prefault(120)
          .describe("The number of wrong PINs from which calls are answered 603."),
      })
      .prefault({})
      .describe("Wrong PINs from all callers of a trunk without a usable number together."),
    all: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(300)
          .describe(
            "The number of wrong PINs from which every call has one try and each response is delayed. No call is refused because of other callers' PINs.",
          ),
      })
      .prefault({})
      .describe("Wrong PINs from all callers together."),
  })
  .prefault({})
  .describe(
    "Limits for wrong PINs, over all calls and, with Redis, over all instances. The counters are stored under a keyed hash of the number.",
  );

const calls = z
  .strictObject({
    max_concurrent: fields
      .count(1, 100_000)
      .prefault(100)
      .describe("The maximum number of concurrent calls; further calls are answered 503."),
    per_number: fields
      .count(1, 100_000)
      .prefault(3)
      .describe(
        "The maximum number of concurrent calls from one number (a company may show one number for all its phones); further calls are answered 486.",
      ),
    withheld_per_trunk: fields
      .count(1, 100_000)
      .prefault(20)
      .describe(
        "The maximum number of concurrent calls over one trunk with a withheld or unusable number; further calls are answered 486.",
      ),
    withheld_after_removal: z
      .enum(["allow", "refuse"])
      .prefault("allow")
      .describe(
        "Whether callers without a usable number may enter a meeting from which one of them was removed: BBB can't ban them, because each call has a new pseudonym. refuse: all of them are kept out until the meeting ends.",
      ),
    languages: fields.languages.prefault(["de", "en"]).describe("The languages of numbers without languages."),
    pin: z
      .strictObject({
        tries: fields.count(1, 10).prefault(3).describe("The maximum number of PINs that a caller may type."),
        first_digit_timeout: fields
          .duration("1s", "1m")
          .prefault("7s")
          .describe("The timeout from the end of the prompt to the first digit."),
        inter_digit_timeout: fields
          .duration("1s", "30s")
          .prefault("5s")
          .describe("The timeout between two digits; after it the PIN is complete."),
        total_timeout: fields
          .duration("10s", "15m")
          .prefault("2m")
          .describe("The timeout from the greeting until a conference is found."),
      })
      .prefault({})
      .describe("The PIN dialogue."),
    guessing,
    waiting: z
      .strictObject({
        enabled: fields.flag
          .prefault(true)
          .describe(
            "Whether callers can wait for a conference that has not begun; otherwise they are asked to call again.",
          ),
        limit: fields.duration("10s", "4h").prefault("30m").describe("The maximum total waiting time of a call."),
        max_percent: fields
          .count(1, 100)
          .prefault(50)
          .describe(
            "The maximum share of max_concurrent that may wait, in percent; further callers are asked to call again.",
          ),
        per_pin: fields
          .count(1, 100_000)
          .prefault(30)
          .describe("The maximum number of callers waiting for one conference."),

        reminder_interval: fields
          .duration("15s", "10m")
          .prefault("45s")
          .describe("The interval of the reminder for waiting callers, with music in between."),
      })
      .prefault({})
      .describe("Waiting for conferences whose PIN is reserved and that have not begun."),
    hints: fields.flag
      .prefault(true)
      .describe(
        "Whether the keys to mute and to leave are announced before the first conference (four seconds). Any key skips the announcement.",
      ),
    leave_key: fields.leaveKey
      .prefault("*#")
      .describe(
        "The keys that leave a conference for another PIN: * and one of 0 1 2 3 4 5 7 8 9 #; or off. *6 mutes, and BBB handles all other keys.",
      ),
    max_duration: fields.duration("1m", "48h").prefault("12h").describe("The maximum duration of a call."),
    media_timeout: fields
      .duration("5s", "30m")
      .prefault("30s")
      .describe("A call without incoming audio packets ends after this time."),
    hold_timeout: fields
      .duration("5s", "4h")
      .prefault("30m")
      .describe(
        "The same for a caller on hold. Before a conference, hold pauses the timeouts of calls.pin, up to this total for a call.",
      ),
  })
  .prefault({})
  .describe("Settings for all calls.");

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

export const configSchema = z
  .strictObject({
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
