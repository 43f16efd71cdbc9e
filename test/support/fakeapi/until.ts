/**
 * Lets the event loop turn until something is so. For what real sockets bring, which no fake clock can hurry; a test that
 * waits in vain ends with its own time limit.
 */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets the event loop turn many times, for what must not happen. */
export async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
