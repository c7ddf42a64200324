import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".tap/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-console": "error",
      "max-lines": ["error", { max: 320, skipBlankLines: false, skipComments: false }],
    },
  },
  {
    // Only the adapters may see the engine libraries: everything else talks to the interfaces of src/call.
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "drachtio-srf", message: "Only src/sip may import drachtio-srf." },
            { name: "drachtio-fsmrf", message: "Only src/media may import drachtio-fsmrf." },
            { name: "esl-lite", message: "Only src/media may import esl-lite." },
          ],
        },
      ],
    },
  },
  { files: ["src/sip/**/*.ts", "src/media/**/*.ts"], rules: { "no-restricted-imports": "off" } },
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
);
