import { type EngineName, versionSupport } from "../media/engine-versions.js";
import { error, type Finding, fine, warning } from "./check.js";

/** The verdict on an engine's version, in the engine's own format: `v0.9.10`, `1.10.12-release`. */
export function versionFinding(path: string, engine: EngineName, version: string): Finding {
  const { kind, message, cure } = versionSupport(engine, version);
  switch (kind) {
    case "tested":
      return fine(path, message);
    case "unusable":
      return error(path, message, cure);
    case "untested":
    case "unreadable":
      return warning(path, message, cure);
  }
}
