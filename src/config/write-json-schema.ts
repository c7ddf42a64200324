import { writeFileSync } from "node:fs";

import { jsonSchemaPath, jsonSchemaText } from "./json-schema.js";

// Run from the root of the package after a change of the schema: node dist/src/config/write-json-schema.js
writeFileSync(jsonSchemaPath, jsonSchemaText());
