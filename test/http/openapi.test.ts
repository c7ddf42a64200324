import { Validator } from "@seriousme/openapi-schema-validator";
import t from "tap";
import { z } from "zod";

import { isMap } from "../../src/config/tree.js";
import { problems } from "../../src/http/problem-catalogue.js";
import { HttpHarness } from "./support/http-harness.js";

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly security: readonly Json[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Json;
  }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Json }>> }
    >
  >;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

await t.test("the document is valid OpenAPI 3.1 according to an independent validator", async (t) => {
  const world = await HttpHarness.start(t);
  const document = await world.json<Document>("GET", "/openapi.json", { token: null });
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...structuredClone(document) });
  t.equal(valid, true, JSON.stringify(errors));
  t.equal(validator.version, "3.1");
  t.equal(document.openapi, "3.1.1");
  t.same(document.servers, [{ url: world.url }]);
  const broken = structuredClone(document) as { paths: Record<string, unknown> };
  broken.paths["/x"] = { get: { responses: 5 } };
  t.equal((await new Validator().validate({ ...broken })).valid, false, "the validator can say no");
});

await t.test("it contains every route and every referenced schema", async (t) => {
  const world = await HttpHarness.start(t);
  const document = await world.json<Document>("GET", "/openapi.json");
  t.same(
    Object.entries(document.paths)
      .map(([path, operations]) => `${path} ${Object.keys(operations).join(" ")}`)
      .sort(),
    [
      "/api/v1/dial-in-numbers get",
      "/api/v1/jitsi/conf-code get",
      "/api/v1/jitsi/dial-in-numbers get",
      "/api/v1/jitsi/dial-in-numbers-by-country get",
      "/api/v1/openapi.json get",
      "/api/v1/problems get",
      "/api/v1/problems/{code} get",
      "/api/v1/rooms get",
      "/api/v1/rooms.jsonl get post",
      "/api/v1/rooms/{meetingID} put get delete",
      "/api/v1/rooms/{meetingID}/calls get",
      "/api/v1/rooms/{meetingID}/status get",
      "/api/v1/statistics get",
    ],
  );
  const operations = Object.values(document.paths).flatMap((each) => Object.values(each));
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, reference]) => reference ?? "",
  );
  t.ok(references.length > 20);
  for (const reference of new Set(references))
    t.ok(Object.hasOwn(document.components.schemas, reference.replace("#/components/schemas/", "")), reference);
  for (const [path, each] of Object.entries(document.paths)) {
    for (const [name] of path.matchAll(/(?<=\{)\w+(?=\})/g))
      for (const operation of Object.values(each))
        t.ok(
          operation.parameters?.some(
            (parameter) => parameter.in === "path" && parameter.name === name && parameter.required,
          ),
          `${path} ${name}`,
        );
  }
});

await t.test("every problem that it names is in the catalogue under that status", async (t) => {
  const world = await HttpHarness.start(t);
  const document = await world.json<Document>("GET", "/openapi.json");
  const named = new Set<string>();
  for (const operations of Object.values(document.paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const [status, { description, content }] of Object.entries(responses)) {
        if (content?.["application/problem+json"] === undefined) continue;
        const codes = [...description.matchAll(/([a-z-]+): /g)]
          .map(([, code]) => code ?? "")
          .filter((code) => Object.hasOwn(problems, code));
        t.ok(codes.length > 0, description);
        for (const code of codes) {
          named.add(code);
          t.equal(String(problems[code as keyof typeof problems].status), status);
        }
      }
    }
  }
  // Webhooks come from BBB servers and are not part of the API.
  const ofTheApi = Object.keys(problems).filter((code) => !code.startsWith("webhook-"));
  t.same([...named].sort(), ofTheApi.sort(), "and every problem of the catalogue is named somewhere");
});

await t.test("responses match the document", async (t) => {
  const world = await HttpHarness.start(t);
  const document = await world.json<Document>("GET", "/openapi.json");
  // The reverse: from the JSON Schema of the document back to a validator.
  const check = (path: string, method: string, status: number, body: unknown): void => {
    const schema = document.paths[path]?.[method]?.responses[String(status)]?.content?.["application/json"]?.schema;
    t.ok(isMap(schema), `${method} ${path} ${status}`);
    if (!isMap(schema)) return;
    const whole = JSON.parse(
      JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll("#/components/schemas/", "#/$defs/"),
    ) as z.core.JSONSchema.JSONSchema;
    const parsed = z.fromJSONSchema(whole).safeParse(body);
    t.ok(parsed.success, `${method} ${path}: ${JSON.stringify(parsed.error?.issues)}`);
  };
  const room = "/api/v1/rooms/{meetingID}";
  check(room, "put", 201, await world.json("PUT", "/rooms/x"));
  check(room, "put", 200, await world.json("PUT", "/rooms/x"));
  check(room, "get", 200, await world.json("GET", "/rooms/x"));
  check(`${room}/status`, "get", 200, await world.json("GET", "/rooms/x/status"));
  check("/api/v1/rooms", "get", 200, await world.json("GET", "/rooms"));
  check("/api/v1/dial-in-numbers", "get", 200, await world.json("GET", "/dial-in-numbers"));
  check("/api/v1/statistics", "get", 200, await world.json("GET", "/statistics"));
  check("/api/v1/jitsi/dial-in-numbers", "get", 200, await world.json("GET", "/jitsi/dial-in-numbers"));
  check("/api/v1/jitsi/conf-code", "get", 200, await world.json("GET", "/jitsi/conf-code?conference=x"));
  check("/api/v1/problems", "get", 200, await world.json("GET", "/problems"));
});
