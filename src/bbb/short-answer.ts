import { Parser } from "htmlparser2";

import { failure, type Result, success } from "../util/result.js";
import { ApiRefusal } from "./api-refusal.js";

/** Parses a BBB API response without lists into its fields by name. The failure is one line. */
export function readShortAnswer(xml: string): Result<ReadonlyMap<string, string>, string> {
  const fields = new Map<string, string>();
  const path: string[] = [];
  const refusal = new ApiRefusal();
  const parser = new Parser(
    {
      onopentagname: (name) => {
        path.push(name);
        if (path.length === 2) fields.set(name, "");
      },
      onattribute: (name, value) => {
        refusal.attribute(path, name, value);
      },
      onclosetag: () => {
        refusal.closed(path);
        path.pop();
      },
      ontext: (text) => {
        const [, name] = path;
        if (path.length === 2 && name !== undefined) fields.set(name, (fields.get(name) ?? "") + text);
        refusal.text(path, text);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(xml);
  switch (fields.get("returncode")?.trim()) {
    case "SUCCESS":
      return success(fields);
    case "FAILED":
      return failure(refusal.fault);
    default:
      return failure("the response is not from a BBB API");
  }
}
