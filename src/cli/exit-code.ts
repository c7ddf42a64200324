/** What `einwahl` ends with; those above 60 are of sysexits.h, which supervisors know. */
export const exitCodes = {
  ok: 0,
  /** It was done, and it did not come out well: `check` found an error, a call failed. */
  failed: 1,
  /** EX_USAGE: the command line makes no sense. */
  usage: 64,
  /** EX_UNAVAILABLE: nobody runs to ask, or a server does not answer. */
  unavailable: 69,
  /** EX_CONFIG: the configuration has faults; a supervisor need not try again. */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
