/** A fake CMP server and a customer of it, in one time. */
import type { CmpSpec } from '../../src/api/issuer/cmp.ts'
import type { Identity, Outcome } from '../../src/enroll/enroller.ts'
import { instant } from '../../src/std/time.ts'
import { FakeCmp } from '../support/cmp-ca/fake.ts'
import { singleCa } from '../support/cmp-ca/material.ts'
import type { Material } from '../support/cmp-ca/material.ts'
import { httpTo } from '../support/cmp-ca/serve.ts'
import type { CmpTroubles } from '../support/cmp-ca/troubles.ts'
import { CmpCustomer, sharedSecretRef } from '../support/cmpcustomer.ts'
import type { Journey } from '../support/cmpcustomer.ts'

const secret = 'correct-horse-battery-staple'
const start = instant(Date.UTC(2026, 10, 23, 12))

export interface CmpWorld {
  readonly fake: FakeCmp
  readonly customer: CmpCustomer
  readonly material: Material
}

export async function cmpWorld(
  options: {
    readonly spec?: Partial<CmpSpec>
    readonly troubles?: CmpTroubles
    readonly material?: Material
    /** Signs the first request instead of the shared secret. */
    readonly identity?: Identity
    readonly secret?: string
  } = {},
): Promise<CmpWorld> {
  const material = options.material ?? (await singleCa())
  const time = { now: () => start }
  const now = (): ReturnType<typeof time.now> => time.now()
  const fake = new FakeCmp({ material, now, secret, reference: sharedSecretRef.reference })
  Object.assign(fake.troubles, options.troubles)
  const { identity } = options
  const protector =
    identity === undefined ? { sharedSecret: sharedSecretRef } : { clientCertificateSecretRef: { name: 'client' } }
  const customer = new CmpCustomer({
    spec: { url: 'http://ca.test/cmp', ...protector, ...options.spec },
    http: httpTo(fake, now),
    start,
    secret: options.secret ?? secret,
    ...(identity === undefined ? {} : { identity }),
  })
  time.now = () => customer.now
  return { fake, customer, material }
}

/** The fault of a journey that ended badly. */
export function faultOf({ last }: Pick<Journey, 'last'>): Extract<Outcome, { kind: 'refused' }>['fault'] {
  if (last.kind === 'issued' || last.kind === 'pending') throw new Error(`expected a fault, got ${last.kind}`)
  return last.fault
}

/** What was sent, in the words of RFC 9810, with its protection. */
export const sent = ({ fake }: CmpWorld): readonly string[] =>
  fake.messages.map(({ type, protection }) => `${type} by ${protection}`)
