import { readFileSync } from "node:fs";

import t from "tap";

import { jsonSchema, jsonSchemaPath, jsonSchemaText } from "../../src/config/schema.js";
import { entryOf, isMap, itemsOf } from "../../src/config/tree.js";
import { faultsOf, loaded } from "./support.js";

// Tests run from the root of the package.
const example = readFileSync("config/einwahl.example.yaml", "utf8");
const environment = {
  DRACHTIO_SECRET: "a",
  EVENT_SOCKET_PASSWORD: "b",
  EASYBELL_USERNAME: "c",
  BBB_1_SECRET: "d",
  BBB_2_SECRET: "e",
  GREENLIGHT_TOKEN_SHA256: "0".repeat(64),
};
const secrets = {
  "/etc/einwahl/secrets/easybell-password": "f\n",
  "/etc/einwahl/secrets/pseudonym-key": "0123456789abcdef\n",
};

interface Setting {
  readonly name: string;
  readonly schema: unknown;
  readonly isRequired: boolean;
}

/** Every setting of the schema, including those in maps and lists. */
function settingsOf(schema: unknown): readonly Setting[] {
  const inner = [entryOf(schema, "items"), ...itemsOf(entryOf(schema, "anyOf")).map(([, each]) => each)]
    .filter(isMap)
    .flatMap(settingsOf);
  const properties = entryOf(schema, "properties");
  const required = itemsOf(entryOf(schema, "required")).map(([, name]) => name);
  const own = isMap(properties) ? Object.entries(properties) : [];
  return [
    ...inner,
    ...own.flatMap(([name, each]) => [
      { name, schema: each, isRequired: required.includes(name) },
      ...settingsOf(each),
    ]),
  ];
}

await t.test("the example is a configuration without faults", (t) => {
  t.same(faultsOf(example, environment, secrets), []);
  const config = loaded(example, environment, secrets);
  t.equal(config.trunks[0].registration?.password.reveal(), "f");
  t.match(example, /^# yaml-language-server: \$schema=einwahl\.schema\.json\n/);
  t.end();
});

await t.test("the example without its variables reports each of them", (t) => {
  const messages = faultsOf(example, {}, secrets)
    .map((fault) => fault.message)
    .join("\n");
  for (const name of Object.keys(environment)) t.match(messages, `variable ${name},`);
  t.end();
});

await t.test("the example shows every setting", (t) => {
  for (const { name } of settingsOf(jsonSchema())) t.match(example, new RegExp(`\\b${name}:`), name);
  t.end();
});

await t.test("the committed JSON Schema is up to date", (t) => {
  t.equal(
    readFileSync(jsonSchemaPath, "utf8"),
    jsonSchemaText(),
    "else run: node dist/src/config/write-json-schema.js",
  );
  t.end();
});

await t.test("every setting has a description and a documented default", (t) => {
  const settings = settingsOf(jsonSchema());
  t.ok(settings.length > 60, "the whole schema was visited");
  // Settings without a default: texts per language, and those whose description gives the effect of omitting them.
  const withoutDefault = [
    "username",
    "password",
    "city",
    "sources",
    "srtp",
    "de",
    "en",
    "operator",
    "email",
    "phone",
    "data_protection",
    "imprint_url",
    "privacy_url",
    "livekit_sip",
  ];
  for (const { name, schema, isRequired } of settings) {
    const description = entryOf(schema, "description");
    if (name !== "de" && name !== "en")
      t.ok(typeof description === "string" && description.length > 10, `${name} is described`);
    const hasDefault =
      entryOf(schema, "default") !== undefined || (typeof description === "string" && description.includes("Default"));
    t.ok(isRequired || hasDefault || withoutDefault.includes(name), `${name} has a documented default`);
  }
  t.end();
});
