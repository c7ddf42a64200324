import importSort from "eslint-plugin-simple-import-sort";
import tseslint from "typescript-eslint";

import { layerRule } from "./config/lint/layers.js";

const scripts = ["eslint.config.js", "config/coverage/table.js", "config/lint/layers.js", "config/tap/unit.js"];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".tap/", "coverage/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: scripts }, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { einwahl: { rules: { layers: layerRule } }, "import-sort": importSort },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: "variable", format: ["camelCase", "PascalCase"], leadingUnderscore: "allow" },
        // Names of environment variables.
        { selector: "variable", modifiers: ["destructured"], format: null },
      ],
      "no-console": "error",
      "max-lines": ["error", { max: 320, skipBlankLines: true, skipComments: true }],
      "einwahl/layers": "error",
      "import-sort/imports": "error",
    },
  },
  // Tables of cases are long once each case has its lines. The one of src/ is to be split.
  {
    files: ["test/**/*.ts"],
    rules: { "max-lines": ["error", { max: 440, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ["src/softphone/rtp/media-session.ts", "test/trunk/registrar-targets.test.ts"],
    rules: { "max-lines": ["error", { max: 640, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: scripts,
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, "@typescript-eslint/explicit-module-boundary-types": "off" },
  },
);
