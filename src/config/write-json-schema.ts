import { writeFileSync } from "node:fs";

import { jsonSchemaPath, jsonSchemaText } from "./schema.js";

// Run in the root of the package after each change of the schema: node dist/src/config/write-json-schema.js
writeFileSync(jsonSchemaPath, jsonSchemaText());
