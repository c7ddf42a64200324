/** Whoever is answerable for what a driver starts: a tap test, whose end ends it all. */
export interface Owner {
  /** Runs when the test is over, the last one given first. */
  teardown(end: () => void | Promise<void>): void;
  /** Says something in the test's output. */
  comment?(text: string): void;
}
