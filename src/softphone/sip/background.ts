/** Lets work go on that nobody waits for. It must settle its own failures: a rejection is a bug and ends the process. */
export function inBackground(work: Promise<unknown>): void {
  work.catch((bug: unknown) => {
    queueMicrotask(() => {
      throw bug;
    });
  });
}
