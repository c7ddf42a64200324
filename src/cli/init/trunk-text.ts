import { type AssumedSetting, isOfRegistration, presets, type TrunkPreset } from "../../config/presets.js";
import type { Installation } from "./installation.js";

/** What a provider's portal has to be told, or shows. */
const advice = {
  easybell: ["In easybell's portal choose E.164 as number signalling, and encryption."],
  "dus.net": ["dus.net, as its portal shows it."],
  sipgate: ["sipgate trunking, as its portal shows it."],
  "telekom-companyflex": [
    "Telekom CompanyFlex, as its portal shows it; the registrar is <number>.primary.companyflex.de.",
  ],
  plusnet: ["Plusnet, as the contract shows it."],
  generic: ["See the example for what else a trunk may need: einwahl.example.yaml."],
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
    "    # channels: 10   # the most calls at a time over this trunk",
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

/** What no source tells of the provider, with the guess that counts until somebody knows. */
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
    "    # No source tells these of the provider: they are guesses, and /status says so until they stand here.",
    ...guesses.map((setting) => `    # ${values[setting]}`),
  ];
}

/** A text that YAML takes for nothing else. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
