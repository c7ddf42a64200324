import importSort from "eslint-plugin-simple-import-sort";
import tseslint from "typescript-eslint";
import { layerRule } from "./config/lint/layers.js";

const scripts = ["eslint.config.js", "config/lint/layers.js"];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".tap/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: scripts }, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "einwahl": { rules: { layers: layerRule } }, "import-sort": importSort },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-console": "error",
      "max-lines": ["error", { max: 320, skipBlankLines: false, skipComments: false }],
      "einwahl/layers": "error",
      "import-sort/imports": "error",
    },
  },
  { files: scripts, ...tseslint.configs.disableTypeChecked, rules: { ...tseslint.configs.disableTypeChecked.rules, "@typescript-eslint/explicit-module-boundary-types": "off" } },
);
