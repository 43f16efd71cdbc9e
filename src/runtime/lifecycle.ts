import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import type { Logger } from '../std/log.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { Duration } from '../std/time.ts'

/** What a part is given when it starts. */
export interface Start {
  /** Aborted when the part has used up its time to start, or the process is told to stop while it starts. */
  readonly signal: AbortSignal
  /** To be called when the part breaks later on, with a sentence: everything is stopped and the process ends. */
  readonly fail: (sentence: string) => void
}

/** A piece of the process that runs for as long as the process does. */
export interface Part {
  readonly name: string
  /** Resolves when the part does its work, with a sentence when it cannot. */
  start(start: Start): Promise<Result<void, string>>
  /** Called only after a start that went well, or that was cut off. */
  stop(): Promise<void>
}

export interface Life {
  /** Started in this order, one after the other; stopped in the opposite order. */
  readonly parts: readonly Part[]
  readonly startWithin: Duration
  /** For each part; one that takes longer is left behind. */
  readonly stopWithin: Duration
  readonly clock: Clock
  readonly log: Logger
  /** Tells the process to stop. */
  readonly signal: AbortSignal
}

/**
 * Starts every part, waits until it is told to stop or a part fails, and stops what was started.
 *
 * @returns the sentence of the part that failed, when one did; never rejects
 */
export async function live(life: Life): Promise<Result<void, string>> {
  const ending = new AbortController()
  let failure: string | undefined
  const fail = (sentence: string): void => {
    failure ??= sentence
    ending.abort()
  }
  const stop = (): void => ending.abort()
  life.signal.addEventListener('abort', stop, { once: true })
  if (life.signal.aborted) stop()
  const begun: Part[] = []
  for (const part of life.parts) {
    if (ending.signal.aborted) break
    begun.push(part)
    const started = await startPart(life, part, { signal: ending.signal, fail })
    if (!started.ok) fail(started.error)
  }
  await aborted(ending.signal)
  life.signal.removeEventListener('abort', stop)
  for (const part of begun.reverse()) await stopPart(life, part)
  return failure === undefined ? ok(undefined) : err(failure)
}

async function startPart(life: Life, part: Part, start: Start): Promise<Result<void, string>> {
  const { clock, log, startWithin: length } = life
  const sentence = `${part.name} did not start within ${length / 1000} s.`
  const deadline = startDeadline({ clock, length, sentence, parent: start.signal })
  try {
    const started = await Promise.race([
      part.start({ ...start, signal: deadline.signal }),
      aborted(deadline.signal).then(() => (deadline.passed() ? err(sentence) : ok(undefined))),
    ])
    if (started.ok) log.debug('part started', { part: part.name })
    return started
  } catch (error) {
    log.error('a part threw while it started', { part: part.name, error })
    return err(`${part.name} could not start; see the log.`)
  } finally {
    deadline.end()
  }
}

async function stopPart(life: Life, part: Part): Promise<void> {
  const { clock, log, stopWithin: length } = life
  const deadline = startDeadline({ clock, length, sentence: 'deadline' })
  try {
    await Promise.race([part.stop(), aborted(deadline.signal)])
    if (deadline.passed()) log.warn('a part did not stop in time and is left behind', { part: part.name })
  } catch (error) {
    log.error('a part threw while it stopped', { part: part.name, error })
  } finally {
    deadline.end()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
