/** Whom an EST client believes, and replies that must not count (RFC 7030 sections 3.6 and 4.1). */
import { beforeAll, describe, expect, it } from '@jest/globals'
import { buildCertificatesOnly } from '../../src/pki/cms/signeddata.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { readSigner } from '../../src/pki/signer.ts'
import type { Der } from '../../src/std/bytes.ts'
import { caBegins, caEnds, someCa } from '../support/ca-material.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { deviceWish, faultOf } from '../support/estcustomer.ts'
import type { FakeReply } from '../support/est-server/fake.ts'
import { unwrap } from '../support/unwrap.ts'
import { estWorld } from './est-world.ts'

let [oldCa, newCa, stranger]: CaMaterial[] = []
let newWithOld: Der

beforeAll(async () => {
  ;[oldCa, newCa, stranger] = await Promise.all([someCa('EST CA'), someCa('EST CA'), someCa('Stranger')])
  newWithOld = await crossCertified(must(newCa), must(oldCa))
})

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('nothing there')
  return value
}

/** The key of one CA, certified by another: OldWithNew and NewWithOld of RFC 4210 section 4.4. */
const crossCertified = (subject: CaMaterial, by: CaMaterial): Promise<Der> =>
  issueCertificate({
    wanted: {
      ...deviceWish,
      subject: [[{ oid: '2.5.4.3', value: 'EST CA' }]],
      names: [],
      isCA: true,
      usages: ['cert sign'],
    },
    publicKey: subject.key.publicKey,
    signer: unwrap(readSigner(by)),
    notBefore: caBegins,
    notAfter: caEnds,
  })

describe('the fingerprint of the CA', () => {
  it('holds when the CA shows itself among others', async () => {
    const ca = must(oldCa)
    const world = await estWorld({ ca, shown: [must(stranger).certificate, ca.certificate] })
    expect(await world.customer.prepare()).toMatchObject({ kind: 'ready', message: expect.stringContaining('EST CA') })
  })

  it('does not hold for another CA of the same name, which is said to be one', async () => {
    const world = await estWorld({ ca: must(oldCa), shown: [must(newCa).certificate] })
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'notReady',
      fault: { code: 'SecurityViolation', message: expect.stringContaining(sha256Hex(must(newCa).certificate)) },
    })
  })

  it('of a CA that has changed its key still holds, when the old one vouches for the new', async () => {
    const world = await estWorld({
      ca: must(newCa),
      shown: [must(oldCa).certificate, must(newCa).certificate, newWithOld],
      spec: { caFingerprint: sha256Hex(must(oldCa).certificate) },
    })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it('of a CA that has changed its key does not reach a new one that nobody vouches for', async () => {
    const world = await estWorld({
      ca: must(newCa),
      shown: [must(oldCa).certificate, must(newCa).certificate],
      spec: { caFingerprint: sha256Hex(must(oldCa).certificate) },
    })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('SecurityViolation')
  })

  it('of the next CA is accepted beside it', async () => {
    const world = await estWorld({
      ca: must(newCa),
      shown: [must(oldCa).certificate, must(newCa).certificate],
      spec: {
        caFingerprint: sha256Hex(must(oldCa).certificate),
        nextCAFingerprint: sha256Hex(must(newCa).certificate),
      },
    })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })
})

describe('a reply does not count', () => {
  const nested = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from([0x30, 0x80])))
  const reply = (body: Uint8Array | string, type = 'application/pkcs7-mime'): FakeReply => ({
    status: 200,
    headers: { 'content-type': type },
    body,
  })

  it.each([
    ['for another key', { certifiesAnotherKey: true }, 'SecurityViolation'],
    ['signed by a CA that is not shown', { signsElsewhere: true }, 'SecurityViolation'],
  ] as const)('%s', async (_name, troubles, code) => {
    const world = await estWorld({ troubles })
    expect(faultOf(await world.customer.travel(await world.customer.order()))).toMatchObject({ code })
  })

  it.each([
    ['that is a web page', reply('<html><title>Login</title></html>', 'text/html')],
    ['that is empty', reply('')],
    ['nested a hundred deep', reply(nested.toString('base64'))],
    ['that is no base64', reply('§§§§')],
    ['that is cut off', reply('MIIBszCCAVmgAwIBAgIUQ')],
    ['that says yes and sends nothing', { status: 204, body: '' }],
  ])('%s', async (_name, answer) => {
    const world = await estWorld({
      troubles: { instead: (_request, operation) => (operation === 'simpleenroll' ? answer : undefined) },
    })
    const order = await world.customer.order()
    const first = await world.customer.begin(order)
    if (first.kind !== 'pending') throw new Error(first.kind)
    const outcome = await world.customer.poll(first.ticket, order)
    expect(['refused', 'deferred']).toContain(outcome.kind)
    expect(outcome).toHaveProperty('fault.message', expect.stringMatching(/EST server|reply/))
  })

  it('that was given to somebody before', async () => {
    const other = await estWorld({ ca: must(oldCa) })
    const issued = await other.customer.travel(await other.customer.order())
    if (issued.last.kind !== 'issued') throw new Error(issued.last.kind)
    const old = reply(Buffer.from(buildCertificatesOnly(issued.last.chain)).toString('base64'))
    const world = await estWorld({
      ca: must(oldCa),
      troubles: { instead: (_request, operation) => (operation === 'simpleenroll' ? old : undefined) },
    })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('SecurityViolation')
  })
})

describe('an answer that is no', () => {
  it.each([
    [400, 'RequestRejected'],
    [403, 'PolicyDenied'],
    [429, 'RateLimited'],
    [500, 'ServerFailed'],
    [503, 'ServerFailed'],
  ] as const)('%d is %s, in the words of the server', async (status, code) => {
    const headers = { 'content-type': 'text/plain; charset=utf-8' }
    const world = await estWorld({ troubles: { refuses: { status, headers, body: 'not\u001b on the list' } } })
    const order = await world.customer.order()
    const first = await world.customer.begin(order)
    if (first.kind !== 'pending') throw new Error(first.kind)
    expect(await world.customer.poll(first.ticket, order)).toMatchObject({
      fault: { code, message: expect.stringContaining('not on the list') },
    })
  })
})
