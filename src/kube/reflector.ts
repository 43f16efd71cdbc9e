/**
 * Keeps a store true: lists page by page, then watches, for as long as the signal lives. One loop owns its life, so nothing
 * restarts it from outside and nothing can stop it but the signal.
 *
 *   list ──► watch ──ends──► watch from the last version
 *    ▲         └─ 410, in whatever form ─► list again
 *    └── any other failure: wait (from 0.8 s, longer each time, jittered), then where it left off
 */
import { setMaxListeners } from 'node:events'
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../std/log.ts'
import { milliseconds, minutes, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { answerError } from './answers.ts'
import { KubeError } from './errors.ts'
import { pause } from './pause.ts'
import type { KindRef, Resource } from './resource.ts'
import { listenFor } from './silence.ts'
import { isNewer } from './store.ts'
import type { Store } from './store.ts'
import { named, readEvent } from './watchevent.ts'
import type { WatchEvent } from './watchevent.ts'

export interface Reflection<T extends KubeObject, P extends { readonly resourceVersion: string }> {
  readonly resource: Resource<T>
  /** Undefined: all of them. */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Objects of one page of a list: fewer where each may be large. */
  readonly pageSize?: number
  /** Called once per object and version; the object itself is dropped right after. */
  readonly project: (object: T) => P
  readonly store: Store<P>
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly signal: AbortSignal
  /** Called when the API server does not know the kind, or no longer. Default: that is told in the log, as somebody's to mend. */
  readonly unknown?: () => void
}

/** The API server sends a bookmark about once a minute; silence for longer than this means that nobody is there. */
const idleLimit = seconds(90)
const shortestWatch = minutes(5)
const firstWait = milliseconds(800)
const longestWait = seconds(30)
const longestOutageWait = seconds(6)
/** A watch that lived this long was healthy: the next failure starts from the shortest wait. */
const healthyAfter = minutes(2)
const shortWatch = seconds(5)
const failuresBeforeList = 3
const usualPage = 500

/** @returns when the signal is aborted; never rejects */
export async function reflect<T extends KubeObject, P extends { readonly resourceVersion: string }>(
  reflection: Reflection<T, P>,
): Promise<void> {
  const scopes: readonly (string | undefined)[] = reflection.namespaces ?? [undefined]
  const pending = new Set(scopes)
  // Every namespace of every kind listens; each takes its listeners away again.
  setMaxListeners(0, reflection.signal)
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
        // A server, or a proxy, that ends each watch at once must not be asked without a pause.
        if (clock.monotonic() - started < shortWatch) await this.#rest(longestWait)
        else this.#failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (clock.monotonic() - started > healthyAfter) this.#failures = 0
        await this.#recover(error)
      }
    }
  }

  async #list(): Promise<void> {
    const { resource, store, pageSize = usualPage, signal } = this.#reflection
    const items = new Map<string, P>()
    let version = ''
    for await (const page of resource.pages({ ...this.#selection(), limit: pageSize }, signal)) {
      for (const object of page.items) {
        const key = keyOf(object)
        const projection = this.#projectionOf(key, object)
        if (projection !== undefined) items.set(key, projection)
      }
      version = page.resourceVersion
    }
    store.replaceAll(items, version, (key) => this.#covers(key))
    this.#version = version
    this.#works()
    this.#listed()
  }

  /**
   * What the store holds of that version is taken as it is: our own writes come back, and a list brings mostly what is known.
   * An object that cannot be read is left at what is known of it, and must not keep the news of the others away.
   */
  #projectionOf(key: string, object: T): P | undefined {
    const { project, store, log, resource } = this.#reflection
    if (store.isOld(key, object.metadata.resourceVersion ?? '')) return store.get(key)
    try {
      return project(object)
    } catch (error) {
      log.error('an object cannot be read and is left out', { resource: resource.kind.plural, key, error })
      return store.get(key)
    }
  }

  /** Ends when the server ends the watch, which it does after the time we ask for. */
  async #watch(resourceVersion: string): Promise<void> {
    const { resource, clock, random, signal } = this.#reflection
    const timeoutSeconds = Math.round((shortestWatch * (1 + random())) / 1000)
    const selection = { ...this.#selection(), resourceVersion, timeoutSeconds }
    const listening = listenFor({ clock, length: idleLimit, parent: signal })
    try {
      for await (const line of resource.watch(selection, listening.signal)) {
        listening.heard()
        this.#take(readEvent<T>(line))
        this.#failures = 0
        this.#works()
      }
    } finally {
      listening.end()
    }
  }

  #take({ type, object }: WatchEvent<T>): void {
    const version = object.metadata?.resourceVersion
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        this.#change(type, named(object))
        break
      case 'ERROR':
        throw answerError(codeOf(object), JSON.stringify(object))
      default:
        // A bookmark, or a type from the future: all that counts is the version.
        break
    }
    if (version !== undefined && isNewer(version, this.#version ?? '')) this.#version = version
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const { store } = this.#reflection
    const key = keyOf(object)
    if (type === 'DELETED') return store.remove(key, object.metadata.resourceVersion)
    const projection = this.#projectionOf(key, object)
    if (projection !== undefined) store.put(key, projection)
  }

  async #recover(error: unknown): Promise<void> {
    if (mustList(error, this.#failures + 1)) this.#version = undefined
    const { unknown } = this.#reflection
    if (unknown !== undefined && isUnknown(error)) unknown()
    else this.#tell(error)
    await this.#rest(longestAfter(error), error instanceof KubeError ? error.retryAfter : undefined)
  }

  /** Waits longer each time in a row that brought nothing. */
  async #rest(longest: Duration, asked = milliseconds(0)): Promise<void> {
    const { random, clock, signal } = this.#reflection
    const own = Math.min(longest, firstWait * 2 ** Math.min(this.#failures, 10)) * (0.5 + random())
    this.#failures += 1
    await pause(clock, milliseconds(Math.max(own, asked)), signal)
  }

  #works(): void {
    if (this.#lastTrouble === '') return
    this.#lastTrouble = ''
    const { log, resource } = this.#reflection
    log.info('list and watch works again', { resource: resource.kind.plural, namespace: this.#namespace })
  }

  /** The same trouble is told once, not at every try. */
  #tell(error: unknown): void {
    const { log, resource } = this.#reflection
    const reason = sentenceOf(error, resource.kind)
    if (reason === this.#lastTrouble) return
    this.#lastTrouble = reason
    log.warn('list and watch interrupted; trying again', {
      resource: resource.kind.plural,
      namespace: this.#namespace,
      reason,
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

/**
 * A version that has expired cannot be watched from. What cannot be read, or fails time after time from the same version,
 * is passed over by a list, which does not need it.
 */
function mustList(error: unknown, failures: number): boolean {
  if (!(error instanceof KubeError)) return true
  if (error.reason === 'gone' || error.reason === 'unreadable') return true
  return error.reason === 'server' && failures % failuresBeforeList === 0
}

const isUnknown = (error: unknown): boolean => error instanceof KubeError && error.reason === 'notFound'

/** A server that was away must be found again soon after it is back; what somebody has to mend takes longer than that. */
function longestAfter(error: unknown): Duration {
  const isForPeople = isUnknown(error) || (error instanceof KubeError && error.reason === 'forbidden')
  return isForPeople ? longestWait : longestOutageWait
}

/** What is wrong and what to do, for those who read the log. */
function sentenceOf(error: unknown, { plural, group }: KindRef): string {
  const text = error instanceof Error ? error.message : String(error)
  if (!(error instanceof KubeError)) return text
  const full = group === '' ? plural : `${plural}.${group}`
  if (error.reason === 'notFound') return `The API server does not know ${full}; install the CustomResourceDefinitions.`
  if (error.reason === 'forbidden') return `The role of this operator must allow list and watch of ${full}: ${text}`
  return text
}

/** Of the metav1.Status that an ERROR carries in the place of an object. */
function codeOf(status: object): number {
  return 'code' in status && typeof status.code === 'number' ? status.code : 500
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}
