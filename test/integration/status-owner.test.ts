/** The status of a Certificate has one owner, who sets it as a whole: on a real API server, also where it was kept field by field before. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { certificateKind } from '../../src/api/certificate.ts'
import type { Certificate } from '../../src/api/certificate.ts'
import { Resource } from '../../src/kube/resource.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { until } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { administrator } from '../support/kubeclient.ts'

const startTimeout = 600_000
const testTimeout = 120_000
const path = 'crds/perennial.dev_certificates.yaml'

let plane: ControlPlane
let transport: Transport
let certificates: Resource<Certificate>
const { signal } = new AbortController()

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: { readonly properties: { readonly status: Record<string, unknown> } }
      }
    }[]
  }
}

/** The kind as it was when the server kept who owns which field of a status. */
function fieldByField(): string {
  const definition = parse(readFileSync(path, 'utf8')) as Definition
  for (const { schema } of definition.spec.versions)
    delete schema.openAPIV3Schema.properties.status['x-kubernetes-map-type']
  return stringify(definition)
}

const apply = async (status: NonNullable<Certificate['status']>): Promise<Certificate> => {
  const metadata = { namespace: 'default', name: 'one' }
  return certificates.applyStatus({ apiVersion: 'perennial.dev/v1', kind: 'Certificate', metadata, status }, signal)
}

const ownersOf = ({ metadata }: Certificate): unknown => metadata.managedFields?.find((entry) => 'subresource' in entry)

beforeAll(async () => {
  plane = await startControlPlane()
  transport = await administrator(plane)
  certificates = new Resource(transport, certificateKind)
  await plane.kubectl(['apply', '--server-side', '-f', '-'], fieldByField())
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
  const spec = { secretName: 'one', dnsNames: ['one.example.com'], issuerRef: { name: 'ca' } }
  const metadata = { namespace: 'default', name: 'one' }
  const object = JSON.stringify({ apiVersion: 'perennial.dev/v1', kind: 'Certificate', metadata, spec })
  await until('a Certificate is taken', () =>
    plane.kubectl(['apply', '-f', '-'], object).then(
      () => true,
      () => undefined,
    ),
  )
}, startTimeout)

afterAll(async () => {
  await transport?.close()
  await plane?.stop()
}, testTimeout)

describe('the status of a Certificate', () => {
  it('loses what is no longer said, and is kept as one, from the first write after the upgrade on', async () => {
    const before = await apply({ revision: 1, protocol: 'ca', serialNumber: 'AB' })
    expect(ownersOf(before)).toHaveProperty(['fieldsV1', 'f:status', 'f:serialNumber'])
    await plane.kubectl(['apply', '--server-side', '-f', path])
    const after = await until('the server knows the new kind', async () => {
      const written = await apply({ revision: 2, protocol: 'ca' })
      return JSON.stringify(ownersOf(written)).includes('f:revision') ? undefined : written
    })
    expect(after.status).toEqual({ revision: 2, protocol: 'ca' })
    expect(ownersOf(after)).toHaveProperty('fieldsV1', { 'f:status': {} })
    expect((await apply({ revision: 3 })).status).toEqual({ revision: 3 })
  })
})
