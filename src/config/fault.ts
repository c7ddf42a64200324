/** An error in the configuration that prevents the start. Never contains a secret. */
export interface ConfigFault {
  /** The setting, such as `trunks[0].password`; for YAML errors the position, such as `line 3, column 5`. */
  readonly path: string;
  /** The predicate after the path, such as `is missing`. */
  readonly message: string;
  /** The suggested fix. */
  readonly hint: string;
}

export type PathStep = string | number;
export type Path = readonly PathStep[];

/** A fault with the steps to its setting, before they are joined to a path. */
export interface Finding extends Omit<ConfigFault, "path"> {
  readonly path: Path;
}

const maxKeyLength = 60;

/** `["trunks", 0, "password"]` as `trunks[0].password`; keys that are not plain words are quoted and cut. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step) && step.length <= maxKeyLength) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step.slice(0, maxKeyLength))}]`;
  }
  return text === "" ? "the file" : text;
}

/** Bounds the output: a file that is not a configuration produces thousands of faults. */
const maxShown = 40;

/** The faults as text for a terminal, two lines each. */
export function formatFaults(faults: readonly ConfigFault[]): string {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const lines = faults.slice(0, maxShown).map((fault) => `  ${fault.path} ${fault.message}\n    -> ${fault.hint}`);
  if (faults.length > maxShown) lines.push(`  and ${faults.length - maxShown} more`);
  return [`The configuration has ${count}:`, ...lines].join("\n");
}

/** The candidate closest to a misspelt `text`; `undefined` if none is close. */
export function closestTo(text: string, words: readonly string[]): string | undefined {
  const most = Math.ceil(text.length / 3);
  let closest: { readonly word: string; readonly distance: number } | undefined;
  for (const word of words) {
    const distance = editDistance(
      text.slice(0, maxKeyLength).toLowerCase().replaceAll("-", "_"),
      word.toLowerCase().replaceAll("-", "_"),
    );
    if (distance <= most && (closest === undefined || distance < closest.distance)) closest = { word, distance };
  }
  return closest?.word;
}

/** Optimal string alignment distance: insertions, deletions, replacements and transpositions. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      let distance = Math.min(
        (current[column - 1] ?? 0) + 1,
        (last[column] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwapped) distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
