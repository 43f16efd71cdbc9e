/**
 * Keeps a store true: lists page by page, then watches, for as long as the signal lives. One loop owns its life, so nothing
 * restarts it from outside and nothing can stop it but the signal.
 *
 *   list ──► watch ──ends──► watch from the last version
 *    ▲         └─ 410, in whatever form ─► list again
 *    └── any other failure: wait (0.8 s to 30 s, jittered), then where it left off
 */
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../std/log.ts'
import { milliseconds, minutes, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { answerError } from './answers.ts'
import { KubeError } from './errors.ts'
import type { Resource } from './resource.ts'
import type { Store } from './store.ts'

export interface Reflection<T extends KubeObject, P extends { readonly resourceVersion: string }> {
  readonly resource: Resource<T>
  /** Undefined: all of them. */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Called once per object and version; the object itself is dropped right after. */
  readonly project: (object: T) => P
  readonly store: Store<P>
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly signal: AbortSignal
}

/** The API server sends a bookmark about once a minute; silence for longer than this means that nobody is there. */
const idleLimit = seconds(90)
const shortestWatch = minutes(5)
const firstWait = milliseconds(800)
const longestWait = seconds(30)
/** A watch that lived this long was healthy: the next failure starts from the shortest wait. */
const healthyAfter = minutes(2)

/** @returns when the signal is aborted; never rejects */
export async function reflect<T extends KubeObject, P extends { readonly resourceVersion: string }>(
  reflection: Reflection<T, P>,
): Promise<void> {
  const scopes: readonly (string | undefined)[] = reflection.namespaces ?? [undefined]
  const pending = new Set(scopes)
  await Promise.all(
    scopes.map((namespace) =>
      new ScopeLoop(reflection, namespace, () => {
        pending.delete(namespace)
        if (pending.size === 0) reflection.store.markSynced()
      }).run(),
    ),
  )
}

/** One namespace, or all of them. */
class ScopeLoop<T extends KubeObject, P extends { readonly resourceVersion: string }> {
  readonly #reflection: Reflection<T, P>
  readonly #namespace: string | undefined
  readonly #listed: () => void
  #version: string | undefined
  #failures = 0
  #lastTrouble = ''

  constructor(reflection: Reflection<T, P>, namespace: string | undefined, listed: () => void) {
    this.#reflection = reflection
    this.#namespace = namespace
    this.#listed = listed
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#reflection
    while (!signal.aborted) {
      const started = clock.monotonic()
      try {
        if (this.#version === undefined) await this.#list()
        await this.#watch(this.#version ?? '')
        this.#failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (clock.monotonic() - started > healthyAfter) this.#failures = 0
        await this.#recover(error)
      }
    }
  }

  async #list(): Promise<void> {
    const { resource, project, store, signal } = this.#reflection
    const items = new Map<string, P>()
    let version = ''
    for await (const page of resource.pages({ ...this.#selection(), limit: 500 }, signal)) {
      for (const object of page.items) items.set(keyOf(object), project(object))
      version = page.resourceVersion
    }
    store.replaceAll(items, version, (key) => this.#covers(key))
    this.#version = version
    this.#lastTrouble = ''
    this.#listed()
  }

  /** Ends when the server ends the watch, which it does after the time we ask for. */
  async #watch(resourceVersion: string): Promise<void> {
    const { resource, clock, random, signal } = this.#reflection
    const idle = new AbortController()
    const timeoutSeconds = Math.round((shortestWatch * (1 + random())) / 1000)
    const selection = { ...this.#selection(), resourceVersion, timeoutSeconds }
    let cancel = clock.after(idleLimit, () => idle.abort(new KubeError('timeout', 'the watch fell silent')))
    try {
      for await (const line of resource.watch(selection, AbortSignal.any([signal, idle.signal]))) {
        cancel()
        cancel = clock.after(idleLimit, () => idle.abort(new KubeError('timeout', 'the watch fell silent')))
        this.#take(line)
      }
    } finally {
      cancel()
    }
  }

  #take(line: string): void {
    const { project, store } = this.#reflection
    const event = JSON.parse(line) as { readonly type: string; readonly object: T & { readonly code?: number } }
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        store.put(keyOf(event.object), project(event.object))
        break
      case 'DELETED':
        store.remove(keyOf(event.object))
        break
      case 'BOOKMARK':
        break
      case 'ERROR':
        throw answerError(event.object.code ?? 500, JSON.stringify(event.object))
      default:
        // A type from the future: its object may still tell a version.
        break
    }
    this.#version = event.object.metadata?.resourceVersion ?? this.#version
  }

  async #recover(error: unknown): Promise<void> {
    if (error instanceof KubeError && error.reason === 'gone') this.#version = undefined
    this.#failures += 1
    this.#tell(error)
    const own =
      Math.min(longestWait, firstWait * 2 ** Math.min(this.#failures - 1, 10)) * (0.5 + this.#reflection.random())
    const asked = error instanceof KubeError ? (error.retryAfter ?? 0) : 0
    await this.#pause(milliseconds(Math.max(own, asked)))
  }

  /** The same trouble is told once, not at every try. */
  #tell(error: unknown): void {
    const { log, resource } = this.#reflection
    const reason = error instanceof Error ? error.message : String(error)
    if (reason === this.#lastTrouble) return
    this.#lastTrouble = reason
    log.warn('list and watch interrupted; trying again', {
      resource: resource.kind.plural,
      namespace: this.#namespace,
      reason,
    })
  }

  #pause(wait: Duration): Promise<void> {
    const { clock, signal } = this.#reflection
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.after(wait, end)
      signal.addEventListener('abort', end, { once: true })
    })
  }

  #selection(): {
    namespace: string | undefined
    labelSelector: string | undefined
    fieldSelector: string | undefined
  } {
    const { labelSelector, fieldSelector } = this.#reflection
    return { namespace: this.#namespace, labelSelector, fieldSelector }
  }

  #covers(key: string): boolean {
    return this.#namespace === undefined || key.startsWith(`${this.#namespace}/`)
  }
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}
