/** Why the demo or its engines can't run, in one line; names a port in use and the option to change it. */
export function startFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!("code" in error) || error.code !== "EADDRINUSE") return error.message;
  const port = "port" in error && typeof error.port === "number" ? error.port : /:(\d{1,5})$/.exec(error.message)?.[1];
  return `port ${port ?? "unknown"} is in use by another program: choose others with --base-port N, such as --base-port 17060`;
}
