/** Exit statuses of `einwahl`; those above 60 are from sysexits.h. */
export const exitCodes = {
  ok: 0,
  /** The command ran with a negative result: `check` found an error, a call failed. */
  failed: 1,
  /** EX_USAGE: the command line is invalid. */
  usage: 64,
  /** EX_UNAVAILABLE: einwahl is not running, or a server does not respond. */
  unavailable: 69,
  /** EX_CONFIG: the configuration is invalid; a restart won't help. */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
