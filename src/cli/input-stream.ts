/** The subset of standard input used here. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean;
  /** Only on a terminal: delivers single keys without echo. */
  setRawMode?(raw: boolean): unknown;
}
