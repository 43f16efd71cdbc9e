import { X509Certificate } from 'node:crypto'
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import { acme } from '../../src/enroll/acme/enroller.ts'
import type { Instant } from '../../src/std/time.ts'
import { FakeAcme } from '../support/acme-server/fake.ts'
import { httpTo } from '../support/acme-server/serve.ts'
import { someCa } from '../support/ca-material.ts'
import { plainWish } from './harness.ts'
import type { Harness } from './harness.ts'
import { contractSuite } from './suite.ts'

const base = 'https://ca.test'
const macKey = Buffer.alloc(32, 7).toString('base64url')

const spec: AcmeSpec = {
  server: `${base}/directory`,
  email: 'platform@example.com',
  privateKeySecretRef: { name: 'account' },
  externalAccountBinding: { keyID: 'customer-1', keySecretRef: { name: 'binding', key: 'hmac' } },
}

const harness: Harness<AcmeSpec> = {
  factory: acme,
  overNetwork: true,
  troubles: ['refuses', 'answersForAnotherKey'],
  wishes: {
    'one DNS name': plainWish,
    'several DNS names': {
      ...plainWish,
      names: ['a', 'b', 'c'].map((host) => ({ type: 'dns', value: `${host}.test.example` })),
    },
    'an IPv6 address': { ...plainWish, names: [{ type: 'ip', value: '2001:db8::1' }] },
  },
  open: async (start: Instant) => {
    const fake = new FakeAcme({ base, ca: await someCa('Fake ACME CA'), now: () => start })
    return {
      spec,
      credentials: new Map([['spec.acme.externalAccountBinding.keySecretRef', { hmac: Buffer.from(macKey) }]]),
      http: httpTo(fake, () => start),
      become: (trouble) => {
        if (trouble === 'refuses') fake.troubles.newOrderProblem = { status: 403, type: 'rejectedIdentifier' }
        if (trouble === 'answersForAnotherKey') fake.troubles.certifiesAnotherKey = true
      },
      posted: (answers) => {
        for (const { token, value } of answers) fake.answers.set(token, value)
      },
      issued: () => fake.issued,
      revoked: () =>
        fake.orders.flatMap(({ certificate }) => (certificate === undefined ? [] : serialIfRevoked(fake, certificate))),
      secrets: [macKey],
      close: () => Promise.resolve(),
    }
  },
}

function serialIfRevoked(fake: FakeAcme, certificate: Uint8Array): readonly string[] {
  if (!fake.revoked.includes(Buffer.from(certificate).toString('hex'))) return []
  return [new X509Certificate(certificate).serialNumber]
}

contractSuite(harness)
