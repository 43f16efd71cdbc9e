import { selfSigned } from '../../src/enroll/selfsigned/enroller.ts'
import type { SelfSignedSpec } from '../../src/api/issuer/selfsigned.ts'
import type { Harness } from './harness.ts'
import { contractSuite } from './suite.ts'
import { manyWishes } from './wishes.ts'

/** Nobody else is involved, so nothing can go wrong. */
const harness: Harness<SelfSignedSpec> = {
  factory: selfSigned,
  overNetwork: false,
  troubles: [],
  wishes: manyWishes,
  open: () =>
    Promise.resolve({
      spec: {},
      credentials: new Map(),
      become: () => undefined,
      issued: () => undefined,
      revoked: () => [],
      secrets: [],
      close: () => Promise.resolve(),
    }),
}

contractSuite(harness)
