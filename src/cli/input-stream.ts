/** As much of standard input as is needed here. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean;
  /** Only a terminal has it: keys come one by one, and are not shown. */
  setRawMode?(raw: boolean): unknown;
}
