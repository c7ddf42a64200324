import { dirname, resolve } from "node:path";

import { failure, type Result, success } from "../util/result.js";
import { completeSettings } from "./complete.js";
import type { Config } from "./config.js";
import { type ConfigFiles, describeFileFault, machineFiles } from "./config-files.js";
import { crossCheck } from "./cross-checks.js";
import { type ConfigFault, type Finding, formatPath, type Path } from "./fault.js";
import { explainIssues } from "./issues.js";
import { type Environment, resolveReferences } from "./references.js";
import { configSchema, jsonSchema } from "./schema.js";
import { deepFreeze, isMap } from "./tree.js";
import { readYaml } from "./yaml-text.js";

const maxBytes = 262_144;

/**
 * Reads the configuration in three steps: YAML, references to variables and files, validation. Returns the
 * complete frozen configuration, or all faults at once; faults never contain a secret.
 *
 * @param path of the YAML file; `file:` references are relative to its directory
 * @param environment for `${VARIABLE}`
 */
export function loadConfig(
  path: string,
  environment: Environment,
  files: ConfigFiles = machineFiles,
): Result<Config, readonly ConfigFault[]> {
  const read = files.read(path, maxBytes);
  if (!read.ok)
    return failure([
      {
        path,
        message: describeFileFault(read.failure),
        hint: "copy config/einwahl.example.yaml, and set EINWAHL_CONFIG to the path of your file",
      },
    ]);
  const yaml = readYaml(read.value);
  if (yaml.tree === undefined) return failure(yaml.faults);
  if (!isMap(yaml.tree)) {
    return failure([
      ...yaml.faults,
      { path: "the file", message: "contains no settings", hint: "copy config/einwahl.example.yaml" },
    ]);
  }

  const { tree, findings: dangling } = resolveReferences(yaml.tree, environment, files, path);
  const checked = configSchema.safeParse(tree);
  const invalid = [
    ...(checked.success ? [] : explainIssues(checked.error.issues, tree, jsonSchema())),
    ...crossCheck(tree),
  ];
  // Report only the unresolved reference: a missing setting at its path is a consequence of it.
  const findings = [
    ...dangling,
    ...invalid.filter((each) => !dangling.some((other) => isWithin(each.path, other.path))),
  ];
  const faults = [...yaml.faults, ...inOrder(findings, Object.keys(yaml.tree)).map(faultOf)];
  if (faults.length > 0 || !checked.success) return failure(faults);
  return success(deepFreeze(completeSettings(checked.data, dirname(resolve(path)))));
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((step, place) => path[place] === step);
}

/** Sorts by section and entry, in the order of the file. */
function inOrder(findings: readonly Finding[], sections: readonly string[]): readonly Finding[] {
  const rank = ({ path }: Finding): readonly [number, number] => {
    const [section, entry] = path;
    return [sections.indexOf(String(section)), typeof entry === "number" ? entry : -1];
  };
  return [...findings].sort((left, right) => {
    const [[leftSection, leftEntry], [rightSection, rightEntry]] = [rank(left), rank(right)];
    return leftSection - rightSection || leftEntry - rightEntry;
  });
}

function faultOf({ path, message, hint }: Finding): ConfigFault {
  return { path: formatPath(path), message, hint };
}
