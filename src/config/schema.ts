import { z } from "zod";

import { control } from "./control-schema.js";
import { fields } from "./fields.js";
import { syntheticCall } from "./synthetic-schema.js";
import { trunk } from "./trunk-schema.js";
import { http, page, rooms, statistics } from "./web-schema.js";

/*
 * The configuration file. One description for each setting: it goes into the JSON Schema, so that editors show it,
 * and into the hints of faults. `prefault` is the default as the operator would write it.
 */

const drachtio = z
  .strictObject({
    host: fields.host
      .prefault("127.0.0.1")
      .describe(
        "Where drachtio-server listens for applications. Keep it on loopback or a private network: drachtio takes commands there before it asks for the secret.",
      ),
    port: fields.port.prefault(9022).describe("The port of drachtio-server's admin element."),
    secret: fields.secret.describe("The secret of drachtio-server's admin element."),
  })
  .describe("The SIP server, which holds the trunks and the calls.");

const mediaServer = z.strictObject({
  name: fields.name.describe("The media server's name in logs and metrics."),
  event_socket: z
    .strictObject({
      host: fields.host.prefault("127.0.0.1").describe("Where mod_event_socket listens."),
      port: fields.port.prefault(8021).describe("The port of mod_event_socket."),
      password: fields.eventSocketPassword.describe(
        "The password of mod_event_socket. FreeSWITCH's stock password is refused.",
      ),
    })
    .describe("How einwahl reaches FreeSWITCH."),
  sip_profile: fields.sipProfile.prefault("drachtio_mrf").describe("The sofia profile that takes calls from drachtio."),
  listen_address: fields.address
    .prefault("127.0.0.1")
    .describe(
      "The address of this machine where FreeSWITCH connects to einwahl, for each call. 0.0.0.0 needs an advertised_address.",
    ),
  advertised_address: fields.host
    .optional()
    .describe("How FreeSWITCH reaches listen_address. Default: listen_address."),
  public_address: fields.address
    .optional()
    .describe(
      "The address at which the world reaches this media server's RTP ports, when it is behind NAT; it is told to callers. Default: the media server's own.",
    ),
  capacity: fields.count(1, 100_000).prefault(100).describe("The most calls at a time on this media server."),
});

const bbbServer = z.strictObject({
  name: fields.name.describe("The server's name in logs and metrics."),
  api_url: fields.apiUrl.describe("The server's API, as `bbb-conf --secret` prints it, with /api at the end."),
  secret: fields.secret.describe("The API's shared secret."),
  checksum: z
    .enum(["sha1", "sha256", "sha384", "sha512"])
    .prefault("sha256")
    .describe("The hash of the API's checksums, one that the server's supportedChecksumAlgorithms allows."),
  allow_http: fields.flag
    .prefault(false)
    .describe("Whether api_url may be http, for a network that nobody else is on. http to loopback is always allowed."),
  sip: z
    .strictObject({
      host: fields.host.optional().describe("The host of the server's FreeSWITCH. Default: the host of api_url."),
      port: fields.port.optional().describe("Default: 5081 with tls, else 5060."),
      transport: fields.transport.prefault("tls").describe("tls; anything else needs allow_unencrypted."),
      srtp: z
        .literal("mandatory")
        .optional()
        .describe(
          "Encrypted audio (SRTP, keys by SDES) is mandatory. There is nothing else to choose: see allow_unencrypted.",
        ),
      allow_unencrypted: fields.flag.prefault(false).describe("Whether calls may go to this server in the open."),
    })
    .prefault({})
    .describe("How the media servers reach the server's conferences."),
  audio_bridge: z
    .enum(["auto", "freeswitch", "livekit"])
    .prefault("auto")
    .describe(
      "What carries the audio of the server's meetings, where no webhook tells it of a meeting: BBB 3's setting audioBridge. With auto the server itself is asked at the first call, which takes freeswitch/bbb-node/02_einwahl_livekit.xml there; livekit for a server that has nothing else, freeswitch for one without LiveKit.",
    ),
  livekit_sip: z
    .strictObject({
      host: fields.host.optional().describe("The host of the server's livekit-sip. Default: the host of sip."),
      port: fields.port.describe("The port of livekit-sip."),
      transport: fields.transport.prefault("tls").describe("tls; anything else needs allow_unencrypted."),
      allow_unencrypted: fields.flag.prefault(false).describe("Whether calls may go there in the open."),
    })
    .optional()
    .describe(
      "How the media servers reach livekit-sip directly. Without, the server's own FreeSWITCH hands calls on to it (freeswitch/bbb-node/README.md), which opens no port and is encrypted whatever livekit-sip is set to. Needs audio_bridge freeswitch or livekit.",
    ),
  webhooks: fields.flag
    .prefault(false)
    .describe(
      "Whether bbb-webhooks of this server are taken at /bbb-webhooks/<name>, so that changes are known at once; they prove themselves by the API's secret. Polling goes on.",
    ),
  poll_interval: fields
    .duration("1s", "10m")
    .prefault("5s")
    .describe("How often the server is asked for its meetings; an unknown PIN asks at once."),
});

const maxWrongPins = 1_000_000;

const guessing = z
  .strictObject({
    window: fields.duration("1m", "24h").prefault("1h").describe("How long a wrong PIN counts, from the first one on."),
    delay: fields
      .duration("1s", "30s")
      .prefault("3s")
      .describe(
        "How much later each answer to a PIN comes when a limit is reached, whether it is right or wrong. Twice the limit doubles it, up to ten times.",
      ),
    number: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(10)
          .describe("From so many wrong PINs on a call has one try, and each answer comes late."),
        refuse: fields.count(1, maxWrongPins).prefault(20).describe("From so many on, calls are answered 603."),
      })
      .prefault({})
      .describe("Wrong PINs from one number."),
    withheld: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(60)
          .describe("From so many wrong PINs on a call has one try, and each answer comes late."),
        refuse: fields.count(1, maxWrongPins).prefault(120).describe("From so many on, calls are answered 603."),
      })
      .prefault({})
      .describe("Wrong PINs from all callers of a trunk together that show no usable number."),
    all: z
      .strictObject({
        slow: fields
          .count(1, maxWrongPins)
          .prefault(300)
          .describe(
            "From so many wrong PINs on each call has one try, and each answer comes late. No call is refused for what others typed.",
          ),
      })
      .prefault({})
      .describe("Wrong PINs from all callers together."),
  })
  .prefault({})
  .describe(
    "What wrong PINs cost, over all calls and, with Redis, over all instances. They are counted under a keyed hash of the number.",
  );

const calls = z
  .strictObject({
    max_concurrent: fields.count(1, 100_000).prefault(100).describe("The most calls at a time; more are answered 503."),
    per_number: fields
      .count(1, 100_000)
      .prefault(3)
      .describe(
        "The most calls at a time from one number, as a company shows it for all its telephones; more are answered 486.",
      ),
    withheld_per_trunk: fields
      .count(1, 100_000)
      .prefault(20)
      .describe(
        "The most calls at a time over one trunk from callers who withhold their number or show none that can be used; more are answered 486.",
      ),
    withheld_after_removal: z
      .enum(["allow", "refuse"])
      .prefault("allow")
      .describe(
        "Whether callers who show no usable number may enter a meeting from which one of them was removed: BBB can't ban them, since each call has another pseudonym. With refuse none of them gets in until the meeting is over.",
      ),
    languages: fields.languages.prefault(["de", "en"]).describe("The languages of numbers that name none."),
    pin: z
      .strictObject({
        tries: fields.count(1, 10).prefault(3).describe("How many PINs a caller may type."),
        first_digit_timeout: fields
          .duration("1s", "1m")
          .prefault("7s")
          .describe("From the end of the prompt to the first key."),
        inter_digit_timeout: fields
          .duration("1s", "30s")
          .prefault("5s")
          .describe("From one key to the next; then the PIN counts as complete."),
        total_timeout: fields
          .duration("10s", "15m")
          .prefault("2m")
          .describe("From the greeting until a conference is found."),
      })
      .prefault({})
      .describe("The dialogue that asks for the PIN."),
    guessing,
    waiting: z
      .strictObject({
        enabled: fields.flag
          .prefault(true)
          .describe(
            "Whether callers can wait for a conference that has not begun; otherwise they are asked to call again.",
          ),
        limit: fields
          .duration("10s", "4h")
          .prefault("30m")
          .describe("The longest that a caller waits, all waits of a call together."),
        max_percent: fields
          .count(1, 100)
          .prefault(50)
          .describe("How many percent of max_concurrent may wait at a time; more callers are asked to call again."),
        per_pin: fields
          .count(1, 100_000)
          .prefault(30)
          .describe("How many callers may wait for one conference at a time."),

        reminder_interval: fields
          .duration("15s", "10m")
          .prefault("45s")
          .describe("How often waiting callers are told what they wait for, with music between."),
      })
      .prefault({})
      .describe("For conferences whose PIN is reserved and that have not begun."),
    hints: fields.flag
      .prefault(true)
      .describe(
        "Whether callers are told before their first conference the keys to mute and to leave, which takes four seconds. Any key skips it.",
      ),
    leave_key: fields.leaveKey
      .prefault("*#")
      .describe(
        "The keys that leave a conference for another PIN: * and one of 0 1 2 3 4 5 7 8 9 #; or off. *6 mutes, and all other keys are BBB's.",
      ),
    max_duration: fields.duration("1m", "48h").prefault("12h").describe("The longest that a call may last."),
    media_timeout: fields
      .duration("5s", "30m")
      .prefault("30s")
      .describe("A call from which no audio packet has come for this long is over."),
    hold_timeout: fields
      .duration("5s", "4h")
      .prefault("30m")
      .describe(
        "The same while the caller is on hold. Before a conference the times of calls.pin stand still for a caller on hold, all holds of a call together for this long.",
      ),
  })
  .prefault({})
  .describe("What holds for every call.");

function perLanguage<Field extends z.ZodString>(
  field: Field,
): z.ZodUnion<[Field, z.ZodObject<{ de: z.ZodOptional<Field>; en: z.ZodOptional<Field> }, z.core.$strict>]> {
  return z.union([field, z.strictObject({ de: field.optional(), en: field.optional() })]);
}

const label = z
  .strictObject({
    template: perLanguage(fields.labelTemplate)
      .optional()
      .describe(
        "The name of a caller: fixed text and {last4}, the last four digits of the number. One text for all languages, or one for each. Default: {last4}.",
      ),
    anonymous: perLanguage(fields.labelWord)
      .optional()
      .describe("The name of a caller who does not want to be known. Default: Anonym, No number."),
    unreadable: perLanguage(fields.labelWord)
      .optional()
      .describe(
        "The name of a caller whose number is too short to show a part of it, or is none. Default: Telefon, Phone.",
      ),
    livekit_anonymous: perLanguage(fields.livekitWord)
      .optional()
      .describe("The same as anonymous in LiveKit meetings, which show four characters and no more. Default: Anon."),
    livekit_unreadable: perLanguage(fields.livekitWord)
      .optional()
      .describe(
        "The same as unreadable in LiveKit meetings; also of callers whose template has no {last4}. Default: Tel.",
      ),
  })
  .prefault({})
  .describe("What a conference sees of a caller.");

export const configSchema = z
  .strictObject({
    language: fields.language
      .optional()
      .describe(
        "The language in which callers are greeted whose number names none. Default: the first of calls.languages.",
      ),
    drachtio,
    media_servers: z
      .array(mediaServer)
      .min(1, { error: "must name at least one media server" })
      .describe("The FreeSWITCH servers, which carry the audio."),
    trunks: z
      .array(trunk)
      .min(1, { error: "must name at least one trunk" })
      .describe("The lines to the telephone network."),
    bbb_servers: z
      .array(bbbServer)
      .min(1, { error: "must name at least one BBB server" })
      .describe("The BigBlueButton servers, which hold the conferences."),
    calls,
    label,
    pseudonym_key: fields.pseudonymKey
      .optional()
      .describe(
        "Mixed into the key of each day by which callers become pseudonyms in BBB, at least 16 characters: without it no number can be computed from the keys in rooms.store either. The same for all instances. Another one ends the bans of meetings that run. Default: nothing is mixed in.",
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
          .describe("The least important lines that are logged. No level logs numbers or PINs."),
        file: fields.logFile
          .optional()
          .describe(
            "Where the log goes instead of standard output: /var/log/einwahl/einwahl.log is one file for each day (in UTC), /var/log/einwahl/einwahl-2026-11-20.log and so on. A relative path is taken from the directory of this file. Default: standard output.",
          ),
        retention_days: fields
          .count(1, 7)
          .prefault(7)
          .describe(
            "How many days the log's files are kept, today's among them: no line gets older. Without file, that is up to whatever keeps standard output.",
          ),
      })
      .prefault({})
      .describe("The log, one line of JSON for each call and for what happens to the parts."),
    prompts: z
      .strictObject({
        directory: fields.directory
          .optional()
          .describe(
            "Where the media servers find the recordings: <directory>/de/welcome.wav and so on. Default: the recordings that come with einwahl, where they are on this machine.",
          ),
      })
      .prefault({})
      .describe("The recordings that callers hear."),
  })
  .describe("The configuration of einwahl.");

export type ValidSettings = z.output<typeof configSchema>;
