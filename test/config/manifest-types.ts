import { fileURLToPath } from "node:url";

import ts from "typescript";

/** The module of kubernetes-types with the type of each kind; the package is generated from Kubernetes' OpenAPI description. */
const modules: Readonly<Record<string, string>> = {
  DaemonSet: "apps/v1",
  Namespace: "core/v1",
  PriorityClass: "scheduling/v1",
  Service: "core/v1",
};

export interface Manifest {
  readonly kind: string;
}

/**
 * What the compiler says about manifests as values of their kinds' types: unknown and missing fields, wrong types. Values of
 * enumerations are strings there, so they are not checked.
 *
 * @returns lines that begin with the name of the manifest
 */
export function typeComplaints(manifests: Readonly<Record<string, Manifest>>): readonly string[] {
  const sources = new Map(
    Object.entries(manifests).map(([name, manifest]) => [
      fileURLToPath(new URL(`../../../test/config/${name}.ts`, import.meta.url)),
      `import type { ${manifest.kind} as Kind } from "kubernetes-types/${modules[manifest.kind] ?? "unknown"}";
export const manifest: Kind & Required<Pick<Kind, "apiVersion" | "kind" | "metadata">> = ${JSON.stringify(manifest)};`,
    ]),
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const files = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (path) => sources.has(path) || files.fileExists(path),
    getSourceFile: (path, target) => {
      const text = sources.get(path);
      return text === undefined ? files.getSourceFile(path, target) : ts.createSourceFile(path, text, target);
    },
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${/([^/]*)\.ts$/.exec(file?.fileName ?? "")?.[1] ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}
