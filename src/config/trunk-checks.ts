import type { TrunkConfig } from "./config.js";
import { isTrue, isUnencrypted, optOut, optsOut } from "./encryption.js";
import type { Finding, Path } from "./fault.js";
import { presets, providers, type TrunkPreset } from "./presets.js";
import { entryOf, isMap, type Tree } from "./tree.js";

/** What only a trunk that registers has. */
const ofRegistrations = [
  "username",
  "auth_username",
  "password",
  "domain",
  "realm",
  "certificate_name",
  "ca",
  "contact",
  "expires",
  "keepalive",
  "watchdog",
];

/** Faults between the settings of one trunk; see cross-checks.ts. */
export function checkTrunk(trunk: Tree, path: Path): readonly Finding[] {
  const registrar = entryOf(trunk, "registrar");
  const finding = (key: string, message: string, hint: string): Finding => ({ path: [...path, key], message, hint });
  const findings = [...checkRegistration(trunk, finding)];
  if (isUnencrypted(registrar) && !optsOut(trunk))
    findings.push({
      path: [...path, "registrar", "transport"],
      message: "is not encrypted, and the keys of the audio travel in it",
      hint: optOut,
    });
  if (isUnencrypted(registrar)) {
    findings.push(
      ...["certificate_name", "ca"]
        .filter((key) => entryOf(trunk, key) !== undefined)
        .map((key) =>
          finding(
            key,
            "has no meaning here",
            "the registrar's transport is not tls, so it shows no certificate: use tls, or remove this",
          ),
        ),
    );
  }
  if (isTrue(entryOf(registrar, "srv")) && entryOf(registrar, "port") !== undefined)
    findings.push({
      path: [...path, "registrar", "srv"],
      message: "contradicts port",
      hint: "the port is in the SRV record; remove one of the two",
    });
  if (entryOf(trunk, "srtp") !== undefined && optsOut(trunk))
    findings.push(finding("allow_unencrypted", "contradicts srtp", "remove one of the two"));
  return findings;
}

/** Whether the trunk is to register, as far as can be told. */
export function registers(trunk: Tree): boolean {
  return entryOf(trunk, "registrar") !== false && entryOf(trunk, "username") !== undefined;
}

function checkRegistration(
  trunk: Tree,
  finding: (key: string, message: string, hint: string) => Finding,
): readonly Finding[] {
  const registrar = entryOf(trunk, "registrar");
  const provider = entryOf(trunk, "provider") ?? "generic";
  const known = providers.find((each) => each === provider);
  // A misspelt provider is one fault: whether the trunk registers is not known.
  if (registrar === undefined && known === undefined) return [];
  const ofPreset = known === undefined ? undefined : presetOf(known).registrar;
  if (registrar === undefined && ofPreset !== undefined && ofPreset.host === undefined) {
    return [
      finding(
        "registrar",
        "is missing",
        `every customer has another one: take it from the provider's portal (host: ${ofPreset.example ?? ""}), or write registrar: false for a trunk that does not register`,
      ),
    ];
  }
  if (isMap(registrar) || (registrar !== false && ofPreset !== undefined)) {
    return ["username", "password"]
      .filter((key) => entryOf(trunk, key) === undefined)
      .map((key) =>
        finding(
          key,
          "is missing",
          "the trunk registers: take it from the provider's portal, or write registrar: false",
        ),
      );
  }
  const hasSources = entryOf(trunk, "sources") !== undefined;
  return [
    ...(hasSources
      ? []
      : [
          finding(
            "sources",
            "is missing",
            "the trunk does not register: name the addresses that the provider's calls come from",
          ),
        ]),
    ...ofRegistrations
      .filter((key) => entryOf(trunk, key) !== undefined)
      .map((key) =>
        finding(key, "has no meaning here", "the trunk does not register: name a registrar, or remove this"),
      ),
  ];
}

function presetOf(provider: TrunkConfig["provider"]): TrunkPreset {
  return presets[provider];
}
