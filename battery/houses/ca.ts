/** A CA in the cluster: nobody is called, so there is no log but the Secrets. */
import { Plan } from '../faults/plan.ts'
import type { House } from './house.ts'

export const openCa = (): Promise<House> =>
  Promise.resolve({
    protocol: 'ca',
    spec: { ca: { secretName: 'root', crl: {} } },
    secrets: {},
    words: [],
    privateKey: { algorithm: 'ECDSA', size: 256 },
    flags: [],
    revokes: 'order',
    plan: new Plan(),
    passed: [],
    partition: undefined,
    ledger: undefined,
    keepsWaiting: () => undefined,
    stop: () => Promise.resolve(),
  })
