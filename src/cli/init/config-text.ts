import { type AssumedSetting, isOfRegistration, presets, type TrunkPreset } from "../../config/presets.js";
import type { Installation } from "./ask-installation.js";

/** A file to write; the path is relative to the directory of the configuration. */
export interface SecretFile {
  readonly path: string;
  readonly text: string;
  /** A random secret keeps an existing file, because the engines may already use it. */
  readonly isChosen: boolean;
}

export interface ConfigText {
  readonly yaml: string;
  readonly secrets: readonly SecretFile[];
}

export interface Places {
  /** A directory for PINs. */
  readonly store: string;
  /** `undefined`: standard output. */
  readonly logFile: string | undefined;
}

const trunkSecretFile = "secrets/trunk-password";

const header = [
  "# yaml-language-server: $schema=einwahl.schema.json",
  "#",
  "# The configuration of einwahl, created by: einwahl config init",
  "# All other settings, with their defaults, are in config/einwahl.example.yaml. To check it: einwahl check",
  "# Texts may contain ${NAME}, an environment variable, or be file:path, relative to this file's directory.",
];

/**
 * The configuration of a real installation.
 *
 * @param newSecret creates an unguessable random text
 */
export function installationText(
  installation: Installation,
  { store, logFile }: Places,
  newSecret: () => string,
): ConfigText {
  const { language, line, publicAddress, bbb } = installation;
  const bbbSecretFile = `secrets/${bbb.name}-secret`;
  const yaml = [
    ...header,
    "",
    "# The language of the greeting on numbers without languages.",
    `language: ${language}`,
    "",
    "# The SIP server. Give it the same secret, and keep its admin port on loopback or a private network.",
    "drachtio:",
    "  # host: 127.0.0.1",
    "  # port: 9022",
    "  secret: file:secrets/drachtio-secret",
    "",
    "# The FreeSWITCH servers, which carry the audio. Give them the same password.",
    "media_servers:",
    "  - name: media-1",
    "    event_socket:",
    "      # host: 127.0.0.1",
    "      # port: 8021",
    "      password: file:secrets/event-socket-password",
    ...(publicAddress === undefined
      ? ["    # Behind NAT: the RTP address in the SDP for callers.", "    # public_address: 203.0.113.10"]
      : ["    # The RTP address in the SDP for callers.", `    public_address: ${quoted(publicAddress)}`]),
    "    # capacity: 100   # maximum concurrent calls",
    "",
    "# The trunks to the telephone network.",
    "trunks:",
    ...trunkText(installation),
    "",
    "# The BigBlueButton servers, which hold the conferences: one entry for each.",
    "bbb_servers:",
    `  - name: ${bbb.name}`,
    `    api_url: ${quoted(bbb.apiUrl)}`,
    `    secret: file:${bbbSecretFile}`,
    "    # The SIP address of the conferences, if it differs from the host of api_url: TLS and SRTP, both mandatory.",
    "    # sip:",
    "    #   host: 10.0.0.11",
    "    #   port: 5081",
    "",
    "# Mixed into the daily key for callers' pseudonyms in BBB, by which a moderator can ban a caller.",
    "pseudonym_key: file:secrets/pseudonym-key",
    "",
    "# einwahl's own HTTP server. Put a reverse proxy with TLS in front of it.",
    "http:",
    "  host: 127.0.0.1",
    "  port: 8080",
    "  # On 127.0.0.1: /status and /metrics for local programs. Never put a reverse proxy in front of it.",
    "  operators_port: 8079",
    "  # public_url: https://phone.example.org",
    '  # One token for each front end (openssl rand -hex 32); write its hash here: printf %s "$TOKEN" | sha256sum',
    "  # tokens:",
    "  #   - name: greenlight",
    "  #     sha256: ...",
    '  #     scopes: ["rooms:read", "rooms:write"]',
    "",
    "# The store of reserved PINs and pseudonym keys, and the socket of the command line: a directory that einwahl",
    "# can write.",
    "rooms:",
    `  store: ${quoted(store)}`,
    "",
    "# The log, one file a day, deleted after a week. In a container it is also this file.",
    ...(logFile === undefined
      ? ["# logging:", "#   file: /var/log/einwahl/einwahl.log"]
      : ["logging:", `  file: ${quoted(logFile)}`]),
    "",
    "# A synthetic call every 15 minutes, to detect faults before callers do.",
    "# synthetic_call:",
    "#   enabled: true",
    "",
  ].join("\n");
  const chosen = ["drachtio-secret", "event-socket-password", "pseudonym-key"].map((name) => ({
    path: `secrets/${name}`,
    text: newSecret(),
    isChosen: true,
  }));
  return {
    yaml,
    secrets: [
      ...chosen,
      ...(line.kind === "registers" ? [{ path: trunkSecretFile, text: line.password, isChosen: false }] : []),
      { path: bbbSecretFile, text: bbb.secret, isChosen: false },
    ],
  };
}

/** Notes on the settings in a provider's portal. */
const advice = {
  easybell: ["In easybell's portal choose E.164 as number signalling, and enable encryption."],
  "dus.net": ["dus.net: values from its portal."],
  sipgate: ["sipgate trunking: values from its portal."],
  "telekom-companyflex": [
    "Telekom CompanyFlex: values from its portal; the registrar is <number>.primary.companyflex.de.",
  ],
  plusnet: ["Plusnet: values from the contract."],
  generic: ["Other settings of a trunk: einwahl.example.yaml."],
} as const;

/** A trunk of the configuration, as YAML with comments. */
function trunkText({ provider, numbers, line, publicAddress, language }: Installation): readonly string[] {
  const preset: TrunkPreset = presets[provider];
  return [
    ...advice[provider].map((sentence) => `  # ${sentence}`),
    `  - name: ${provider.replace(/[^a-z-]/g, "-")}`,
    `    provider: ${provider}`,
    ...(line.kind === "registers"
      ? [
          ...(line.registrar === undefined ? [] : ["    registrar:", `      host: ${quoted(line.registrar)}`]),
          `    username: ${quoted(line.username)}`,
          `    password: file:${trunkSecretFile}`,
          ...contactText(publicAddress),
        ]
      : [
          ...(preset.registrar === undefined ? [] : ["    registrar: false"]),
          `    sources: [${line.sources.map(quoted).join(", ")}]`,
        ]),
    "    # channels: 10   # maximum concurrent calls over this trunk",
    "    numbers:",
    ...numbers.flatMap((number) => [
      `      - number: ${quoted(number)}`,
      `        languages: [${language === "de" ? "de, en" : "en, de"}] # greeted in the first, ** switches`,
      "        # city: Berlin",
    ]),
    ...guessesText(preset, line.kind === "registers"),
  ];
}

function contactText(publicAddress: string | undefined): readonly string[] {
  return publicAddress === undefined
    ? ["    # Behind NAT: the public address of drachtio.", "    # contact:", "    #   host: 203.0.113.10"]
    : ["    # The public address of drachtio.", "    contact:", `      host: ${quoted(publicAddress)}`];
}

/** Settings that the provider does not document, with their assumed values. */
function guessesText(preset: TrunkPreset, registers: boolean): readonly string[] {
  const values: Readonly<Record<AssumedSetting, string>> = {
    registrar: `registrar: { host: ${preset.registrar?.host ?? "..."}, port: 5061, transport: tls }`,
    realm: `realm: ${preset.realms[0] ?? preset.domain ?? preset.registrar?.host ?? "..."}`,
    called_number_from: `called_number_from: ${preset.calledNumberFrom}`,
    bare_country_code: `bare_country_code: ${String(preset.bareCountryCode)}`,
    expires: `expires: ${preset.expiresSeconds}s`,
  };
  const guesses = preset.assumed.filter((setting) => registers || !isOfRegistration(setting));
  if (guesses.length === 0) return [];
  return [
    "    # Not documented by the provider: common defaults, listed in /status until you set them here.",
    ...guesses.map((setting) => `    # ${values[setting]}`),
  ];
}

/** A quoted YAML text. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
