import type { z } from "zod";

import { closestTo, type Finding, type Path } from "./fault.js";
import { at, entryOf, isMap, itemsOf, type Tree } from "./tree.js";

type Issue = z.core.$ZodIssue;

/**
 * zod's issues in plain English. Reports only the type of the value found: the value may be a secret, or
 * come from a variable that holds one.
 *
 * @param schema the JSON Schema, for names and descriptions
 */
export function explainIssues(issues: readonly Issue[], tree: Tree, schema: Tree): readonly Finding[] {
  return issues.flatMap((issue) => explain(issue, [], tree, schema));
}

function explain(issue: Issue, above: Path, tree: Tree, schema: Tree): readonly Finding[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
  const found = at(tree, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownSetting(path, key, schema));
    case "invalid_union": {
      if (found === undefined || found === null) return [missing(path, found, schema)];
      const branch = fittingBranch(issue.errors);
      return (
        branch?.flatMap((inner) => explain(inner, path, tree, schema)) ?? [
          wrongKind(path, kindsAt(schema, path), found, schema),
        ]
      );
    }
    case "invalid_type":
      if (found === undefined || found === null) return [missing(path, found, schema)];
      return [wrongKind(path, kindsAt(schema, path), found, schema)];
    case "invalid_value":
      if (found === undefined || found === null) return [missing(path, found, schema)];
      return [wrongChoice(path, issue.values.map(String), found, schema)];
    default:
      return [{ path, message: issue.message, hint: hintOf(issue) ?? descriptionOf(schema, path) }];
  }
}

/** Settings renamed since 0.1.0: the old path without list indices, and the new key. */
export const renamedSettings: ReadonlyMap<string, string> = new Map([
  ["calls.waiting.remind_every", "reminder_interval"],
  ["rooms.rest_period", "pin_reuse_delay"],
  ["trunks.watchdog.distance", "min_interval"],
]);

function unknownSetting(path: Path, key: string, schema: Tree): Finding {
  const renamed = renamedSettings.get([...path, key].filter((step) => typeof step === "string").join("."));
  if (renamed !== undefined) return { path: [...path, key], message: "was renamed", hint: `it is ${renamed} now` };
  const settings = settingsAt(schema, path);
  const meant = closestTo(key, settings);
  const hint = meant === undefined ? `the settings here are ${settings.join(", ")}` : `did you mean ${meant}?`;
  return { path: [...path, key], message: "is an unknown setting", hint };
}

function missing(path: Path, found: Tree, schema: Tree): Finding {
  return { path, message: found === null ? "is empty" : "is missing", hint: descriptionOf(schema, path) };
}

function wrongKind(path: Path, wanted: readonly string[], found: Tree, schema: Tree): Finding {
  const message = `must be ${wanted.join(" or ")}, but is ${kindOf(found)}`;
  const isUnquoted = wanted.includes("text") && (typeof found === "number" || typeof found === "boolean");
  return {
    path,
    message,
    hint: isUnquoted ? "put it in quotes: YAML reads it as another type" : descriptionOf(schema, path),
  };
}

function wrongChoice(path: Path, choices: readonly string[], found: Tree, schema: Tree): Finding {
  const meant = typeof found === "string" ? closestTo(found, choices) : undefined;
  const message = choices.length === 1 ? `can only be ${choices.join()}` : `must be one of ${choices.join(", ")}`;
  return { path, message, hint: meant === undefined ? descriptionOf(schema, path) : `did you mean ${meant}?` };
}

/** The intended alternative of a union: the one whose faults are below or in the value, not in its type. */
function fittingBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const isOfThatKind = (branch: readonly Issue[]): boolean =>
    branch.every((issue) => issue.path.length > 0 || (issue.code !== "invalid_type" && issue.code !== "invalid_value"));
  return branches.find(isOfThatKind);
}

const kindNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a number",
  boolean: "true or false",
  object: "a map of settings",
  array: "a list",
};

/** The types that the setting allows. */
function kindsAt(schema: Tree, path: Path): readonly string[] {
  const kinds = schemasAt(schema, path).flatMap((each) => {
    const only = entryOf(each, "const");
    if (only !== undefined) return [JSON.stringify(only)];
    const type = entryOf(each, "type");
    const names = typeof type === "string" ? [type] : itemsOf(type).map(([, name]) => String(name));
    return names.map((name) => kindNames[name] ?? name);
  });
  return [...new Set(kinds)];
}

function kindOf(found: Tree): string {
  if (Array.isArray(found)) return "a list";
  if (isMap(found)) return "a map of settings";
  if (typeof found === "string") return "text";
  return typeof found === "number" ? "a number" : "true or false";
}

function hintOf(issue: Issue): string | undefined {
  const hint: unknown = issue.code === "custom" ? issue.params?.["hint"] : undefined;
  return typeof hint === "string" ? hint : undefined;
}

function descriptionOf(schema: Tree, path: Path): string {
  const description = descriptionAt(schema, path);
  return description === "" ? "see config/einwahl.example.yaml" : description;
}

/** The subschemas for the setting at `path`; several if it has alternatives. */
function schemasAt(schema: Tree, path: Path): readonly Tree[] {
  let schemas = alternatives(schema);
  for (const step of path) {
    schemas = schemas.flatMap((each) =>
      alternatives(typeof step === "number" ? entryOf(each, "items") : at(each, ["properties", step])),
    );
  }
  return schemas;
}

/** The settings allowed in the map at `path`. */
function settingsAt(schema: Tree, path: Path): readonly string[] {
  return schemasAt(schema, path).flatMap((each) => {
    const properties = entryOf(each, "properties");
    return isMap(properties) ? Object.keys(properties) : [];
  });
}

/** The description of the setting at `path`; "" if there is none. */
function descriptionAt(schema: Tree, path: Path): string {
  const descriptions = schemasAt(schema, path).map((each) => entryOf(each, "description"));
  return descriptions.find((each) => typeof each === "string") ?? "";
}

function alternatives(schema: Tree): readonly Tree[] {
  if (!isMap(schema)) return [];
  const inner = itemsOf(entryOf(schema, "anyOf")).flatMap(([, each]) => alternatives(each));
  return [schema, ...inner];
}
