/** A fake SCEP service and a customer of it, in one time. */
import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { instant } from '../../src/std/time.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { singleCa } from '../support/scep-server/material.ts'
import type { Material } from '../support/scep-server/material.ts'
import { httpTo } from '../support/scep-server/serve.ts'
import type { ScepTroubles } from '../support/scep-server/troubles.ts'
import { challengeRef, ScepCustomer } from '../support/scepcustomer.ts'
import type { Journey } from '../support/scepcustomer.ts'

export const challenge = 'correct-horse-battery-staple'
const start = instant(Date.UTC(2026, 10, 23, 12))

export interface ScepWorld {
  readonly fake: FakeScep
  readonly customer: ScepCustomer
  readonly material: Material
}

export async function scepWorld(
  options: {
    readonly spec?: Partial<ScepSpec>
    readonly troubles?: ScepTroubles
    readonly material?: Material
    readonly challenge?: string
  } = {},
): Promise<ScepWorld> {
  const material = options.material ?? (await singleCa())
  const time = { now: () => start }
  const now = (): ReturnType<typeof time.now> => time.now()
  const fake = new FakeScep({ material, now })
  Object.assign(fake.troubles, { challenge, wantsMessage: true, ...options.troubles })
  const spec: ScepSpec = {
    url: 'http://ca.test/scep',
    caFingerprint: sha256Hex(material.ca.certificate),
    ...challengeRef,
    ...options.spec,
  }
  const secret = options.challenge ?? challenge
  const customer = new ScepCustomer({ spec, http: httpTo(fake, now), start, challenge: secret })
  time.now = () => customer.now
  return { fake, customer, material }
}

/** The fault of a journey that ended badly. */
export function faultOf({ last }: Pick<Journey, 'last'>): Extract<Outcome, { kind: 'refused' }>['fault'] {
  if (last.kind === 'issued' || last.kind === 'pending') throw new Error(`expected a fault, got ${last.kind}`)
  return last.fault
}

/** What was sent, in the words of RFC 8894. */
export const sent = ({ fake }: ScepWorld): readonly string[] =>
  fake.operations.map(
    ({ messageType }) => ({ '17': 'RenewalReq', '19': 'PKCSReq', '20': 'CertPoll' })[messageType] ?? '?',
  )
