/** What `einwahl check` has found out about one setting or one part. Holds no secret, no PIN and no number. */
export interface Finding {
  /** `error`: calls don't get through because of it, or einwahl does not start; `warning`: they do, for now or in the open. */
  readonly severity: "error" | "warning" | "ok";
  /** The setting that it is about, as in `bbb_servers[0].api_url`, or the part, as in `media_servers[0]`. */
  readonly path: string;
  /** What is so, to be read after the path and a colon. */
  readonly message: string;
  /** What to do about it; "" when there is nothing to do. */
  readonly cure: string;
}

export function error(path: string, message: string, cure: string): Finding {
  return { severity: "error", path, message, cure };
}

export function warning(path: string, message: string, cure: string): Finding {
  return { severity: "warning", path, message, cure };
}

export function fine(path: string, message: string): Finding {
  return { severity: "ok", path, message, cure: "" };
}
