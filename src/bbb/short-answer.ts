import { Parser } from "htmlparser2";
import { type Result, failure, success } from "../result.js";

const longestKey = 60;

/** Reads an answer of BBB's API that is not a list: its fields by name. The failure says in one line what is wrong. */
export function readShortAnswer(xml: string): Result<ReadonlyMap<string, string>, string> {
  const fields = new Map<string, string>();
  const path: string[] = [];
  const parser = new Parser({
    onopentagname: (name) => {
      path.push(name);
      if (path.length === 2) fields.set(name, "");
    },
    onclosetag: () => {
      path.pop();
    },
    ontext: (text) => {
      const [, name] = path;
      if (path.length === 2 && name !== undefined) fields.set(name, (fields.get(name) ?? "") + text);
    },
  }, { xmlMode: true, decodeEntities: false });
  parser.end(xml);
  switch (fields.get("returncode")?.trim()) {
    case "SUCCESS":
      return success(fields);
    case "FAILED":
      return failure(`the API refused: ${printableKey(fields.get("messageKey"))}`);
    default:
      return failure("the answer is not BBB's");
  }
}

function printableKey(key = ""): string {
  return /^[A-Za-z]+$/.test(key.trim()) ? key.trim().slice(0, longestKey) : "without a reason";
}
