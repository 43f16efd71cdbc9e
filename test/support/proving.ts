import type { Certificate } from '../../src/api/certificate.ts'
import type { JsonObject } from '../../src/std/json.ts'

/** A Certificate whose names are under proof over HTTP, shown by these solvers in turn. */
export function certificateProving(wish: {
  readonly names: readonly string[]
  readonly solvers: readonly JsonObject[]
  readonly name?: string
}): Certificate {
  const { names, solvers, name = 'shop' } = wish
  const answers = names.map((identifier, index) => {
    const solver = solvers.length === 0 ? {} : { solver: index % solvers.length }
    return { type: 'http-01' as const, identifier, token: `token-${index}`, value: `token-${index}.print`, ...solver }
  })
  return {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace: 'web', uid: '01234567-89ab-cdef-0123-456789abcdef' },
    spec: { secretName: name, dnsNames: names, issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } },
    status: {
      enrollment: {
        protocol: 'acme',
        phase: 'challenges',
        startedAt: '2026-11-23T12:00:00Z',
        requestHash: 'hash',
        issuer: 'uid/1',
        keyHash: 'hash',
        ticket: { version: 1, phase: 'challenges', state: {}, answers, solvers },
      },
    },
  }
}
