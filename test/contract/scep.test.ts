import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import { scep } from '../../src/enroll/scep/enroller.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import type { Instant } from '../../src/std/time.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { singleCa } from '../support/scep-server/material.ts'
import { httpTo } from '../support/scep-server/serve.ts'
import { plainWish } from './harness.ts'
import type { Harness } from './harness.ts'
import { contractSuite } from './suite.ts'

const challenge = 'hunter2-hunter2-hunter2'

/** Requests of the suite have EC keys, for which the reply is encrypted with the challenge; RSA keys are tried one by one in scep-*.test.ts. */
const harness: Harness<ScepSpec> = {
  factory: scep,
  overNetwork: true,
  troubles: ['refuses', 'answersForAnotherKey'],
  wishes: {
    'one DNS name': plainWish,
    'an RSA key': { ...plainWish, key: { algorithm: 'RSA', size: 2048 } },
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
    const fake = new FakeScep({ material, now: () => start })
    Object.assign(fake.troubles, { challenge, wantsMessage: true })
    return {
      spec: {
        url: 'http://ca.test/scep',
        caFingerprint: sha256Hex(material.ca.certificate),
        challengeSecretRef: { name: 'scep', key: 'challenge' },
        ecKeys: 'Password',
      },
      credentials: new Map([['spec.scep.challengeSecretRef', { challenge: Buffer.from(`${challenge}\n`) }]]),
      http: httpTo(fake, () => start),
      become: (trouble) => {
        if (trouble === 'refuses') fake.troubles.failure = { failInfo: '2', text: 'not on the list' }
        if (trouble === 'answersForAnotherKey') fake.troubles.certifiesAnotherKey = true
      },
      issued: () => fake.issued,
      revoked: () => [],
      secrets: [challenge],
      close: () => Promise.resolve(),
    }
  },
}

contractSuite(harness)
