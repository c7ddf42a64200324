/** Timeout for expected events on a busy machine, in milliseconds. */
export const timeoutMs = 20_000;

/**
 * Settles as `promise` does, but rejects after a timeout: a test must fail with a description of what it waited for and not
 * by the runner's timeout. `evidence` returns the state at that time.
 */
export async function within<Value>(
  what: string,
  promise: Promise<Value>,
  ms: number = timeoutMs,
  evidence: () => string = () => "",
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const seen = evidence();
      reject(new Error(`${what}: not within ${ms} ms${seen === "" ? "" : `\n${seen}`}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
