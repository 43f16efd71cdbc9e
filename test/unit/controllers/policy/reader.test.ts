import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { CertificatePolicy, PolicySpec } from '../../../../src/api/policy.ts'
import { projectNamespace, projectPolicy } from '../../../../src/controllers/policy/policies.ts'
import type { NamespaceProjection, PolicyProjection } from '../../../../src/controllers/policy/policies.ts'
import { CachedPolicies } from '../../../../src/controllers/policy/reader.ts'
import { Store } from '../../../../src/kube/store.ts'
import { baseSpec } from '../../domain/snapshots.ts'

const certificate: Certificate = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: baseSpec,
}

const policyObject = (name: string, spec: PolicySpec): CertificatePolicy => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'CertificatePolicy',
  metadata: { name, resourceVersion: '1', managedFields: [{}], annotations: { long: 'text' } },
  spec,
})

function stores() {
  const policies = new Store<PolicyProjection>({})
  const namespaces = new Store<NamespaceProjection>({})
  const add = (object: CertificatePolicy): void => policies.put(object.metadata.name, projectPolicy(object))
  const label = (labels: Record<string, string>, resourceVersion = '1'): void => {
    const metadata = { name: 'shop', labels, resourceVersion }
    namespaces.put('shop', projectNamespace({ apiVersion: 'v1', kind: 'Namespace', metadata }))
  }
  return { reader: new CachedPolicies({ policies, namespaces }), add, label }
}

const prod = { namespaces: { matchLabels: { tier: 'prod' } } }

describe('the policies for a Certificate', () => {
  it('are none where there are none, whatever is known of its namespace', () => {
    expect(stores().reader.policiesFor(certificate)?.policies).toEqual([])
  })

  it('are not known before its namespace is', () => {
    const { reader, add, label } = stores()
    add(policyObject('prod', { selector: prod, deny: 'Everything' }))
    expect(reader.policiesFor(certificate)).toBeUndefined()
    label({ tier: 'prod' })
    expect(reader.policiesFor(certificate)?.policies.map(({ name }) => name)).toEqual(['prod'])
    label({ tier: 'test' }, '2')
    expect(reader.policiesFor(certificate)?.policies).toEqual([])
  })

  it('come by name, and without those that nobody can read', () => {
    const { reader, add, label } = stores()
    label({})
    add(policyObject('b', { rules: {} }))
    add(policyObject('a', { rules: {} }))
    add(policyObject('c', {}))
    expect(reader.policiesFor(certificate)?.policies.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('are found for a Certificate that names no issuer', () => {
    const { reader, add, label } = stores()
    label({})
    add(policyObject('all', { rules: {} }))
    add(policyObject('some', { selector: { issuerRefs: [{ name: 'ca' }] }, rules: {} }))
    const { issuerRef: _issuer, ...spec } = baseSpec
    const found = reader.policiesFor({ ...certificate, spec: spec as Certificate['spec'] })
    expect(found?.policies.map(({ name }) => name)).toEqual(['all'])
  })
})

describe('a policy in the cache', () => {
  it('holds what is decided on and nothing else, and the sentence of what is wrong', () => {
    const projection = projectPolicy(policyObject('p', {}))
    expect(projection.policy).toEqual({
      ok: false,
      error: expect.stringMatching(/^In spec: This policy asks for nothing/),
    })
    expect(projection.object.metadata).toEqual({ name: 'p', resourceVersion: '1' })
  })
})
