import { dirname, resolve } from "node:path";

import { type ConfigFiles, describeFileFault } from "./config-files.js";
import type { Finding, Path } from "./fault.js";
import { isMap, type Tree } from "./tree.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Resolved {
  readonly tree: Tree;
  /** Unresolved references; the tree has no values at their paths. */
  readonly findings: readonly Finding[];
}

/** 16 KiB is ample: a secret is a line of text. */
const maxSecretBytes = 16_384;
/** Bounds the tree: aliases can expand a small file into a large tree. */
const maxValues = 20_000;
const deepest = 24;

/**
 * Replaces `${VARIABLE}`, anywhere in a text, and `file:path`, which must be the whole text. The path is relative
 * to the directory of the configuration file; a final line break in the file is not
 * part of the value. `$${` is a literal `${`. Inserted values are not expanded again.
 */
export function resolveReferences(
  tree: Tree,
  environment: Environment,
  files: ConfigFiles,
  configPath: string,
): Resolved {
  return new Resolution(environment, files, dirname(resolve(configPath))).resolve(tree);
}

class Resolution {
  readonly #environment: Environment;
  readonly #files: ConfigFiles;
  readonly #directory: string;
  readonly #findings: Finding[] = [];
  #values = 0;

  constructor(environment: Environment, files: ConfigFiles, directory: string) {
    this.#environment = environment;
    this.#files = files;
    this.#directory = directory;
  }

  resolve(tree: Tree): Resolved {
    const resolved = this.#value(tree, []);
    return { tree: resolved, findings: this.#findings };
  }

  #value(value: Tree, path: Path): Tree {
    if (this.#values >= maxValues) return undefined;
    this.#values += 1;
    if (path.length > deepest || this.#values === maxValues) {
      this.#fault(path, "is nested too deeply or expands to too many values", "write it without aliases");
      this.#values = maxValues;
      return undefined;
    }
    if (typeof value === "string") return this.#text(value, path);
    if (Array.isArray(value))
      return (value as readonly Tree[]).map((item, place) => this.#value(item, [...path, place]));
    if (isMap(value))
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#value(inner, [...path, key])]));
    return value;
  }

  #text(text: string, path: Path): Tree {
    const pieces = text.split(/(\$\$\{|\$\{[^}]*\}?)/).map((piece) => {
      if (piece === "$${") return "${";
      return piece.startsWith("${") ? this.#variable(piece, path) : piece;
    });
    if (pieces.includes(undefined)) return undefined;
    const expanded = pieces.join("");
    return text.startsWith("file:") ? this.#file(expanded.slice("file:".length), path) : expanded;
  }

  #variable(reference: string, path: Path): string | undefined {
    const name = /^\$\{([A-Za-z_][A-Za-z0-9_]{0,99})\}$/.exec(reference)?.[1];
    if (name === undefined) {
      this.#fault(
        path,
        "has a ${ that is not followed by a variable's name and }",
        "write ${NAME}, or $${ for a literal ${",
      );
      return undefined;
    }
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    if (value === undefined)
      this.#fault(
        path,
        `needs the environment variable ${name}, which is not set`,
        `set ${name}, or read the value from a file: file:/path/to/it`,
      );
    return value;
  }

  #file(name: string, path: Path): Tree {
    const read = this.#files.read(resolve(this.#directory, name), maxSecretBytes);
    if (read.ok) return read.value.replace(/\r?\n$/, "");
    // Omit the file's name: it may come from a wrong variable that holds a secret.
    this.#fault(
      path,
      `names a file that ${describeFileFault(read.failure)}`,
      "check the path (relative to the directory of the configuration file) and the permissions",
    );
    return undefined;
  }

  #fault(path: Path, message: string, hint: string): void {
    this.#findings.push({ path, message, hint });
  }
}
