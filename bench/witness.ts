/** Whether a certificate was issued twice: every version of every Secret is looked at, as a watch tells of them. */
import { X509Certificate } from 'node:crypto'
import { follow } from './api.ts'
import type { Api } from './api.ts'
import * as objects from './objects.ts'

export interface Witnessed {
  /** Secrets that held a certificate. */
  readonly secrets: number
  /** Of those, the ones that held another one, earlier or later. */
  readonly changed: number
  /** Different serial numbers in all of them. */
  readonly serials: number
}

interface SeenSecret {
  readonly metadata: { readonly name: string }
  readonly data?: { readonly 'tls.crt'?: string }
}

const marker = 'the-last'

/** @returns what ends it: everything written before is seen by then */
export function witness(api: Api): () => Promise<Witnessed> {
  const serials = new Map<string, Set<string>>()
  const watching = (async () => {
    for await (const object of follow(api, objects.paths.secrets)) {
      const { metadata, data } = object as SeenSecret
      if (metadata.name === marker) return
      const chain = data?.['tls.crt'] ?? ''
      if (chain !== '') remember(serials, metadata.name, new X509Certificate(Buffer.from(chain, 'base64')).serialNumber)
    }
  })()
  // Whoever ends it hears of it.
  watching.catch(() => undefined)
  return async () => {
    await api.call('POST', objects.paths.secrets, { metadata: { name: marker } })
    await watching
    const all = [...serials.values()]
    return {
      secrets: all.length,
      changed: all.filter(({ size }) => size > 1).length,
      serials: new Set(all.flatMap((one) => [...one])).size,
    }
  }
}

function remember(serials: Map<string, Set<string>>, name: string, serial: string): void {
  const known = serials.get(name) ?? new Set()
  serials.set(name, known.add(serial))
}
