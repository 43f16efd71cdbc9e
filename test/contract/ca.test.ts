import { ca } from '../../src/enroll/ca/enroller.ts'
import type { CaSpec } from '../../src/api/issuer/ca.ts'
import { caBegins, makeCa, someCa } from '../support/ca-material.ts'
import { days, plus } from '../../src/std/time.ts'
import type { Harness } from './harness.ts'
import { contractSuite } from './suite.ts'
import { manyWishes } from './wishes.ts'

/** The CA lies in a Secret, so its only trouble is a Secret that has gone stale. */
const harness: Harness<CaSpec> = {
  factory: ca,
  overNetwork: false,
  troubles: ['refuses'],
  wishes: manyWishes,
  open: async () => {
    const healthy = await someCa('Contract CA')
    const expired = await makeCa({ name: 'Expired CA', notBefore: caBegins, notAfter: plus(caBegins, days(1)) })
    let current = healthy
    return {
      spec: { secretName: 'contract-ca' },
      get credentials() {
        return new Map([['spec.ca.secretName', current.secret]])
      },
      become: () => {
        current = expired
      },
      issued: () => undefined,
      revoked: () => [],
      secrets: [healthy.key.toPem('PKCS8'), expired.key.toPem('PKCS8')],
      close: () => Promise.resolve(),
    }
  },
}

contractSuite(harness)
