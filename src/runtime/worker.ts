import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import { exhaustive } from '../std/exhaustive.ts'
import type { Logger } from '../std/log.ts'
import type { ReconcileEnd, WorkMeter } from '../std/meters.ts'
import { milliseconds, seconds } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import type { WorkQueue } from './queue.ts'
import { Stretch } from './stretch.ts'

/** What a reconcile asks the queue to do. */
export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'wakeAt'; readonly at: Instant }
  /** Nothing is known about when it could work: back off. The error is logged here, once. */
  | { readonly kind: 'retry'; readonly error?: unknown }

export interface Work<K extends string = string> {
  readonly queue: WorkQueue<K>
  /** How many keys are reconciled at the same time. */
  readonly workers: number
  /** Must end soon after its signal is aborted. Throws only for a bug. */
  readonly reconcile: (key: K, signal: AbortSignal) => Promise<Verdict>
  readonly deadline: Duration
  readonly clock: Clock
  readonly log: Logger
  readonly meter: WorkMeter
  /** Ends everything at once. To let running reconciles finish, drain the queue instead. */
  readonly signal: AbortSignal
}

/** A reconcile that has not ended this long after its deadline no longer holds a worker, but its key stays taken. */
const grace = seconds(10)

/** @returns a promise that resolves when the queue is closed or the signal aborted, and every worker has come to rest */
export async function runWorkers<K extends string>(work: Work<K>): Promise<void> {
  const stretch = new Stretch(work.clock)
  await Promise.all(Array.from({ length: work.workers }, () => runWorker(work, stretch)))
}

async function runWorker<K extends string>(work: Work<K>, stretch: Stretch): Promise<void> {
  for (let key = await work.queue.next(work.signal); key !== undefined; key = await work.queue.next(work.signal)) {
    await withinGrace(work, key)
    await stretch.rest()
  }
}

/** Waits for a reconcile, but not forever: one that ignores its signal must not use up the workers. */
async function withinGrace<K extends string>(work: Work<K>, key: K): Promise<void> {
  const { clock, deadline, log } = work
  await new Promise<void>((resolve) => {
    const cancel = clock.after(milliseconds(deadline + grace), () => {
      log.error('reconcile ignores its deadline; its key stays taken until it ends', { key })
      resolve()
    })
    const ended = (): void => {
      cancel()
      resolve()
    }
    runOnce(work, key).then(ended, ended)
  })
}

async function runOnce<K extends string>(work: Work<K>, key: K): Promise<void> {
  const { clock, queue, log, meter } = work
  const started = clock.monotonic()
  const end = await judge(work, key)
  meter.reconciled(end.counted, milliseconds(clock.monotonic() - started))
  try {
    settle(queue, key, end.verdict)
  } catch (error) {
    log.error('verdict of a reconcile could not be followed; retrying', { key, error })
    queue.retry(key)
  } finally {
    queue.done(key)
  }
}

/** The whole mapping from the result of a reconcile to what happens in the queue. */
function settle<K extends string>(queue: WorkQueue<K>, key: K, verdict: Verdict): void {
  switch (verdict.kind) {
    case 'done':
      return queue.forget(key)
    case 'wakeAt':
      queue.forget(key)
      return queue.wakeAt(key, verdict.at)
    case 'retry':
      return queue.retry(key)
    default:
      return exhaustive(verdict)
  }
}

interface Judged {
  readonly verdict: Verdict
  readonly counted: ReconcileEnd
}

/** Runs the reconcile under its deadline, logs what must be logged, and never throws. */
async function judge<K extends string>(work: Work<K>, key: K): Promise<Judged> {
  const { clock, log, reconcile, signal: parent, deadline: length } = work
  const sentence = `the reconcile took longer than ${length / 1000} s`
  const deadline = startDeadline({ clock, length, sentence, parent })
  try {
    const verdict = await reconcile(key, deadline.signal)
    // Cut short by its deadline, a reconcile may report anything: only another run tells.
    if (deadline.passed()) return overdue(log, key, length)
    if (verdict.kind === 'retry' && verdict.error !== undefined) {
      log.warn('reconcile failed; retrying', { key, error: verdict.error })
    }
    return { verdict, counted: verdict.kind }
  } catch (error) {
    if (deadline.passed()) return overdue(log, key, length)
    if (!parent.aborted) log.error('reconcile threw; retrying', { key, error })
    return { verdict: { kind: 'retry', error }, counted: 'threw' }
  } finally {
    deadline.end()
  }
}

function overdue(log: Logger, key: string, length: Duration): Judged {
  log.warn('reconcile was cut off at its deadline; retrying', { key, deadlineSeconds: length / 1000 })
  return { verdict: { kind: 'retry' }, counted: 'timedOut' }
}
