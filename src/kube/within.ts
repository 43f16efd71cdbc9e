/**
 * Waits for work that does not look at a signal itself. Leaves no listener behind.
 *
 * @returns what the work brings
 * @throws what the work throws, or the signal's reason as soon as it is aborted; the work is then left to itself
 */
export async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => (stop = () => reject(signal.reason as Error)))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
