import { z } from "zod";

import type { Path } from "./fault.js";
import { configSchema } from "./schema.js";
import { at, entryOf, isMap, itemsOf, type Tree } from "./tree.js";

/** Where the committed JSON Schema is, from the root of the package. */
export const jsonSchemaPath = "config/einwahl.schema.json";

/** The schema of the configuration file as JSON Schema draft 7, which YAML editors understand best. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configSchema, { target: "draft-7", io: "input" });
}

/** The JSON Schema as the committed file holds it. */
export function jsonSchemaText(): string {
  return `${JSON.stringify({ title: "einwahl", ...jsonSchema() }, undefined, 2)}\n`;
}

/** The parts of a JSON Schema that describe the setting at `path`; several where it has alternatives. */
export function schemasAt(schema: Tree, path: Path): readonly Tree[] {
  let schemas = alternatives(schema);
  for (const step of path) {
    schemas = schemas.flatMap((each) =>
      alternatives(typeof step === "number" ? entryOf(each, "items") : at(each, ["properties", step])),
    );
  }
  return schemas;
}

/** The settings that belong into the map at `path`. */
export function settingsAt(schema: Tree, path: Path): readonly string[] {
  return schemasAt(schema, path).flatMap((each) => {
    const properties = entryOf(each, "properties");
    return isMap(properties) ? Object.keys(properties) : [];
  });
}

/** What the setting at `path` is for, "" when nothing says. */
export function descriptionAt(schema: Tree, path: Path): string {
  const descriptions = schemasAt(schema, path).map((each) => entryOf(each, "description"));
  return descriptions.find((each) => typeof each === "string") ?? "";
}

function alternatives(schema: Tree): readonly Tree[] {
  if (!isMap(schema)) return [];
  const inner = itemsOf(entryOf(schema, "anyOf")).flatMap(([, each]) => alternatives(each));
  return [schema, ...inner];
}
