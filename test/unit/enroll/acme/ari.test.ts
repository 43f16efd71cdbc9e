import fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import type { CertificateFacts } from '../../../../src/domain/facts.ts'
import { certificateId, renewalAdvice } from '../../../../src/enroll/acme/ari.ts'
import { AcmeClient } from '../../../../src/enroll/acme/client.ts'
import type { HttpResponse } from '../../../../src/net/http.ts'
import { certificateFacts } from '../../../../src/pki/certificate.ts'
import { between, days, hours, instant, minutes, plus, seconds } from '../../../../src/std/time.ts'
import type { Duration } from '../../../../src/std/time.ts'
import { someCa } from '../../../support/ca-material.ts'
import { lonelyCtx } from '../../../support/lonelyctx.ts'
import { unwrap } from '../../../support/unwrap.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))
const ca = unwrap(certificateFacts((await someCa('Some CA')).certificate))
/** The key identifier of RFC 9773 section 4.1. */
const authorityKeyId = '69885b6b87464041e1b37b847ba0ae2cde01c8d4'
const withSerial = (serialNumber: string): CertificateFacts => ({ ...ca, serialNumber, authorityKeyId })

describe('the identifier of a certificate', () => {
  it('of RFC 9773 section 4.1 is the one given there', () => {
    expect(certificateId(withSerial('87654321'))).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
  })

  it('does not depend on whether the zero octet is shown', () => {
    expect(certificateId(withSerial('0087654321'))).toBe(certificateId(withSerial('87654321')))
  })

  it('has the serial number as DER has it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }), (serial) => {
        const hex = serial.toString(16).toUpperCase()
        const shown = hex.length % 2 === 0 ? hex : `0${hex}`
        const [, encoded = ''] = (certificateId(withSerial(shown)) ?? '').split('.')
        const octets = Buffer.from(encoded, 'base64url')
        expect(BigInt.asIntN(octets.length * 8, BigInt(`0x${octets.toString('hex')}`))).toBe(serial)
        const [first = 0, second = 0x80] = octets
        expect(octets.length === 1 || first !== 0 || second >= 0x80).toBe(true)
      }),
    )
  })

  it('does not exist without an authority key identifier', () => {
    expect(certificateId({ ...ca, authorityKeyId: undefined })).toBeUndefined()
    expect(certificateId({ ...ca, authorityKeyId: '' })).toBeUndefined()
  })
})

const directory = {
  newNonce: 'https://ca.test/nonce',
  newAccount: 'https://ca.test/account',
  newOrder: 'https://ca.test/order',
  renewalInfo: 'https://ca.test/renewal/',
}
const suggestedWindow = { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' }

function answer(status: number, body: unknown, retryAfter?: Duration): HttpResponse {
  const patience = retryAfter === undefined ? {} : { retryAfter: plus(now, retryAfter) }
  return { status, headers: new Map(), all: new Map(), body: Buffer.from(JSON.stringify(body)), ...patience }
}

async function advice(reply: HttpResponse, offered: object = directory) {
  const asked: string[] = []
  const ctx = {
    ...lonelyCtx(now),
    http: {
      send: ({ url }: { readonly url: string }) => {
        asked.push(url)
        return Promise.resolve({ ok: true, value: asked.length === 1 ? answer(200, offered) : reply } as const)
      },
    },
  }
  const given = await renewalAdvice(new AcmeClient('https://ca.test/directory'), withSerial('87654321'), ctx)
  return { ...given, asked, pause: between(now, given.askAgainAt) }
}

describe('advice', () => {
  it('is asked for by the identifier, without a second slash', async () => {
    const { asked, window } = await advice(answer(200, { suggestedWindow }))
    expect(asked.at(-1)).toBe('https://ca.test/renewal/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
    expect(window).toEqual({ start: Date.UTC(2026, 11, 1), end: Date.UTC(2026, 11, 2) })
  })

  it('is passed on with its explanation, when that is a web address', async () => {
    const explained = { suggestedWindow, explanationURL: 'https://ca.test/why' }
    expect((await advice(answer(200, explained))).window?.explanationUrl).toBe('https://ca.test/why')
    const script = { suggestedWindow, explanationURL: 'javascript:alert(1)' }
    expect((await advice(answer(200, script))).window).not.toHaveProperty('explanationUrl')
  })

  it.each([
    ['the usual six hours', undefined, hours(6)],
    ['no less than a minute', seconds(0), minutes(1)],
    ['no less than a minute, even when the CA names the past', minutes(-5), minutes(1)],
    ['what the CA asks for', hours(3), hours(3)],
    ['no more than a day', days(30), days(1)],
  ])('is asked for again after %s', async (_name, retryAfter, expected) => {
    expect((await advice(answer(200, { suggestedWindow }, retryAfter))).pause).toBe(expected)
    expect((await advice(answer(503, {}, retryAfter))).pause).toBe(expected)
  })

  it('that cannot be read is a fault and no window', async () => {
    expect(await advice(answer(200, { suggestedWindow: {} }))).toMatchObject({ fault: { code: 'ReplyMalformed' } })
    expect(await advice(answer(404, {}))).toMatchObject({ fault: { code: 'RequestRejected' } })
  })

  it('is not asked of a CA that offers none', async () => {
    const { renewalInfo, ...silent } = directory
    const given = await advice(answer(200, {}), silent)
    expect(renewalInfo).toBeDefined()
    expect(given.asked).toHaveLength(1)
    expect(given.fault).toBeUndefined()
  })
})
