/** The enroller at the CMP server that `openssl cmp` has proved: over sockets, and with the replies that no well-behaved server gives. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { CmpSpec } from '../../src/api/issuer/cmp.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { seconds } from '../../src/std/time.ts'
import { integer } from '../support/cmp-server/asn1.ts'
import { CmpServer } from '../support/cmp-server/fake.ts'
import { requestTemplate, rsaKeySpec } from '../support/cmp-server/general.ts'
import {
  anotherCa,
  certificateOf,
  crossCertificate,
  ed25519Ca,
  rsaCa,
  singleCa,
  withRa,
} from '../support/cmp-server/material.ts'
import type { Holder, Material } from '../support/cmp-server/material.ts'
import type { CmpTroubles } from '../support/cmp-server/troubles.ts'
import { CmpCustomer, identityOf, sharedSecretRef } from '../support/cmpcustomer.ts'
import { unwrap } from '../support/unwrap.ts'

const secret = 'correct horse battery staple'

let http: OwnedHttpClient
let server: CmpServer

beforeAll(() => {
  const timeouts = { total: seconds(2) }
  const options = { userAgent: 'perennial-test', clock: systemClock, log: silentLogger, timeouts }
  http = unwrap(createHttpClient({ ...options, addressPolicy: 'any' }))
})
afterEach(() => server.stop())
afterAll(() => http.close())

interface Scene {
  readonly spec?: Partial<CmpSpec>
  readonly troubles?: CmpTroubles
  readonly make?: () => Promise<Material>
  /** Signs the first request instead of the shared secret. */
  readonly device?: Holder
}

async function scene({ spec, troubles, make = singleCa, device }: Scene): Promise<CmpCustomer> {
  const time = { now: () => systemClock.now() }
  const material = await make()
  const secrets = { [sharedSecretRef.reference]: secret }
  server = await CmpServer.start({ secrets, material, now: () => time.now(), tcp: true })
  Object.assign(server.troubles, troubles)
  const protector =
    device === undefined ? { sharedSecret: sharedSecretRef } : { clientCertificateSecretRef: { name: 'device' } }
  const caBundle = certificatesPem([material.ca.certificate])
  const customer = new CmpCustomer({
    spec: { url: server.url, caBundle, ...protector, ...spec },
    http,
    start: systemClock.now(),
    secret,
    ...(device === undefined ? {} : { identity: { chain: [device.certificate], key: device.key } }),
  })
  time.now = () => customer.now
  return customer
}

describe('a customer of our CMP server', () => {
  it.each<readonly [string, Scene]>([
    ['under PBM', {}],
    ['under PBM with SHA-1', { spec: { sharedSecret: { ...sharedSecretRef, hash: 'SHA-1' } } }],
    ['under PBM with SHA-512', { spec: { sharedSecret: { ...sharedSecretRef, hash: 'SHA-512' } } }],
    ['under PBMAC1', { spec: { sharedSecret: { ...sharedSecretRef, algorithm: 'PBMAC1' } } }],
    [
      'under PBMAC1 with SHA-512',
      { spec: { sharedSecret: { ...sharedSecretRef, algorithm: 'PBMAC1', hash: 'SHA-512' } } },
    ],
    ['of a CA with RSA', { make: rsaCa }],
    ['of a CA with Ed25519', { make: ed25519Ca }],
    ['of a CA with an authority of its own', { make: withRa }],
    ['by cr', { spec: { enrollment: 'cr', renewal: 'cr' } }],
    ['by p10cr', { spec: { enrollment: 'p10cr', renewal: 'p10cr' } }],
    ['that asks for implicit confirmation', { spec: { implicitConfirm: 'Request' } }],
    [
      'that is refused implicit confirmation',
      { spec: { implicitConfirm: 'Request' }, troubles: { implicitConfirm: 'never' } },
    ],
    ['that polls', { troubles: { waitingPolls: 2, checkAfter: 60, pollReason: 'lunch' } }],
    ['that polls, and hears the first nonce again', { troubles: { waitingPolls: 1, finalEcho: 'request' } }],
    ['whose whole message is delayed', { troubles: { delay: { polls: 2, of: ['ir', 'kur'] } } }],
    ['that must confirm in time', { troubles: { confirmWaitTime: 600 } }],
    ['granted with changes', { troubles: { granted: { status: 'grantedWithMods', text: 'shorter' } } }],
    ['by well-known paths', { spec: { paths: 'WellKnown' } }],
    ['over bare TCP', { spec: { tcpFraming: 'RFC2510' } }],
    ['over bare TCP of version 10', { spec: { tcpFraming: 'Version10' } }],
  ])('%s enrolls, renews and revokes', async (_name, one) => {
    const customer = await scene(one)
    if (one.spec?.tcpFraming !== undefined) customer.restart({ spec: { url: `tcp://127.0.0.1:${server.tcpPort}` } })
    if (one.spec?.paths !== undefined) customer.restart({ spec: { url: server.at('') } })
    expect(await customer.prepare()).toMatchObject({ kind: 'ready' })
    const first = await customer.travel(await customer.order(), { restarts: true })
    const renewed = await customer.travel(await customer.order(), { current: identityOf(first), restarts: true })
    expect(server.issued).toMatchObject([{ isConfirmed: true }, { isConfirmed: true }])
    expect(await customer.revoke(identityOf(renewed))).toEqual({ kind: 'revoked' })
    expect(server.issued.map(({ isRevoked }) => isRevoked)).toEqual([false, true])
  })

  it.each(['RSA', 'ECDSA', 'Ed25519'] as const)('shows a certificate of a device: %s', async (algorithm) => {
    const size = { RSA: 2048, ECDSA: 521, Ed25519: 0 }[algorithm]
    const { ca } = await singleCa()
    const customer = await scene({ device: await certificateOf(ca, { name: 'device', key: { algorithm, size } }) })
    const { last } = await customer.travel(await customer.order())
    expect(last.kind).toBe('issued')
    expect(server.seen[0]?.protector?.kind).toBe('certificate')
  })

  it('gets the one certificate that was made when the reply with it was lost', async () => {
    const customer = await scene({ troubles: { transport: { kind: 'reset', when: 'after' }, transportTimes: 1 } })
    const { last } = await customer.travel(await customer.order())
    expect(last.kind).toBe('issued')
    expect(server.issued).toHaveLength(1)
  })

  it.each([0, -1, 100 * 365 * 86_400])('polls on when told to come back after %d seconds', async (checkAfter) => {
    const customer = await scene({ troubles: { waitingPolls: 2, checkAfter } })
    const { last } = await customer.travel(await customer.order())
    expect(last.kind).toBe('issued')
  })

  it.each<readonly [string, CmpTroubles]>([
    ['a certificate', { waitingPolls: Infinity }],
    ['any answer at all', { delay: { polls: Infinity } }],
  ])('does not wait for %s forever', async (_name, troubles) => {
    const customer = await scene({ troubles: { checkAfter: 86_400, ...troubles } })
    const { last } = await customer.travel(await customer.order())
    expect(last).toMatchObject({ kind: 'refused', fault: { code: 'TimedOut' } })
  })

  it('hears of the next root, the keys that are taken, and the revocation lists', async () => {
    const customer = await scene({ spec: { generalMessages: ['RootUpdate', 'RequestTemplate', 'CRLs'] } })
    const next = await anotherCa()
    const { ca } = await singleCa()
    server.general.rootUpdate = { newWithNew: next.ca.certificate, newWithOld: await crossCertificate(ca, next.ca) }
    server.general.certReqTemplate = requestTemplate({ fields: [], keySpec: [rsaKeySpec(integer(2048))] })
    const readiness = await customer.prepare()
    expect(JSON.stringify(readiness)).toContain('Another CA')
    expect(JSON.stringify(readiness)).toContain('2048')
  })
})

describe('a customer believes nothing', () => {
  const away = Buffer.from('trailing')
  it.each<readonly [string, CmpTroubles, string]>([
    ['of another transaction', { wrongTransaction: true }, 'SecurityViolation'],
    ['with another nonce', { recipNonce: 'wrong' }, 'SecurityViolation'],
    ['without a nonce', { recipNonce: 'missing' }, 'SecurityViolation'],
    ['without protection', { protection: 'missing' }, 'SecurityViolation'],
    ['under another secret', { protection: 'wrongSecret' }, 'SecurityViolation'],
    ['with spoiled protection', { protection: 'spoiled' }, 'SecurityViolation'],
    ['with four octets of protection', { protection: 'truncated' }, 'SecurityViolation'],
    ['with another algorithm than was used', { protection: 'otherAlgorithm' }, 'SecurityViolation'],
    ['from yesterday', { messageTime: 'yesterday' }, 'ClockSkewed'],
    ['from tomorrow', { messageTime: 'tomorrow' }, 'ClockSkewed'],
    ['with another body', { bodyAs: 'cp' }, 'ReplyMalformed'],
    ['to another request', { certReqId: 7 }, 'SecurityViolation'],
    ['with two answers', { responses: 2 }, 'ReplyMalformed'],
    ['without the certificate', { withoutCertificate: true }, 'ReplyMalformed'],
    ['for another key', { certifies: 'otherKey' }, 'SecurityViolation'],
    ['that is cut off', { truncatedAt: 200 }, 'ReplyMalformed'],
    ['with octets after it', { trailing: away }, 'ReplyMalformed'],
    ['that is a hundred sequences deep', { nested: 100 }, 'ReplyMalformed'],
    ['that is a web page', { transport: { kind: 'html' } }, 'ServerFailed'],
    ['without an end', { transport: { kind: 'endless' } }, 'ReplyMalformed'],
    ['that comes one octet a second', { transport: { kind: 'slow' } }, 'TimedOut'],
    ['that never comes', { transport: { kind: 'silent' } }, 'TimedOut'],
    ['of a connection that is reset', { transport: { kind: 'reset', when: 'before' } }, 'Unreachable'],
    ['that leads elsewhere', { transport: { kind: 'redirect' } }, 'Misconfigured'],
    ['of HTTP 503', { transport: { kind: 'status', status: 503, retryAfter: '30' } }, 'ServerFailed'],
  ])('%s', async (_name, troubles, code) => {
    const customer = await scene({ troubles })
    const order = await customer.order()
    const first = await customer.begin(order)
    if (first.kind !== 'pending' || first.keepRequest === undefined) throw new Error(first.kind)
    const outcome = await customer.poll(first.ticket, { ...order, keptRequest: first.keepRequest })
    expect(outcome.kind).not.toBe('issued')
    expect(outcome).toMatchObject({ fault: { code } })
    expect(server.issued.some(({ isConfirmed }) => isConfirmed)).toBe(false)
  })

  it('signed by a stranger, with a certificate that comes along', async () => {
    const stranger = (await anotherCa()).ca
    const customer = await scene({ troubles: { stranger } })
    const { last } = await customer.travel(await customer.order())
    expect(last).toMatchObject({ fault: { code: 'SecurityViolation' } })
  })

  it('that was said to somebody before', async () => {
    const earlier = await scene({})
    await earlier.travel(await earlier.order())
    const replays = server.replies[0] ?? new Uint8Array()
    await server.stop()
    const customer = await scene({ troubles: { replays } })
    const { last } = await customer.travel(await customer.order())
    expect(last).toMatchObject({ fault: { code: 'SecurityViolation' } })
  })

  it.each<readonly [string, CmpTroubles, string]>([
    ['with another nonce', { recipNonce: 'wrong' }, 'SecurityViolation'],
    ['without protection', { protection: 'missing' }, 'SecurityViolation'],
    ['of another transaction', { wrongTransaction: true }, 'SecurityViolation'],
    ['under another name', { bodyAs: 'genp' }, 'ReplyMalformed'],
  ])('of a pkiConf %s', async (_name, troubles, code) => {
    const customer = await scene({ troubles: { only: ['pkiconf'], ...troubles } })
    const { last } = await customer.travel(await customer.order())
    expect(last).toMatchObject({ kind: 'refused', fault: { code } })
  })
})
