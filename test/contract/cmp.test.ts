import type { CmpSpec } from '../../src/api/issuer/cmp.ts'
import { cmp } from '../../src/enroll/cmp/enroller.ts'
import type { Instant } from '../../src/std/time.ts'
import { FakeCmp } from '../support/cmp-ca/fake.ts'
import { singleCa } from '../support/cmp-ca/material.ts'
import { httpTo } from '../support/cmp-ca/serve.ts'
import { plainWish } from './harness.ts'
import type { Harness } from './harness.ts'
import { contractSuite } from './suite.ts'

const secret = 'hunter2-hunter2-hunter2'

const harness: Harness<CmpSpec> = {
  factory: cmp,
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
    const material = await singleCa()
    const fake = new FakeCmp({ material, now: () => start, secret, reference: '4711' })
    return {
      spec: {
        url: 'http://ca.test/cmp',
        sharedSecret: { reference: '4711', secretRef: { name: 'cmp', key: 'secret' } },
        messageTimeTolerance: '87600h',
      },
      credentials: new Map([['spec.cmp.sharedSecret.secretRef', { secret: Buffer.from(`${secret}\n`) }]]),
      http: httpTo(fake, () => start),
      become: (trouble) => {
        if (trouble === 'refuses') fake.troubles.rejects = { bits: [19], text: 'not on the list' }
        if (trouble === 'answersForAnotherKey') fake.troubles.certifiesAnotherKey = true
      },
      issued: () => fake.issued,
      revoked: () => fake.revoked,
      secrets: [secret],
      close: () => Promise.resolve(),
    }
  },
}

contractSuite(harness)
