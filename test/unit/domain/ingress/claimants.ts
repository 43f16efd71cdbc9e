/** Claimants and habits for tests of what Ingresses and Gateways want. */
import { parseCertificate } from '../../../../src/api/certificate.ts'
import type { Claimant, Route, TlsEntry } from '../../../../src/domain/ingress/claimant.ts'
import type { Habits } from '../../../../src/domain/ingress/wanted.ts'

export const habits: Habits = {
  foreign: false,
  defaultIssuer: undefined,
  check: (spec) => {
    const parsed = parseCertificate({
      apiVersion: 'perennial.dev/v1',
      kind: 'Certificate',
      metadata: { name: 'x' },
      spec,
    })
    return parsed.ok ? undefined : parsed.error
  },
}

export const entry = (more: Partial<TlsEntry> = {}): TlsEntry => ({
  path: 'spec.tls[0]',
  hosts: ['www.example.com'],
  secretNames: ['web-tls'],
  ...more,
})

export const ingress = (more: Partial<Claimant> = {}): Claimant => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  namespace: 'team',
  name: 'web',
  uid: 'uid-web',
  createdAt: '2026-11-23T12:00:00Z',
  isEnding: false,
  labels: {},
  annotations: { 'perennial.dev/issuer': 'ca' },
  entries: [entry()],
  ...more,
})

export const gateway = (more: Partial<Claimant> = {}): Claimant =>
  ingress({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    entries: [entry({ path: 'spec.listeners[0]', listener: 'https', routesFrom: 'Same' })],
    ...more,
  })

export const route = (hostnames: readonly string[], more: Partial<Route> = {}): Route => ({
  namespace: 'team',
  parents: [{ kind: 'Gateway', namespace: 'team', name: 'web', listener: undefined }],
  hostnames,
  ...more,
})
