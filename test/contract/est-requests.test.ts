/** EST requests from the wish to the certificate: forms of replies, waiting, renewal, keys that the CA makes, redirects. */
import { describe, expect, it } from '@jest/globals'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { days, minutes, seconds } from '../../src/std/time.ts'
import { someCa } from '../support/ca-material.ts'
import { faultOf, identityOf } from '../support/estcustomer.ts'
import { asked, clientOf, estWorld, login } from './est-world.ts'

describe('a first enrollment', () => {
  it('asks for the CA, its wishes and a certificate', async () => {
    const world = await estWorld()
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(asked(world)).toEqual(['cacerts 200', 'cacerts 200', 'csrattrs 404', 'simpleenroll 200'])
  })

  it('goes under the label', async () => {
    const world = await estWorld({ spec: { label: 'tls servers' } })
    await world.customer.travel(await world.customer.order())
    expect(new Set(world.requests.map(({ url }) => url.split('/').at(-2)))).toEqual(new Set(['tls%20servers']))
  })

  it.each(['wrapped', 'lf', 'unwrapped', 'pem', 'der'] as const)('reads replies that are %s', async (form) => {
    const world = await estWorld({ troubles: { form } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it.each([
    'application/pkcs7-mime',
    'APPLICATION/PKCS7-MIME; smime-type="certs-only"',
    'application/octet-stream',
    '',
  ])('reads replies of the type "%s"', async (certificateType) => {
    const world = await estWorld({ troubles: { certificateType } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it.each([
    ['Wrapped', 76],
    ['Unwrapped', 100_000],
  ] as const)('writes base64 %s', async (base64, longest) => {
    const world = await estWorld({ spec: { base64 } })
    await world.customer.travel(await world.customer.order())
    const lines = (world.fake.seen.at(-1)?.body ?? '').split('\r\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(longest)
    expect(lines.length > 2).toBe(base64 === 'Wrapped')
  })
})

describe('a request that is put off', () => {
  it('is sent again as it was, through restarts, when the server says', async () => {
    const world = await estWorld({ troubles: { putsOff: 3, retryAfter: '120' } })
    const { last, outcomes } = await world.customer.travel(await world.customer.order(), { restarts: true })
    expect(last.kind).toBe('issued')
    const bodies = world.fake.seen.filter(({ operation }) => operation === 'simpleenroll').map(({ body }) => body)
    expect(bodies).toHaveLength(4)
    expect(new Set(bodies).size).toBe(1)
    expect(outcomes.filter(({ kind }) => kind === 'pending')).toHaveLength(4)
    expect(world.fake.issued).toBe(1)
  })

  it.each([
    ['120', seconds(120)],
    ['0', seconds(1)],
    ['-1', seconds(10)],
    ['3153600000', days(1)],
    ['soon', seconds(10)],
    ['Mon, 23 Nov 2026 12:05:00 GMT', minutes(5)],
  ])('with Retry-After %s waits %d ms', async (retryAfter, expected) => {
    const world = await estWorld({ troubles: { putsOff: 3, retryAfter } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const kept = first.keepRequest === undefined ? order : { ...order, keptRequest: first.keepRequest }
    const second = pendingOf(await world.customer.poll(first.ticket, kept))
    expect(second.wakeAt - world.customer.now).toBe(expected)
  })

  it('is given up after pendingTimeout', async () => {
    const world = await estWorld({ spec: { pendingTimeout: '1h' }, troubles: { putsOff: 100 } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    world.customer.wait(minutes(61))
    expect(await world.customer.poll(first.ticket, order)).toMatchObject({
      kind: 'refused',
      fault: { code: 'TimedOut' },
    })
  })
})

describe('a renewal', () => {
  it('shows the certificate that is being replaced, with its subject and names', async () => {
    const world = await estWorld({ withLogin: true, troubles: { login: { ...login, schemes: ['Basic'] } } })
    const first = await world.customer.travel(await world.customer.order())
    const { last } = await world.customer.travel(await world.customer.order(), {
      current: identityOf(first),
      restarts: true,
    })
    expect(last.kind).toBe('issued')
    expect(world.fake.seen.at(-1)).toMatchObject({ operation: 'simplereenroll', authorization: undefined, status: 200 })
  })

  it('may keep its key', async () => {
    const world = await estWorld()
    const order = await world.customer.order()
    const current = identityOf(await world.customer.travel(order))
    const begun = pendingOf(await world.customer.begin(order, current))
    // What cannot be kept is made again.
    expect((await world.customer.poll(begun.ticket, order)).kind).toBe('issued')
  })

  it.each([403, 404, 405, 501])('that is turned down with %d is a first enrollment', async (knowsNoRenewal) => {
    const world = await estWorld({
      withLogin: true,
      troubles: { login: { ...login, schemes: ['Basic'] }, knowsNoRenewal },
    })
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    const { last } = await world.customer.travel(await world.customer.order(), { current })
    expect(last.kind).toBe('issued')
    expect(world.fake.seen.at(-1)?.operation).toBe('simpleenroll')
  })

  it('that the spec insists on is not', async () => {
    const world = await estWorld({
      withLogin: true,
      spec: { renewal: 'Reenroll' },
      troubles: { login: { ...login, schemes: ['Basic'] }, knowsNoRenewal: 404 },
    })
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    const { last } = await world.customer.travel(await world.customer.order(), { current })
    expect(last.kind).not.toBe('issued')
  })
})

describe('a key that the CA makes', () => {
  it.each(['plain', 'quoted', 'reversed', 'preamble', 'lf', 'wholeType'] as const)('arrives: %s', async (multipart) => {
    const world = await estWorld({ spec: { serverKeyGeneration: 'Always' }, troubles: { multipart } })
    const journey = await world.customer.travel(await world.customer.order())
    expect(journey.last).toMatchObject({ kind: 'issued', key: { shape: { algorithm: 'ECDSA', size: 256 } } })
    expect(identityOf(journey).key.publicKeyHash).not.toBe(journey.key.publicKeyHash)
  })

  it('arrives encrypted to the certificate that is shown', async () => {
    const ca = await someCa('EST CA')
    const world = await estWorld({
      ca,
      identity: await clientOf(ca),
      spec: { serverKeyGeneration: 'Always', serverKeyEncryption: 'ClientCertificate' },
    })
    expect((await world.customer.travel(await world.customer.order())).last).toMatchObject({ kind: 'issued', key: {} })
  })

  it('that comes in plain although it was to be encrypted is not taken', async () => {
    const ca = await someCa('EST CA')
    const world = await estWorld({
      ca,
      identity: await clientOf(ca),
      spec: { serverKeyGeneration: 'Always', serverKeyEncryption: 'ClientCertificate' },
      troubles: { ignoresEncryption: true },
    })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('SecurityViolation')
  })

  it('that is not that of the certificate is not taken', async () => {
    const troubles = { sendsAnotherServerKey: true }
    const world = await estWorld({ spec: { serverKeyGeneration: 'Always' }, troubles })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('SecurityViolation')
  })
})

describe('a redirect', () => {
  const to = (location: string) => ({
    instead: ({ target }: { readonly target: string }, operation: string) =>
      operation === 'simpleenroll' && !target.includes('moved')
        ? { status: 307, headers: { location }, body: '' }
        : undefined,
  })

  it('within the server is followed', async () => {
    const world = await estWorld({ troubles: to('https://ca.test/.well-known/est/moved/simpleenroll') })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it.each(['https://elsewhere.test/.well-known/est/simpleenroll', 'http://ca.test/.well-known/est/moved/simpleenroll'])(
    'to %s is not, and nobody there hears of the password',
    async (location) => {
      const world = await estWorld({ withLogin: true, spec: { authentication: 'Preemptive' }, troubles: to(location) })
      expect(faultOf(await world.customer.travel(await world.customer.order())).message).toContain('redirect')
      expect(world.requests.some(({ url }) => !url.startsWith('https://ca.test/'))).toBe(false)
    },
  )

  it('without end ends', async () => {
    const world = await estWorld({
      troubles: {
        instead: (_request, operation) =>
          operation === 'simpleenroll'
            ? { status: 307, headers: { location: '/.well-known/est/simpleenroll' }, body: '' }
            : undefined,
      },
    })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('Misconfigured')
  })
})

function pendingOf(outcome: Outcome): Extract<Outcome, { kind: 'pending' }> {
  if (outcome.kind !== 'pending') throw new Error(`expected to wait, got ${JSON.stringify(outcome)}`)
  return outcome
}
