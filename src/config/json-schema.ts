import { z } from "zod";

import type { Path } from "./fault.js";
import { configSchema } from "./schema.js";
import { at, entryOf, isMap, itemsOf, type Tree } from "./tree.js";

/** The committed JSON Schema, relative to the root of the package. */
export const jsonSchemaPath = "config/einwahl.schema.json";

/** The configuration as JSON Schema draft 7, the version with the best support in YAML editors. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configSchema, { target: "draft-7", io: "input" });
}

/** The content of the committed file. */
export function jsonSchemaText(): string {
  return `${JSON.stringify({ title: "einwahl", ...jsonSchema() }, undefined, 2)}\n`;
}

/** The subschemas for the setting at `path`; several if it has alternatives. */
export function schemasAt(schema: Tree, path: Path): readonly Tree[] {
  let schemas = alternatives(schema);
  for (const step of path) {
    schemas = schemas.flatMap((each) =>
      alternatives(typeof step === "number" ? entryOf(each, "items") : at(each, ["properties", step])),
    );
  }
  return schemas;
}

/** The settings allowed in the map at `path`. */
export function settingsAt(schema: Tree, path: Path): readonly string[] {
  return schemasAt(schema, path).flatMap((each) => {
    const properties = entryOf(each, "properties");
    return isMap(properties) ? Object.keys(properties) : [];
  });
}

/** The description of the setting at `path`; "" if there is none. */
export function descriptionAt(schema: Tree, path: Path): string {
  const descriptions = schemasAt(schema, path).map((each) => entryOf(each, "description"));
  return descriptions.find((each) => typeof each === "string") ?? "";
}

function alternatives(schema: Tree): readonly Tree[] {
  if (!isMap(schema)) return [];
  const inner = itemsOf(entryOf(schema, "anyOf")).flatMap(([, each]) => alternatives(each));
  return [schema, ...inner];
}
