import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { isKey, type Key } from "../call/dtmf-buffer.js";
import { defaultLabels, type LabelSettings } from "../caller/label.js";
import type { Language } from "../caller/language.js";
import { completeTrunk, nonEmpty } from "./complete-trunk.js";
import type {
  BbbServerConfig,
  Config,
  ControlConfig,
  HttpConfig,
  MediaServerConfig,
  OperatorConfig,
  PageConfig,
  RoomsConfig,
  SyntheticCallConfig,
} from "./config.js";
import { sipPortFor } from "./presets.js";
import type { ValidSettings } from "./schema.js";

type PerLanguage = string | { readonly de?: string | undefined; readonly en?: string | undefined } | undefined;

/** The packaged recordings, relative to `dist/src/config`. */
const packagedPrompts = fileURLToPath(new URL("../../../freeswitch/sounds", import.meta.url));

/**
 * Derives missing settings from others: presets, hosts, ports and languages.
 *
 * @param directory of the configuration file; relative paths are resolved against it
 */
export function completeSettings(settings: ValidSettings, directory: string): Config {
  const { calls } = settings;
  const rooms = completeRooms(settings.rooms, directory);
  const language = settings.language ?? nonEmpty(calls.languages)[0];
  const fallbackLanguages = nonEmpty([...new Set([language, ...calls.languages])]);
  return {
    instance: settings.instance ?? hostInstance(hostname()),
    language,
    drachtio: settings.drachtio,
    mediaServers: nonEmpty(settings.media_servers.map(completeMediaServer)),
    trunks: nonEmpty(settings.trunks.map((trunk) => completeTrunk(trunk, fallbackLanguages))),
    bbbServers: nonEmpty(settings.bbb_servers.map(completeBbbServer)),
    calls: {
      maxConcurrent: calls.max_concurrent,
      minIdlePercent: calls.min_idle_cpu,
      perNumber: calls.per_number,
      withheldPerTrunk: calls.withheld_per_trunk,
      withheldAfterRemoval: calls.withheld_after_removal,
      waitingPlaces: {
        all: Math.max(1, Math.floor((calls.max_concurrent * calls.waiting.max_percent) / 100)),
        perPin: calls.waiting.per_pin,
      },
      pin: {
        tries: calls.pin.tries,
        firstKeyTimeoutMs: calls.pin.first_digit_timeout,
        nextKeyTimeoutMs: calls.pin.inter_digit_timeout,
        dialogueTimeoutMs: calls.pin.total_timeout,
      },
      guessing: {
        windowMs: calls.guessing.window,
        delayMs: calls.guessing.delay,
        limits: {
          number: { slowed: calls.guessing.number.slow, refused: calls.guessing.number.refuse },
          withheld: { slowed: calls.guessing.withheld.slow, refused: calls.guessing.withheld.refuse },
          all: { slowed: calls.guessing.all.slow, refused: undefined },
        },
      },
      waiting: {
        limitMs: calls.waiting.enabled ? calls.waiting.limit : 0,
        remindEveryMs: calls.waiting.reminder_interval,
      },
      hints: calls.hints,
      leaveKey: completeLeaveKey(calls.leave_key),
      maxDurationMs: calls.max_duration,
      mediaTimeoutMs: calls.media_timeout,
      holdTimeoutMs: calls.hold_timeout,
    },
    label: completeLabel(settings.label),
    pseudonymKey: settings.pseudonym_key,
    http: completeHttp(settings.http),
    rooms,
    control: completeControl(settings.control, rooms, directory),
    syntheticCall: completeSyntheticCall(
      settings.synthetic_call,
      settings.bbb_servers.map(({ name }) => name),
    ),
    statistics: settings.statistics,
    page: completePage(settings.page),
    logging: {
      level: settings.logging.level,
      file: settings.logging.file === undefined ? undefined : resolve(directory, settings.logging.file),
      retentionDays: settings.logging.retention_days,
    },
    prompts: { directory: settings.prompts.directory?.replace(/\/+$/, "") ?? packagedPrompts },
  };
}

/** The name of the host, reduced to the characters of `instance`. */
function hostInstance(host: string): string {
  const name = host.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name === "" ? "einwahl" : name.slice(0, 63);
}

function completeHttp(settings: ValidSettings["http"]): HttpConfig {
  return {
    host: settings.host,
    port: settings.port,
    operatorsPort: settings.operators_port,
    publicUrl: settings.public_url?.replace(/\/+$/, ""),
    trustedProxies: settings.trusted_proxies,
    corsOrigins: settings.cors_origins,
    tokens: settings.tokens.map(({ name, sha256, scopes }) => ({
      name,
      sha256: sha256.toLowerCase(),
      scopes: [...new Set(scopes)],
    })),
    rateLimit: {
      windowMs: settings.rate_limit.window,
      perAddress: settings.rate_limit.per_address,
      perToken: settings.rate_limit.per_token,
    },
    metrics: settings.metrics,
    status: settings.status,
  };
}

const defaultStore = "data";

/** @param directory of the configuration file */
function completeRooms(settings: ValidSettings["rooms"], directory: string): RoomsConfig {
  const { store = { directory: defaultStore } } = settings;
  return {
    isStoreChosen: settings.store !== undefined,
    store:
      "redis" in store
        ? { kind: "redis", url: store.redis, prefix: settings.redis_prefix }
        : { kind: "embedded", directory: resolve(directory, store.directory) },
    pinLength: settings.pin_length,
    restMs: settings.pin_reuse_delay,
    jitsiConfCode: settings.jitsi_conf_code,
  };
}

/** The directory of the socket when the store is not a local directory. */
const systemSocket = "/run/einwahl/control.sock";

/** @param directory of the configuration file */
function completeControl(settings: ValidSettings["control"], { store }: RoomsConfig, directory: string): ControlConfig {
  if (settings.socket !== undefined) return { socket: resolve(directory, settings.socket) };
  return { socket: store.kind === "embedded" ? join(store.directory, "control.sock") : systemSocket };
}

/** @param servers the names of all BBB servers; @returns `undefined` if disabled */
function completeSyntheticCall(
  { enabled, interval, jitter, trunk, ca, contact, servers: chosen }: ValidSettings["synthetic_call"],
  servers: readonly string[],
): SyntheticCallConfig | undefined {
  return enabled
    ? { intervalMs: interval, jitterMs: jitter, trunk, ca, contact, servers: chosen ?? servers }
    : undefined;
}

/** The key after `*`; `undefined` for `off`. */
function completeLeaveKey(setting: string): Key | undefined {
  const key = setting.slice(1);
  return isKey(key) ? key : undefined;
}

function completeMediaServer(server: ValidSettings["media_servers"][number]): MediaServerConfig {
  return {
    name: server.name,
    eventSocket: server.event_socket,
    sipProfile: server.sip_profile,
    listenAddress: server.listen_address,
    advertisedAddress: server.advertised_address ?? server.listen_address,
    publicAddress: server.public_address,
    capacity: server.capacity,
  };
}

/** TLS port of BBB's own FreeSWITCH, not 5061 (docs/reference/bigbluebutton.md). */
const bbbTlsPort = 5081;

function completeBbbServer(server: ValidSettings["bbb_servers"][number]): BbbServerConfig {
  const url = new URL(server.api_url);
  const path = url.pathname.replace(/\/+$/, "");
  const host = server.sip.host ?? url.hostname.replace(/^\[|\]$/g, "");
  const { transport } = server.sip;
  const livekit = server.livekit_sip;
  return {
    name: server.name,
    apiUrl: `${url.origin}${path.endsWith("/api") ? path : `${path}/api`}/`,
    secret: server.secret,
    checksum: server.checksum,
    sip: {
      host,
      port: server.sip.port ?? (transport === "tls" ? bbbTlsPort : sipPortFor(transport)),
      transport,
      srtp: srtpOf(server.sip),
    },
    livekitSip:
      livekit === undefined
        ? undefined
        : { host: livekit.host ?? host, port: livekit.port, transport: livekit.transport, srtp: srtpOf(livekit) },
    audioBridge: server.audio_bridge,
    webhooks: server.webhooks,
    pollIntervalMs: server.poll_interval,
  };
}

function srtpOf({
  allow_unencrypted: allowsUnencrypted,
}: {
  readonly allow_unencrypted: boolean;
}): "mandatory" | "optional" {
  return allowsUnencrypted ? "optional" : "mandatory";
}

function completeLabel(label: ValidSettings["label"]): LabelSettings {
  return {
    template: perLanguage(label.template, defaultLabels.template),
    anonymous: perLanguage(label.anonymous, defaultLabels.anonymous),
    unreadable: perLanguage(label.unreadable, defaultLabels.unreadable),
    livekit: {
      anonymous: perLanguage(label.livekit_anonymous, defaultLabels.livekit.anonymous),
      unreadable: perLanguage(label.livekit_unreadable, defaultLabels.livekit.unreadable),
    },
  };
}

function perLanguage(
  value: PerLanguage,
  fallback: Readonly<Record<Language, string>>,
): Readonly<Record<Language, string>> {
  if (typeof value === "string") return { de: value, en: value };
  return { de: value?.de ?? fallback.de, en: value?.en ?? fallback.en };
}

const defaultTitle: Readonly<Record<Language, string>> = { de: "Per Telefon teilnehmen", en: "Join by phone" };

function completePage({ title, operator, privacy_note }: ValidSettings["page"]): PageConfig {
  return {
    title: perLanguage(title, defaultTitle),
    operator: operator === undefined ? undefined : completeOperator(operator),
    privacyNote: privacy_note,
  };
}

function completeOperator(operator: NonNullable<ValidSettings["page"]["operator"]>): OperatorConfig {
  return {
    name: operator.name,
    address: operator.address,
    email: operator.email,
    phone: operator.phone,
    dataProtection: operator.data_protection,
    imprintUrl: operator.imprint_url,
    privacyUrl: operator.privacy_url,
  };
}
