import { type AssumedSetting, isOfRegistration, presets, type TrunkPreset } from "../../config/presets.js";
import type { Installation } from "./ask-installation.js";

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
export function trunkText({ provider, numbers, line, publicAddress, language }: Installation): readonly string[] {
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

export const trunkSecretFile = "secrets/trunk-password";

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
export function quoted(text: string): string {
  return JSON.stringify(text);
}
