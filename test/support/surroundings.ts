import type { Surroundings } from '../../src/enroll/surroundings.ts'
import { minutes } from '../../src/std/time.ts'

const nowhere = (): Promise<never> => Promise.reject(new Error('nothing in this test may be asked'))

/** Nothing is there: whoever asks DNS, a service or the cluster is told so. */
export const noSurroundings: Surroundings = {
  dns: {
    recursive: [],
    asksAuthoritative: false,
    authoritativePort: 53,
    lookUp: nowhere,
    ask: nowhere,
    exchange: nowhere,
  },
  http: { send: nowhere },
  cluster: { resourceNamespace: 'perennial', create: nowhere },
  ambient: { allowed: false, variable: () => undefined, file: () => Promise.resolve(undefined) },
  propagationTimeout: minutes(1),
}
