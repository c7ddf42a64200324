import { type ErrorCode, LineCounter, parseDocument, type YAMLError } from "yaml";

import type { ConfigFault } from "./fault.js";
import type { Tree } from "./tree.js";

/** The file as a tree, as far as it can be read, and what is wrong with its YAML. */
export interface YamlText {
  /** `undefined` when the faults make it pointless to look at the settings. */
  readonly tree: Tree;
  readonly faults: readonly ConfigFault[];
}

/** More aliases than a configuration needs, and too few for a file that grows without end. */
const maxAliases = 100;

interface Explanation {
  readonly message: string;
  readonly hint: string;
}

const indentation = { message: "is not indented as YAML wants it", hint: "two spaces for each level, no tabs" };
const unexpected = {
  message: "does not belong here",
  hint: 'check the indentation, and put texts with : # or brackets in quotes; between { } and [ ] also "${NAME}"',
};
const quoting = { message: "can't be read as a text", hint: "put the text in quotes" };

/** Own words for each error: those of the library may quote the line, and a secret may stand in it. */
const explanations: Readonly<Partial<Record<ErrorCode, Explanation>>> = {
  ALIAS_PROPS: { message: "is an alias with a tag or an anchor", hint: "write *name alone" },
  BAD_ALIAS: {
    message: "is an alias of something that is not there",
    hint: "a text that begins with * has to be put in quotes",
  },
  BAD_DQ_ESCAPE: { message: "has an unknown \\ escape", hint: "use single quotes, or write \\\\ for a backslash" },
  BAD_INDENT: indentation,
  BAD_SCALAR_START: quoting,
  BLOCK_AS_IMPLICIT_KEY: unexpected,
  BLOCK_IN_FLOW: unexpected,
  DUPLICATE_KEY: { message: "is a setting that is there already", hint: "remove one of the two" },
  MISSING_CHAR: {
    message: "lacks a character, such as a closing quote or bracket, a colon or a space",
    hint: "look at this line and the one before it",
  },
  MULTILINE_IMPLICIT_KEY: {
    message: "is a setting's name over several lines",
    hint: "a colon is missing, or the text needs quotes",
  },
  MULTIPLE_DOCS: { message: "begins a second document", hint: "remove the line ---" },
  NON_STRING_KEY: { message: "is a setting's name that is no text", hint: "check the indentation and the brackets" },
  TAB_AS_INDENT: indentation,
  TAG_RESOLVE_FAILED: { message: "has an unknown tag", hint: "a text that begins with ! has to be put in quotes" },
  UNEXPECTED_TOKEN: unexpected,
};

const anyFault = { message: "is no valid YAML", hint: "check the indentation, the quotes and the brackets" };

/** Errors after which the rest of the file still means what it says. */
const harmless: ReadonlySet<ErrorCode> = new Set(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"]);

/** Reads YAML 1.2 from somebody who may have made any mistake, or every one. */
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
    // Nesting beyond the stack, or aliases of aliases beyond the limit.
    return {
      tree: undefined,
      faults: [
        { path: "the file", message: "is nested or repeated beyond all measure", hint: "write it without aliases" },
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

/** After an unbalanced bracket everything is wrong; the first fault of a line is the one to look at. */
function firstOfEachLine(faults: readonly LineFault[]): readonly ConfigFault[] {
  const seen = new Set<number>();
  return faults.flatMap(({ line, fault }) => {
    if (seen.has(line)) return [];
    seen.add(line);
    return [fault];
  });
}
