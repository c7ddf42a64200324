/** Runs work without awaiting it. The work handles its own failures: a rejection is a bug and ends the process. */
export function inBackground(work: Promise<unknown>): void {
  work.catch((bug: unknown) => {
    queueMicrotask(() => {
      throw bug;
    });
  });
}
