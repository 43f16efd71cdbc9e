/** Replies that no well-behaved server gives: never a certificate, and a fault that names what was wrong. */
import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../src/domain/fault.ts'
import { buildCertificatesOnly } from '../../src/pki/cms/signeddata.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { days } from '../../src/std/time.ts'
import { someCa } from '../support/ca-material.ts'
import { faultOf, identityOf } from '../support/estcustomer.ts'
import type { EstTroubles } from '../support/est-server/troubles.ts'
import { unwrap } from '../support/unwrap.ts'
import { clientOf, estWorld } from './est-world.ts'

const enrollWith = (body: Uint8Array | string, status = 200): EstTroubles => ({
  instead: (_request, operation) => (operation === 'simpleenroll' ? { status, body } : undefined),
})

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

describe('a reply to an enrollment', () => {
  it.each([
    ['for another key', { certifiesAnotherKey: true }, 'SecurityViolation'],
    ['by another CA', { signsElsewhere: true }, 'SecurityViolation'],
  ] as const)('%s stops and asks for a person', async (_words, troubles, code) => {
    const world = await estWorld({ troubles })
    const fault = faultOf(await world.customer.travel(await world.customer.order(), { steps: 1 }))
    expect(fault.code).toBe(code)
    expect(faultTable[fault.code].retry).toBe('person')
  })

  it('that repeats the certificate being replaced is not taken', async () => {
    const world = await estWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    world.fake.troubles.instead = (_request, operation) =>
      operation === 'simplereenroll' ? { status: 200, body: base64(buildCertificatesOnly(current.chain)) } : undefined
    const journey = await world.customer.travel(await world.customer.order(), { current, steps: 1 })
    expect(faultOf(journey).code).toBe('SecurityViolation')
  })

  it('that repeats it to a key that stays is not taken either', async () => {
    const world = await estWorld()
    const order = await world.customer.order()
    const current = identityOf(await world.customer.travel(order))
    world.customer.wait(days(60))
    world.fake.troubles.instead = (_request, operation) =>
      operation === 'simplereenroll' ? { status: 200, body: base64(buildCertificatesOnly(current.chain)) } : undefined
    const journey = await world.customer.travel(order, { current, steps: 1 })
    expect(faultOf(journey)).toMatchObject({ code: 'SecurityViolation', message: expect.stringContaining('renewed') })
  })

  it.each([
    ['a page', '<!DOCTYPE html><html><title>Sign in</title></html>', 'web page'],
    ['nothing', '', 'empty'],
    ['no base64', 'Thank you!', 'base64'],
    ['nested a hundred deep', base64(Buffer.from('3080'.repeat(100) + '0000'.repeat(100), 'hex')), ''],
    ['longer than it says', base64(Buffer.from(`3003020101${'00'.repeat(40)}`, 'hex')), ''],
    ['of a length of four gigabytes', base64(Buffer.from('3084ffffffff0201', 'hex')), ''],
  ])('that is %s is said to be', async (_words, body, word) => {
    const world = await estWorld({ troubles: enrollWith(body) })
    const journey = await world.customer.travel(await world.customer.order(), { steps: 1 })
    expect(journey.last.kind).not.toBe('issued')
    expect(faultOf(journey).message).toContain(word)
    expect(faultOf(journey).message).toContain('simpleenroll')
  })

  it('that was cut off anywhere is none', async () => {
    const list = buildCertificatesOnly((await clientOf(await someCa('EST CA'))).chain)
    for (const length of [1, 2, 20, 100, list.length - 1]) {
      const world = await estWorld({ troubles: enrollWith(base64(list.subarray(0, length))) })
      const journey = await world.customer.travel(await world.customer.order(), { steps: 1 })
      expect(['ReplyMalformed', 'ServerFailed', 'SecurityViolation']).toContain(faultOf(journey).code)
    }
  })

  it.each([204, 206, 304, 418, 500, 503])('with the status %d and a certificate in it is none', async (status) => {
    const ca = await someCa('EST CA')
    const body = base64(buildCertificatesOnly((await clientOf(ca)).chain))
    const world = await estWorld({ ca, troubles: enrollWith(body, status) })
    const journey = await world.customer.travel(await world.customer.order(), { steps: 1 })
    expect(journey.last.kind).not.toBe('issued')
    expect(faultOf(journey).message.length).toBeGreaterThan(20)
  })
})

describe('the certificates of the CA', () => {
  it.each([
    ['a page', '<html>'],
    ['nothing', ''],
    ['nested a hundred deep', base64(Buffer.from('30'.repeat(100), 'hex'))],
  ])('that are %s make nothing ready, and nothing is asked for', async (_words, body) => {
    const world = await estWorld({
      troubles: { instead: (_request, operation) => (operation === 'cacerts' ? { status: 200, body } : undefined) },
    })
    expect((await world.customer.prepare()).kind).toBe('notReady')
    expect(world.fake.csrs).toHaveLength(0)
  })

  it('with another fingerprint are a breach of security', async () => {
    const other = await someCa('EST CA')
    const world = await estWorld({ shown: [other.certificate] })
    const readiness = await world.customer.prepare()
    expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'SecurityViolation' } })
  })

  it('may have a new root that was announced', async () => {
    const [ca, next] = await Promise.all([someCa('EST CA'), someCa('Next CA')])
    const facts = unwrap(certificateFacts(next.certificate))
    const shown = [ca.certificate, next.certificate]
    const unannounced = await (await estWorld({ ca, shown })).customer.prepare()
    expect(unannounced).toMatchObject({ kind: 'ready', message: expect.stringContaining('nextCAFingerprint') })
    const announced = await estWorld({ ca, shown, spec: { nextCAFingerprint: facts.fingerprint } })
    expect(await announced.customer.prepare()).toMatchObject({
      kind: 'ready',
      message: expect.not.stringContaining('next'),
    })
  })
})

describe('a clock', () => {
  it.each([-1, 1])('that is %d days off does not keep a certificate from being stored', async (off) => {
    const world = await estWorld()
    if (off > 0) world.customer.wait(days(off))
    const { last } = await world.customer.travel(await world.customer.order())
    expect(last.kind).toBe('issued')
  })
})
