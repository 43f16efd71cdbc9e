/** A loop that goes on after its test has failed would take the machine from the tests that follow. */
const longestWait = 20_000

/**
 * Lets the event loop turn until something is so. For what real sockets bring, which no fake clock can hurry; a test that
 * waits in vain ends with its own time limit.
 */
export async function until(isSo: () => boolean): Promise<void> {
  const ends = performance.now() + longestWait
  while (!isSo()) {
    if (performance.now() > ends) throw new Error(`never came true: ${String(isSo)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Lets the event loop turn many times, for what must not happen. */
export async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
