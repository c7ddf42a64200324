import { dirname, resolve } from "node:path";

import { type ConfigFiles, describeFileFault } from "./config-files.js";
import type { Finding, Path } from "./fault.js";
import { isMap, type Tree } from "./tree.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Resolved {
  readonly tree: Tree;
  /** References that led nowhere; the tree has nothing in their places. */
  readonly findings: readonly Finding[];
}

/** A secret is a line of text, not a book. */
const maxSecretBytes = 16_384;
/** More than any configuration has; aliases can make a small file into a large tree. */
const maxValues = 20_000;
const deepest = 24;

/**
 * Puts the values in the place of `${VARIABLE}`, anywhere in a text, and of `file:path`, which is the whole text;
 * the path is taken from the directory of the configuration file, and a line break at the end of the file is not
 * part of the value. `$${` is a plain `${`. What a variable or a file holds is not looked into again.
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
      this.#fault(path, "is nested or repeated beyond all measure", "write it without aliases");
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
        "write ${NAME}, or $${ for a plain ${",
      );
      return undefined;
    }
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    if (value === undefined)
      this.#fault(
        path,
        `needs the environment variable ${name}, which is not set`,
        `set ${name}, or name a file that holds the value: file:/path/to/it`,
      );
    return value;
  }

  #file(name: string, path: Path): Tree {
    const read = this.#files.read(resolve(this.#directory, name), maxSecretBytes);
    if (read.ok) return read.value.replace(/\r?\n$/, "");
    // Not by its name: the name may come from a variable, and a secret from a variable with the wrong name.
    this.#fault(
      path,
      `names a file that ${describeFileFault(read.failure)}`,
      "the path is taken from the directory of the configuration file; check it and its permissions",
    );
    return undefined;
  }

  #fault(path: Path, message: string, hint: string): void {
    this.#findings.push({ path, message, hint });
  }
}
