import type { Duration } from './time.ts'

/** How a reconcile ended, as it is counted. */
export type ReconcileEnd = 'done' | 'wakeAt' | 'retry' | 'threw' | 'timedOut'

/** What `runtime/` tells about its work; one meter per controller. */
export interface WorkMeter {
  /** A key was taken by a worker after it had been ready for `waited`. */
  taken(waited: Duration): void
  /** A key was put on its backoff. */
  retried(): void
  /** A reconcile ended after `took`. */
  reconciled(end: ReconcileEnd, took: Duration): void
}

/** What `kube/` tells about requests to the API server. */
export interface ApiMeter {
  /**
   * @param request - `resource` is the plural name, for example `certificates`; `status` is the HTTP status or a word for
   *   an exchange that brought none, for example `unreachable`
   */
  answered(request: {
    readonly verb: string
    readonly resource: string
    readonly status: number | string
    readonly took: Duration
  }): void
}

export const silentWorkMeter: WorkMeter = {
  taken: () => undefined,
  retried: () => undefined,
  reconciled: () => undefined,
}

export const silentApiMeter: ApiMeter = { answered: () => undefined }
