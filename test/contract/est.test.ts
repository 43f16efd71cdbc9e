import type { EstSpec } from '../../src/api/issuer/est.ts'
import { est } from '../../src/enroll/est/enroller.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import type { Instant } from '../../src/std/time.ts'
import { someCa } from '../support/ca-material.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { httpTo } from '../support/est-server/serve.ts'
import { plainWish } from './harness.ts'
import type { Harness } from './harness.ts'
import { contractSuite } from './suite.ts'

const password = 'hunter2-hunter2-hunter2'

const harness: Harness<EstSpec> = {
  factory: est,
  overNetwork: true,
  troubles: ['refuses', 'answersForAnotherKey'],
  wishes: {
    'one DNS name': plainWish,
    'an RSA key': { ...plainWish, key: { algorithm: 'RSA', size: 2048 } },
    'an Ed25519 key': { ...plainWish, key: { algorithm: 'Ed25519', size: 0 } },
    'several names and a subject': {
      ...plainWish,
      subject: [[{ oid: '2.5.4.10', value: 'Example Küche' }], [{ oid: '2.5.4.3', value: 'a.example.test' }]],
      names: [
        { type: 'dns', value: 'a.example.test' },
        { type: 'ip', value: '192.0.2.7' },
        { type: 'uri', value: 'spiffe://example.test/a' },
      ],
    },
  },
  open: async (start: Instant) => {
    const ca = await someCa('EST CA')
    const fake = new FakeEst({ ca, now: () => start })
    fake.troubles.login = { username: 'device', password, schemes: ['Basic'] }
    return {
      spec: {
        server: 'https://ca.test',
        caFingerprint: sha256Hex(ca.certificate),
        credentialsSecretRef: { name: 'est-login' },
      },
      credentials: new Map([
        ['spec.est.credentialsSecretRef', { username: Buffer.from('device'), password: Buffer.from(`${password}\n`) }],
      ]),
      http: httpTo(fake, () => start),
      become: (trouble) => {
        if (trouble === 'refuses') fake.troubles.refuses = { status: 400, body: 'not on the list' }
        if (trouble === 'answersForAnotherKey') fake.troubles.certifiesAnotherKey = true
      },
      issued: () => fake.issued,
      revoked: () => [],
      secrets: [password, Buffer.from(`device:${password}`).toString('base64')],
      close: () => Promise.resolve(),
    }
  },
}

contractSuite(harness)
