import type { Installation } from "./installation.js";
import { quoted, trunkSecretFile, trunkText } from "./trunk-text.js";

/** A file to be written, with a path from the directory of the configuration on. */
export interface SecretFile {
  readonly path: string;
  readonly text: string;
  /** One that was chosen by chance stays when it is there already: engines may know it. */
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

const header = [
  "# yaml-language-server: $schema=einwahl.schema.json",
  "#",
  "# The configuration of einwahl, made by: einwahl config init",
  "# All other settings, with their defaults, are in config/einwahl.example.yaml. To see whether it works: einwahl check",
  "# Texts may hold ${NAME}, an environment variable, or be file:path, the text in a file beside this one.",
];

/**
 * The configuration of a real installation.
 *
 * @param newSecret random text, long enough not to be guessed
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
    "# The language in which callers are greeted whose number names none.",
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
      ? [
          "    # Behind NAT: the address that callers are told to send their audio to.",
          "    # public_address: 203.0.113.10",
        ]
      : [
          "    # The address that callers are told to send their audio to.",
          `    public_address: ${quoted(publicAddress)}`,
        ]),
    "    # capacity: 100   # the most calls at a time",
    "",
    "# The lines to the telephone network.",
    "trunks:",
    ...trunkText(installation),
    "",
    "# The BigBlueButton servers, which hold the conferences: one entry for each.",
    "bbb_servers:",
    `  - name: ${bbb.name}`,
    `    api_url: ${quoted(bbb.apiUrl)}`,
    `    secret: file:${bbbSecretFile}`,
    "    # How the media servers reach the conferences, when not at the host of api_url: TLS and SRTP, both mandatory.",
    "    # sip:",
    "    #   host: 10.0.0.11",
    "    #   port: 5081",
    "",
    "# Mixed into the key of each day by which callers become pseudonyms in BBB, so that a moderator can ban one.",
    "pseudonym_key: file:secrets/pseudonym-key",
    "",
    "# einwahl's own HTTP server. Put a reverse proxy with TLS before it.",
    "http:",
    "  host: 127.0.0.1",
    "  port: 8080",
    "  # Of 127.0.0.1: /status and /metrics for programs of this machine. No reverse proxy before this one.",
    "  operators_port: 8079",
    "  # public_url: https://phone.example.org",
    '  # One for each front end: openssl rand -hex 32, and here its hash: printf %s "$TOKEN" | sha256sum',
    "  # tokens:",
    "  #   - name: greenlight",
    "  #     sha256: ...",
    '  #     scopes: ["rooms:read", "rooms:write"]',
    "",
    "# Where the PINs are kept that front ends reserve, the keys of pseudonyms, and the socket of the command line: a directory",
    "# that einwahl can write.",
    "rooms:",
    `  store: ${quoted(store)}`,
    "",
    "# The log in files, one for each day, that are deleted after a week. In a container it is this file, too.",
    ...(logFile === undefined
      ? ["# logging:", "#   file: /var/log/einwahl/einwahl.log"]
      : ["logging:", `  file: ${quoted(logFile)}`]),
    "",
    "# A call that einwahl places to itself every quarter of an hour, to find out first when calls don't work.",
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
