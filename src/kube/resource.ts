/** A typed handle on one kind of object. Always names the field manager. */
import type { KubeObject } from '../api/meta.ts'
import { KubeError } from './errors.ts'
import { encodePatch } from './jsonpatch.ts'
import type { PatchOperation } from './jsonpatch.ts'
import type { Transport } from './transport.ts'

export interface KindRef {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

export interface ObjectRef {
  readonly namespace?: string
  readonly name: string
}

export interface Selection {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
}

export class Resource<T extends KubeObject> {
  readonly kind: KindRef
  readonly #transport: Transport
  readonly #fieldManager: string

  constructor(transport: Transport, kind: KindRef, fieldManager = 'perennial') {
    this.kind = kind
    this.#transport = transport
    this.#fieldManager = fieldManager
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await this.#send('GET', this.path(ref.namespace, ref.name), { verb: 'get', signal })
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'notFound') return undefined
      throw error
    }
  }

  /** Lists page by page; a page's token may expire, which is thrown as `gone`. */
  async *pages(selection: Selection & { readonly limit?: number }, signal: AbortSignal): AsyncGenerator<Page<T>> {
    let token = ''
    do {
      const query = {
        ...queryOf(selection),
        limit: String(selection.limit ?? 500),
        ...(token === '' ? {} : { continue: token }),
      }
      const page: RawList<T> = await this.#send('GET', this.path(selection.namespace), { verb: 'list', query, signal })
      if (page.items === undefined || page.metadata?.resourceVersion === undefined)
        throw new KubeError('unreadable', `the API server's list of ${this.kind.plural} is no list`)
      const { apiVersion, kind } = this.#typeMeta()
      // Items of a list carry no type of their own.
      yield {
        items: page.items.map((item) => ({ ...item, apiVersion, kind })),
        resourceVersion: page.metadata.resourceVersion,
      }
      token = page.metadata.continue ?? ''
    } while (token !== '')
  }

  /** Lines of a watch, as text. */
  watch(
    selection: Selection & { readonly resourceVersion: string; readonly timeoutSeconds: number },
    signal: AbortSignal,
  ): AsyncIterable<string> {
    const query = {
      ...queryOf(selection),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: selection.resourceVersion,
      timeoutSeconds: String(selection.timeoutSeconds),
    }
    return this.#transport.stream({ path: this.path(selection.namespace), query, resource: this.kind.plural, signal })
  }

  create(object: T, signal: AbortSignal): Promise<T> {
    const path = this.path(object.metadata.namespace)
    return this.#send('POST', path, { verb: 'create', query: this.#manager(), body: object, signal })
  }

  /** JSON merge patch (RFC 7386). A `metadata.resourceVersion` in the patch is the precondition. */
  mergePatch(ref: ObjectRef, patch: object, signal: AbortSignal): Promise<T> {
    return this.#send('PATCH', this.path(ref.namespace, ref.name), {
      verb: 'patch',
      query: this.#manager(),
      body: patch,
      contentType: 'application/merge-patch+json',
      signal,
    })
  }

  /** JSON patch (RFC 6902): done as a whole or not at all. Where something is not as it is tested, that is thrown as `conflict`. */
  jsonPatch(ref: ObjectRef, operations: readonly PatchOperation[], signal: AbortSignal): Promise<T> {
    return this.#jsonPatch(this.path(ref.namespace, ref.name), operations, signal)
  }

  /** Paths begin at the object and lead into its status; the rest can be tested only. */
  jsonPatchStatus(ref: ObjectRef, operations: readonly PatchOperation[], signal: AbortSignal): Promise<T> {
    return this.#jsonPatch(`${this.path(ref.namespace, ref.name)}/status`, operations, signal)
  }

  apply(object: T, signal: AbortSignal): Promise<T> {
    return this.#apply(object, '', signal)
  }

  /** Applies what is not there yet: takes no field from anybody who was quicker, which is thrown as `conflict`. */
  applyNew(object: T, signal: AbortSignal): Promise<T> {
    const { namespace, name } = object.metadata
    return this.#send('PATCH', this.path(namespace, name), {
      verb: 'apply',
      query: this.#manager(),
      body: object,
      contentType: 'application/apply-patch+yaml',
      signal,
    })
  }

  /** Applies the status; the spec is not sent. */
  applyStatus(object: KubeObject & { readonly status?: unknown }, signal: AbortSignal): Promise<T> {
    const { apiVersion, kind, metadata, status } = object
    return this.#apply({ apiVersion, kind, metadata, status }, '/status', signal)
  }

  async delete(
    ref: ObjectRef,
    precondition: { readonly uid?: string; readonly resourceVersion?: string },
    signal: AbortSignal,
  ): Promise<'deleted' | 'absent'> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: precondition }
    try {
      await this.#send('DELETE', this.path(ref.namespace, ref.name), { verb: 'delete', body, signal })
      return 'deleted'
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'notFound') return 'absent'
      throw error
    }
  }

  /** The path of a collection, or of one object in it. Every segment is encoded. */
  path(namespace: string | undefined, name?: string): string {
    const { group, version, plural, namespaced } = this.kind
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    const scope =
      namespaced && namespace !== undefined && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : ''
    return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
  }

  #apply(object: KubeObject & { readonly status?: unknown }, subresource: string, signal: AbortSignal): Promise<T> {
    const { namespace, name } = object.metadata
    return this.#send('PATCH', `${this.path(namespace, name)}${subresource}`, {
      verb: 'apply',
      query: { ...this.#manager(), force: 'true' },
      body: object,
      contentType: 'application/apply-patch+yaml',
      signal,
    })
  }

  #jsonPatch(path: string, operations: readonly PatchOperation[], signal: AbortSignal): Promise<T> {
    return this.#send('PATCH', path, {
      verb: 'patch',
      query: this.#manager(),
      body: encodePatch(operations),
      contentType: 'application/json-patch+json',
      signal,
    })
  }

  #send<R>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, more: Sending): Promise<R> {
    return this.#transport.request<R>({ method, path, resource: this.kind.plural, ...more })
  }

  /**
   * Types say what we write, and nobody reads the warnings of a server that looks for unknown fields: it would parse every body
   * twice for them, which is a twentieth of what the write of a status costs it.
   */
  #manager(): Record<string, string> {
    return { fieldManager: this.#fieldManager, fieldValidation: 'Ignore' }
  }

  #typeMeta(): { apiVersion: string; kind: string } {
    const { group, version, kind } = this.kind
    return { apiVersion: group === '' ? version : `${group}/${version}`, kind }
  }
}

interface RawList<T> {
  readonly items?: readonly T[]
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

interface Sending {
  readonly verb: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentType?: string
  readonly signal: AbortSignal
}

function queryOf({ labelSelector, fieldSelector }: Selection): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  }
}
