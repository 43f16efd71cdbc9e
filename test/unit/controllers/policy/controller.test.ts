import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { CertificatePolicy, PolicySpec } from '../../../../src/api/policy.ts'
import { PolicyController } from '../../../../src/controllers/policy/controller.ts'
import { projectNamespace, projectPolicy } from '../../../../src/controllers/policy/policies.ts'
import type { NamespaceProjection, PolicyProjection } from '../../../../src/controllers/policy/policies.ts'
import { CachedPolicies } from '../../../../src/controllers/policy/reader.ts'
import { Store } from '../../../../src/kube/store.ts'
import { FakeClock } from '../../../support/clock.ts'
import { baseSpec } from '../../domain/snapshots.ts'

const v1 = { apiVersion: 'perennial.dev/v1' } as const

/** What is told of a policy, where others stand beside it and Certificates with these labels are there. */
async function toldOf(name: string, specs: Readonly<Record<string, PolicySpec>>, labelled: readonly object[]) {
  const policies = new Store<PolicyProjection>({})
  const namespaces = new Store<NamespaceProjection>({})
  for (const [each, spec] of Object.entries(specs))
    policies.put(each, projectPolicy({ ...v1, kind: 'CertificatePolicy', metadata: { name: each }, spec }))
  namespaces.put('shop', projectNamespace({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }))
  const certificates = labelled.map((labels, index): Certificate => {
    const metadata = { name: `web-${index}`, namespace: 'shop', labels: { ...labels } }
    return { ...v1, kind: 'Certificate', metadata, spec: baseSpec }
  })
  const written: CertificatePolicy['status'][] = []
  const controller = new PolicyController({
    stores: { policies, namespaces },
    reader: new CachedPolicies({ policies, namespaces }),
    certificates: () => certificates,
    resource: {
      applyStatus: ({ status, ...object }) => {
        const policy = { ...object, spec: specs[name] ?? {}, status: status as CertificatePolicy['status'] & object }
        written.push(policy.status)
        return Promise.resolve(policy)
      },
    },
    events: { record: () => undefined },
    clock: new FakeClock(),
  })
  await controller.reconcile(name, new AbortController().signal)
  return written[0]
}

const forApp = (app: string) => ({ certificates: { matchLabels: { [app]: 'yes' } } })
const long: PolicySpec = { selector: forApp('a'), rules: { duration: { min: '48h' } } }
const short: PolicySpec = { selector: forApp('b'), rules: { duration: { max: '24h' } } }

describe('the controller of policies', () => {
  it('tells of two that cannot be kept together once a Certificate is under both, with how many it selects', async () => {
    const status = await toldOf('long', { long, short }, [{ a: 'yes' }, { a: 'yes', b: 'yes' }, { b: 'yes' }])
    expect(status).toMatchObject({ selected: 2, conditions: [{ status: 'False', reason: 'Contradictory' }] })
    expect(status?.conditions?.[0]?.message).toContain('rules.duration.max of CertificatePolicy short is 24h')
  })

  it('tells of none while no Certificate is under both', async () => {
    const status = await toldOf('long', { long, short }, [{ a: 'yes' }, { b: 'yes' }])
    expect(status).toMatchObject({ selected: 1, conditions: [{ status: 'True', reason: 'Applied' }] })
  })

  it('tells of them at once where one is for everything', async () => {
    const status = await toldOf('long', { long, short: { rules: short.rules ?? {} } }, [])
    expect(status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'Contradictory' })
  })
})
