import { resolve } from "node:path";

import type { Language } from "../caller/language.js";
import type { HttpConfig, OperatorConfig, PageConfig, RoomsConfig } from "./config.js";
import type { ValidSettings } from "./schema.js";

export function completeHttp(settings: ValidSettings["http"]): HttpConfig {
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
export function completeRooms(settings: ValidSettings["rooms"], directory: string): RoomsConfig {
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

const defaultTitle: Readonly<Record<Language, string>> = { de: "Per Telefon teilnehmen", en: "Join by phone" };

export function completePage({ title, operator, privacy_note }: ValidSettings["page"]): PageConfig {
  return {
    title:
      typeof title === "string"
        ? { de: title, en: title }
        : { de: title?.de ?? defaultTitle.de, en: title?.en ?? defaultTitle.en },
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
