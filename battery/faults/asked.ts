/** What a request asks for, as rules speak of it. */

export const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'call'] as const

export type Verb = (typeof verbs)[number]

export interface Asked {
  /** `call` is what is no request to an API server. */
  readonly verb: Verb
  /** For example `secrets` or `certificates/status`; empty for a call. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  /** With the query; the number of the exchange on its connection where only bytes are seen. */
  readonly path: string
}

const changing: readonly Verb[] = ['create', 'update', 'patch', 'delete']

export const isWrite = ({ verb }: Asked): boolean => changing.includes(verb)

const place = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/

const ofMethod: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** Of a request to the API server. What names no resource, such as discovery, is a call. */
export function askedOfApi(method: string, path: string): Asked {
  const url = new URL(path, 'http://api')
  const [, namespace, plural, name, sub] = place.exec(url.pathname) ?? []
  if (plural === undefined) return askedOfCa(method, path)
  const reading = name !== undefined ? 'get' : url.searchParams.get('watch') === 'true' ? 'watch' : 'list'
  const resource = sub === undefined ? plural : `${plural}/${sub}`
  return { verb: ofMethod[method] ?? reading, resource, namespace, name, path }
}

/** Of a request to a CA. */
export const askedOfCa = (_method: string, path: string): Asked => ({
  verb: 'call',
  resource: '',
  namespace: undefined,
  name: undefined,
  path,
})
