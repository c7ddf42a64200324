import type { NumberConfig, RegistrationConfig, TrunkConfig } from "./config.js";
import { type AssumedSetting, isOfRegistration, presets, sipPortFor, type TrunkPreset } from "./presets.js";
import type { ValidSettings } from "./schema.js";

type Trunk = ValidSettings["trunks"][number];

/** Defaults where the file does not configure a watchdog; same values as in trunk-schema.ts. */
const usualWatchdog = { silence: 24 * 3_600_000, min_interval: 600_000 };

/** @param fallbackLanguages for numbers without `languages` */
export function completeTrunk(trunk: Trunk, fallbackLanguages: NumberConfig["languages"]): TrunkConfig {
  const preset: TrunkPreset = presets[trunk.provider];
  const registration = completeRegistration(trunk, preset);
  // With SRV the targets' addresses differ from the name's own A and AAAA records.
  const registrarHosts = registration === undefined || registration.registrar.srv ? [] : [registration.registrar.host];
  return {
    name: trunk.name,
    provider: trunk.provider,
    registration,
    numbers: nonEmpty(
      trunk.numbers.map((each) => ({
        number: each.number,
        languages: each.languages === undefined ? fallbackLanguages : nonEmpty([...new Set(each.languages)]),
        city: each.city,
      })),
    ),
    channels: trunk.channels,
    sources: [...new Set([...(trunk.sources ?? []), ...registrarHosts])],
    country: trunk.country,
    bareCountryCode: trunk.bare_country_code ?? preset.bareCountryCode,
    calledNumberFrom: trunk.called_number_from ?? preset.calledNumberFrom,
    trustsAssertedIdentity: trunk.trust_asserted_identity,
    signalling: trunk.allow_unencrypted ? "any" : "tls",
    srtp: trunk.allow_unencrypted ? "optional" : "mandatory",
    assumed: preset.assumed.filter((setting) => isAssumed(setting, trunk, registration)),
  };
}

function isAssumed(setting: AssumedSetting, trunk: Trunk, registration: RegistrationConfig | undefined): boolean {
  return trunk[setting] === undefined && (registration !== undefined || !isOfRegistration(setting));
}

function completeRegistration(trunk: Trunk, preset: TrunkPreset): RegistrationConfig | undefined {
  if (trunk.registrar === false) return undefined;
  const registrar = trunk.registrar ?? presetRegistrar(preset);
  if (registrar === undefined) return undefined;
  if (trunk.username === undefined || trunk.password === undefined)
    throw new Error("the cross-checks let a registrar without a user through");
  const { host, transport } = registrar;
  const port = registrar.port ?? sipPortFor(transport);
  // RFC 3263 section 4.2: an explicit port disables the SRV lookup.
  const srv = registrar.port === undefined && (registrar.srv ?? preset.registrar?.srv ?? false);
  const ofPreset = preset.registrar?.host === undefined ? [] : [preset.registrar.host];
  const domain = trunk.domain ?? preset.domain ?? host;
  return {
    registrar: { host, port, transport, srv },
    domain,
    username: trunk.username,
    authUsername: trunk.auth_username ?? trunk.username,
    password: trunk.password,
    realms:
      trunk.realm === undefined ? nonEmpty([...new Set([domain, host, ...ofPreset, ...preset.realms])]) : [trunk.realm],
    certificate: { name: trunk.certificate_name ?? host, ca: trunk.ca },
    contact:
      trunk.contact === undefined
        ? undefined
        : { host: trunk.contact.host, port: trunk.contact.port ?? sipPortFor(transport) },
    expiresSeconds: trunk.expires === undefined ? preset.expiresSeconds : Math.round(trunk.expires / 1_000),
    keepaliveMs: trunk.keepalive ?? preset.keepaliveMs,
    watchdog: completeWatchdog(trunk.watchdog ?? usualWatchdog),
  };
}

function presetRegistrar({ registrar }: TrunkPreset): Exclude<Trunk["registrar"], false> {
  if (registrar?.host === undefined) return undefined;
  return { host: registrar.host, transport: registrar.transport, srv: registrar.srv, port: undefined };
}

function completeWatchdog(watchdog: Exclude<Trunk["watchdog"], undefined>): RegistrationConfig["watchdog"] {
  return watchdog === false ? undefined : { silenceMs: watchdog.silence, minIntervalMs: watchdog.min_interval };
}

/** Narrows a list that the schema or the cross-checks guarantee to be non-empty. Throws otherwise. */
export function nonEmpty<Item>(items: readonly Item[]): readonly [Item, ...Item[]] {
  const [first, ...others] = items;
  if (first === undefined) throw new Error("the schema or the cross-checks let an empty list through");
  return [first, ...others];
}
