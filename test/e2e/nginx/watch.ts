/** Lists and watches one kind in all namespaces, as the ServiceAccount of the pod. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Meta } from './objects.ts'

interface Listing<T> {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly T[]
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR'
  readonly object: T
}

const paths: Readonly<Record<keyof Cluster, string>> = {
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
  secrets: '/api/v1/secrets',
  services: '/api/v1/services',
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount'
const server = `https://${process.env['KUBERNETES_SERVICE_HOST'] ?? ''}:${process.env['KUBERNETES_SERVICE_PORT'] ?? ''}`

async function ask(path: string): Promise<Response> {
  const token = readFileSync(`${account}/token`, 'utf8')
  const response = await fetch(server + path, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

const keyOf = ({ metadata }: { readonly metadata: Meta }): string => `${metadata.namespace}/${metadata.name}`

/**
 * Keeps a copy of every object of a kind until the process ends. A watch that breaks off begins again with a list.
 *
 * @param onChange - told all objects whenever one of them has changed
 */
export async function follow<K extends keyof Cluster>(kind: K, onChange: (items: Cluster[K]) => void): Promise<never> {
  for (;;) {
    try {
      await followOnce(kind, onChange)
    } catch (error) {
      console.error(String(error))
      await sleep(1000)
    }
  }
}

async function followOnce<K extends keyof Cluster>(kind: K, onChange: (items: Cluster[K]) => void): Promise<void> {
  const path = paths[kind]
  const { metadata, items } = (await (await ask(path)).json()) as Listing<Cluster[K][number]>
  const kept = new Map(items.map((item) => [keyOf(item), item]))
  // What lies in the collection of a kind is of that kind.
  const tell = (): void => onChange([...kept.values()] as Cluster[K])
  tell()
  const stream = await ask(`${path}?watch=1&resourceVersion=${metadata.resourceVersion}`)
  for await (const line of linesOf(stream)) {
    const { type, object } = JSON.parse(line) as WatchEvent<Cluster[K][number]>
    if (type === 'ERROR') return
    if (type === 'DELETED') kept.delete(keyOf(object))
    else kept.set(keyOf(object), object)
    tell()
  }
}
