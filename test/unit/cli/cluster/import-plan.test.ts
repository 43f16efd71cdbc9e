import { describe, expect, it } from '@jest/globals'
import { planImport, stepText } from '../../../../src/cli/cluster/import/plan.ts'
import type { Findings, ForeignCertificate, ForeignObject } from '../../../../src/cli/cluster/import/foreign.ts'
import { now } from '../../domain/snapshots.ts'

const apiVersion = 'cert-manager.io/v1'

const certificate = (name: string, more: Partial<ForeignCertificate['spec']> = {}, age = '2026-01-01T00:00:00Z') =>
  ({
    apiVersion,
    kind: 'Certificate',
    metadata: { name, namespace: 'shop', creationTimestamp: age },
    spec: { secretName: `${name}-tls`, dnsNames: [`${name}.example`], issuerRef: { name: 'own' }, ...more },
  }) satisfies ForeignCertificate

const issuer = (name: string, spec: ForeignObject['spec'] = { selfSigned: {} }): ForeignObject => ({
  apiVersion,
  kind: 'Issuer',
  metadata: { name, namespace: 'shop' },
  spec: { ...spec },
})

const findings: Findings = {
  issuers: [issuer('own')],
  clusterIssuers: [],
  certificates: [],
  claimants: [],
  secrets: new Map(),
  ours: new Map(),
  unknown: [],
  running: [],
}

function planned(more: Partial<Findings>) {
  const options = { fromNamespace: 'cert-manager', toNamespace: 'perennial', needsOf: () => [], now }
  const { steps, remarks } = planImport({ ...findings, ...more }, options)
  return { steps: steps.map(stepText), remarks: remarks.map(({ kind, what, text }) => `${kind}: ${what}: ${text}`) }
}

describe('an import from a cluster that is half broken', () => {
  it('keeps back the newer of two Certificates with one Secret, and says what to change', () => {
    const older = certificate('a', { secretName: 'one' }, '2026-01-02T00:00:00Z')
    const oldest = certificate('b', { secretName: 'one' })
    const { steps, remarks } = planned({ certificates: [older, oldest] })
    expect(steps).toEqual(['create Issuer shop/own', 'create Certificate shop/b'])
    expect(remarks[0]).toBe(
      'kept back: Certificate shop/a: Certificate shop/b, which is older, has the same Secret one; give one of them another in spec.secretName',
    )
  })

  it('says which Certificates have lost their issuer', () => {
    const lost = certificate('a', { issuerRef: { name: 'gone', kind: 'ClusterIssuer' } })
    const { steps, remarks } = planned({ certificates: [lost] })
    expect(steps).toContain('create Certificate shop/a')
    expect(remarks.join()).toContain(
      'Certificate shop/a: its ClusterIssuer gone does not exist; nothing is renewed until',
    )
  })

  it('says which Certificates have an issuer that cannot be brought over', () => {
    const issuers = [issuer('sealed', { vault: { server: 'https://vault.example' } })]
    const certificates = [certificate('a', { issuerRef: { name: 'sealed' } })]
    expect(planned({ issuers, certificates }).remarks.join()).toContain(
      'its Issuer sealed is kept back; nothing is renewed',
    )
  })

  it('says nothing of the kind where ours is there already', () => {
    const ours = new Map([
      ['Issuer/shop/gone', { apiVersion: 'perennial.dev/v1', kind: 'Issuer', metadata: { name: 'gone' } }],
    ])
    const certificates = [certificate('a', { issuerRef: { name: 'gone' } })]
    expect(planned({ certificates, ours }).remarks.join()).not.toContain('its Issuer gone')
  })

  it('asks for a new certificate where the Secret holds junk', () => {
    const data = { 'tls.crt': Buffer.from('x'.repeat(1_000_000)).toString('base64') }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a-tls', namespace: 'shop' }, data }
    const { steps, remarks } = planned({ certificates: [certificate('a')], secrets: new Map([['shop/a-tls', secret]]) })
    expect(steps).toContain('adopt Secret shop/a-tls with its certificate')
    expect(remarks).toEqual([
      'note: Certificate shop/a: a new certificate will be asked for: its Secret holds no certificate that can be read',
    ])
  })

  it('names the kinds that are gone, and brings over the rest', () => {
    const { steps, remarks } = planned({ unknown: ['ClusterIssuer'] })
    expect(steps).toEqual(['create Issuer shop/own'])
    expect(remarks).toEqual([
      'note: ClusterIssuer: the cluster does not know this kind of cert-manager.io/v1; if its definition was removed, its objects went with it',
    ])
  })
})
