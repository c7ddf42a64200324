import { type ErrorCode, LineCounter, parseDocument, type YAMLError } from "yaml";

import type { ConfigFault } from "./fault.js";
import type { Tree } from "./tree.js";

/** The parsed file, as far as it is valid, and the faults in its YAML. */
export interface YamlText {
  /** `undefined` if the faults make the settings unreliable. */
  readonly tree: Tree;
  readonly faults: readonly ConfigFault[];
}

/** More aliases than a configuration needs; bounds the expansion of nested aliases. */
const maxAliases = 100;

interface Explanation {
  readonly message: string;
  readonly hint: string;
}

const indentation = {
  message: "has invalid YAML indentation",
  hint: "indent by two spaces for each level, without tabs",
};
const unexpected = {
  message: "does not belong here",
  hint: 'check the indentation, and put texts with : # or brackets in quotes, and "${NAME}" between { } and [ ]',
};
const quoting = { message: "is not a valid text", hint: "put the text in quotes" };

/** Replacement texts: the library's messages may quote the line, which may contain a secret. */
const explanations: Readonly<Partial<Record<ErrorCode, Explanation>>> = {
  ALIAS_PROPS: { message: "is an alias with a tag or an anchor", hint: "write *name alone" },
  BAD_ALIAS: {
    message: "is an alias without a matching anchor",
    hint: "put a text that begins with * in quotes",
  },
  BAD_DQ_ESCAPE: { message: "has an unknown \\ escape", hint: "use single quotes, or write \\\\ for a backslash" },
  BAD_INDENT: indentation,
  BAD_SCALAR_START: quoting,
  BLOCK_AS_IMPLICIT_KEY: unexpected,
  BLOCK_IN_FLOW: unexpected,
  DUPLICATE_KEY: { message: "is a duplicate setting", hint: "remove one of the two" },
  MISSING_CHAR: {
    message: "is missing a character, such as a closing quote or bracket, a colon or a space",
    hint: "check this line and the previous one",
  },
  MULTILINE_IMPLICIT_KEY: {
    message: "is a key that spans several lines",
    hint: "add the missing colon, or put the text in quotes",
  },
  MULTIPLE_DOCS: { message: "begins a second document", hint: "remove the line ---" },
  NON_STRING_KEY: { message: "is a key that is not a text", hint: "check the indentation and the brackets" },
  TAB_AS_INDENT: indentation,
  TAG_RESOLVE_FAILED: { message: "has an unknown tag", hint: "put a text that begins with ! in quotes" },
  UNEXPECTED_TOKEN: unexpected,
};

const anyFault = { message: "is not valid YAML", hint: "check the indentation, the quotes and the brackets" };

/** Errors that do not affect the meaning of the rest of the file. */
const harmless: ReadonlySet<ErrorCode> = new Set(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"]);

/** Parses YAML 1.2. Never throws: any input yields a tree, faults or both. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      strict: true,
      logLevel: "error",
    });
    const errors: readonly YAMLError[] = [...document.errors, ...document.warnings];
    const faults = firstOfEachLine(errors.map((error) => explain(error, lines)));
    if (errors.some((error) => !harmless.has(error.code))) return { tree: undefined, faults };
    return { tree: document.toJS({ maxAliasCount: maxAliases }), faults };
  } catch {
    // Nesting deeper than the stack allows, or aliases beyond `maxAliases`.
    return {
      tree: undefined,
      faults: [
        {
          path: "the file",
          message: "is nested too deeply or expands to too many values",
          hint: "write it without aliases",
        },
      ],
    };
  }
}

interface LineFault {
  readonly line: number;
  readonly fault: ConfigFault;
}

function explain(error: YAMLError, lines: LineCounter): LineFault {
  const { line, col } = lines.linePos(error.pos[0]);
  return { line, fault: { path: `line ${line}, column ${col}`, ...(explanations[error.code] ?? anyFault) } };
}

/** Keeps the first fault of each line: after an unbalanced bracket the following faults are misleading. */
function firstOfEachLine(faults: readonly LineFault[]): readonly ConfigFault[] {
  const seen = new Set<number>();
  return faults.flatMap(({ line, fault }) => {
    if (seen.has(line)) return [];
    seen.add(line);
    return [fault];
  });
}
