import { describe, expect, it } from '@jest/globals'
import {
  clusterIssuerKind,
  issuerKind,
  parseIssuer,
  protocolNames,
  protocolOf,
  protocolSpec,
  serverTrust,
} from '../../../src/api/issuer.ts'
import type { IssuerSpec } from '../../../src/api/issuer.ts'
import type { JsonObject } from '../../../src/std/json.ts'
import { manifest } from '../../support/rulesamples.ts'

const acme = {
  server: 'https://acme.example.com/directory',
  email: 'ops@example.com',
  profile: 'shortlived',
  preferredChain: 'Example Root',
  privateKeySecretRef: { name: 'account' },
  externalAccountBinding: { keyID: 'id', keySecretRef: { name: 'eab', key: 'hmac' }, keyAlgorithm: 'HS384' },
  solvers: [{ selector: { dnsZones: ['example.com'] }, http01: { selfCheck: 'Disabled' } }],
  enableDurationFeature: true,
  renewalInformation: 'None',
} as const

const parsed = (patch: JsonObject): IssuerSpec => {
  const result = parseIssuer(manifest(issuerKind, patch))
  if (!result.ok) throw new Error(result.error)
  return result.value.spec
}

const complaint = (object: unknown): string => {
  const result = parseIssuer(object)
  return result.ok ? 'accepted' : result.error
}

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

describe('an issuer', () => {
  it('speaks the protocol whose member is set', () => {
    const specs = [{ selfSigned: {} }, { selfSigned: null, ca: { secretName: 'ca' } }, { selfSigned: null, acme }]
    expect(specs.map((spec) => protocolOf(parsed(spec)))).toEqual(['selfSigned', 'ca', 'acme'])
    expect(specs.map((spec) => protocolSpec(parsed(spec)))).toEqual([{}, { secretName: 'ca' }, acme])
  })

  it('that was not parsed may have no protocol', () => {
    expect(protocolSpec({})).toBeUndefined()
    expect(() => protocolOf({})).toThrow('without a protocol')
  })

  it('names every protocol in the sentence that asks for one', () => {
    expect(complaint(manifest(issuerKind, { selfSigned: null }))).toBe(
      `In spec: An issuer speaks exactly one protocol: set one of ${protocolNames.join(', ')}.`,
    )
  })

  it('is read the same in both scopes', () => {
    expect(complaint(manifest(issuerKind, {}))).toBe('accepted')
    expect(complaint(manifest(clusterIssuerKind, {}))).toBe('accepted')
  })

  it('may set limits, trust, proxy and how often it is asked', () => {
    const common = {
      limits: { concurrency: 4, requestsPerSecond: 0.5, burst: 10 },
      tls: { caBundleSecretRef: { name: 'ca', key: 'ca.crt' } },
      proxy: { url: 'http://proxy.example.com:3128', credentialsSecretRef: { name: 'proxy' } },
      probeInterval: '10m',
    }
    expect(parsed(common)).toEqual({ selfSigned: {}, ...common })
  })

  it.each([null, 'text', {}, { spec: {} }, { apiVersion: 'a', kind: 'b', metadata: { name: 'c' }, spec: [] }])(
    'that is %j is refused and nothing is thrown',
    (object) => {
      expect(complaint(object)).toMatch(/\.$/)
    },
  )
})

describe('whom to trust when calling the CA', () => {
  const base64 = Buffer.from(pem).toString('base64')
  const cases: readonly (readonly [string, JsonObject, ReturnType<typeof serverTrust>])[] = [
    ['is the system by default', {}, { kind: 'system' }],
    ['is a bundle in PEM', { tls: { caBundle: pem } }, { kind: 'bundle', pem }],
    ['is a bundle in base64', { tls: { caBundle: base64 } }, { kind: 'bundle', pem }],
    [
      'is the bundle of the protocol',
      { selfSigned: null, acme: { ...acme, caBundle: base64 } },
      { kind: 'bundle', pem },
    ],
    [
      'is a bundle in a Secret',
      { tls: { caBundleSecretRef: { name: 'ca', key: 'ca.crt' } } },
      { kind: 'secret', ref: { name: 'ca', key: 'ca.crt' } },
    ],
  ]
  it.each(cases)('%s', (_what, patch, trust) => {
    expect(serverTrust(parsed(patch))).toEqual(trust)
  })
})
