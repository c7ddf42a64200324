/** The owner of what a driver starts: a tap test, whose end stops everything. */
export interface Owner {
  /** Runs after the test, in reverse order. */
  teardown(end: () => void | Promise<void>): void;
  /** Runs after each subtest. */
  afterEach?(end: () => Promise<void>): void;
  /** Writes to the test's output. */
  comment?(text: string): void;
}
