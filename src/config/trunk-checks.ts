import type { TrunkConfig } from "./config.js";
import { isTrue, isUnencrypted, optOut, optsOut } from "./encryption.js";
import type { Finding, Path } from "./fault.js";
import { presets, providers, type TrunkPreset } from "./presets.js";
import { entryOf, isMap, type Tree } from "./tree.js";

/** Settings that apply only to trunks that register. */
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
      message: "is not encrypted, and the SRTP keys are sent over it",
      hint: optOut,
    });
  if (isUnencrypted(registrar)) {
    findings.push(
      ...["certificate_name", "ca"]
        .filter((key) => entryOf(trunk, key) !== undefined)
        .map((key) =>
          finding(
            key,
            "has no effect here",
            "use tls, or remove this: without tls the registrar presents no certificate",
          ),
        ),
    );
  }
  if (isTrue(entryOf(registrar, "srv")) && entryOf(registrar, "port") !== undefined)
    findings.push({
      path: [...path, "registrar", "srv"],
      message: "contradicts port",
      hint: "remove one of the two: with srv the port comes from the SRV record",
    });
  if (entryOf(trunk, "srtp") !== undefined && optsOut(trunk))
    findings.push(finding("allow_unencrypted", "contradicts srtp", "remove one of the two"));
  return findings;
}

/** Whether the trunk registers, judged from the raw settings. */
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
  // A misspelt provider is reported elsewhere; whether the trunk registers is then unknown.
  if (registrar === undefined && known === undefined) return [];
  const ofPreset = known === undefined ? undefined : presetOf(known).registrar;
  if (registrar === undefined && ofPreset !== undefined && ofPreset.host === undefined) {
    return [
      finding(
        "registrar",
        "is missing",
        `each customer has a different one: copy it from the provider's portal (host: ${ofPreset.example ?? ""}), or write registrar: false for a trunk that does not register`,
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
          "copy it from the provider's portal, or write registrar: false: a trunk that registers needs it",
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
            "list the addresses that the provider's calls come from: the trunk does not register",
          ),
        ]),
    ...ofRegistrations
      .filter((key) => entryOf(trunk, key) !== undefined)
      .map((key) => finding(key, "has no effect here", "set a registrar, or remove this: the trunk does not register")),
  ];
}

function presetOf(provider: TrunkConfig["provider"]): TrunkPreset {
  return presets[provider];
}
