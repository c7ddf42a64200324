/** A result of `einwahl check` about a setting or component. Never contains a secret, a PIN or a number. */
export interface Finding {
  /** `error`: calls fail or einwahl does not start; `warning`: calls work, but only for now or unencrypted. */
  readonly severity: "error" | "warning" | "ok";
  /** The setting, such as `bbb_servers[0].api_url`, or the component, such as `media_servers[0]`. */
  readonly path: string;
  /** The result, read after the path and a colon. */
  readonly message: string;
  /** The suggested fix; "" if none is needed. */
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
