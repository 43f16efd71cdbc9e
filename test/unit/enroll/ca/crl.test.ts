/** The list of revoked certificates, with openssl as the judge of what it says. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { CaSpec } from '../../../../src/api/issuer/ca.ts'
import { ca } from '../../../../src/enroll/ca/enroller.ts'
import type { Ctx, Enroller, Revocable } from '../../../../src/enroll/enroller.ts'
import { readRevocationList } from '../../../../src/pki/crl.ts'
import { encodeElement, encodeOid, encodeSequence, encodeUnsigned, tags } from '../../../../src/pki/der.ts'
import { certificatesPem } from '../../../../src/pki/pem.ts'
import { days, hours, instant, plus } from '../../../../src/std/time.ts'
import type { Instant } from '../../../../src/std/time.ts'
import { caBegins, caEnds, makeCa, someCa } from '../../../support/ca-material.ts'
import type { CaMaterial } from '../../../support/ca-material.ts'
import { lonelyCtx } from '../../../support/lonelyctx.ts'
import { openssl } from '../../../support/openssl.ts'
import { MemoryVault } from '../../../support/vault.ts'

// openssl judges by the real clock.
const now = instant(Math.floor(Date.parse('2026-11-01T12:00:00Z') / 1000) * 1000)

function enrollerOf(material: CaMaterial, crl: CaSpec['crl']): Enroller {
  const spec = { secretName: 'root', ...(crl === undefined ? {} : { crl }) }
  const made = ca.create(spec, new Map([['spec.ca.secretName', material.secret]]))
  if (!('protocol' in made)) throw new Error(made.message)
  return made
}

const ctxAt = (at: Instant, vault: MemoryVault): Ctx => ({ ...lonelyCtx(at), vault })

async function leafOf(material: CaMaterial, name: string): Promise<Revocable> {
  const { certificate } = await makeCa({ name, notBefore: caBegins, notAfter: caEnds, parent: material })
  return { chain: [certificate] }
}

async function listIn(vault: MemoryVault): Promise<Uint8Array> {
  return (await vault.load('root-crl'))?.['ca.crl'] ?? new Uint8Array()
}

const textOf = (crl: Uint8Array): string =>
  openssl(['crl', '-inform', 'DER', '-in', 'crl', '-noout', '-text'], { crl }).text

async function revoke(enroller: Enroller, certificate: Revocable, ctx: Ctx): Promise<string | undefined> {
  return (await enroller.revoke?.(certificate, 'keyCompromise', ctx))?.kind
}

describe('a CA that keeps a list of revoked certificates', () => {
  it('publishes an empty one from the start, for HTTP and for programs that read files', async () => {
    const material = await someCa('Listing CA')
    const vault = new MemoryVault()
    const readiness = await enrollerOf(material, {}).prepare(ctxAt(now, vault))
    expect(readiness).toMatchObject({ kind: 'ready', details: { crlNumber: '1', revokedCertificates: 0 } })
    const crl = await listIn(vault)
    expect(textOf(crl)).toContain('No Revoked Certificates')
    const pem = Buffer.from((await vault.load('root-crl'))?.['ca.crl.pem'] ?? []).toString()
    expect(openssl(['crl', '-in', 'pem', '-noout', '-crlnumber'], { pem }).text).toMatch(/crlNumber=(0x)?0?1\b/)
  })

  it('puts a certificate on it once, with the reason, and openssl then turns that one down and no other', async () => {
    const material = await someCa('Listing CA')
    const vault = new MemoryVault()
    const enroller = enrollerOf(material, {})
    await enroller.prepare(ctxAt(now, vault))
    const bad = await leafOf(material, 'bad')
    const good = await leafOf(material, 'good')
    expect(await revoke(enroller, bad, ctxAt(now, vault))).toBe('revoked')
    expect(await revoke(enroller, bad, ctxAt(plus(now, hours(1)), vault))).toBe('revoked')
    const crl = await listIn(vault)
    expect(textOf(crl)).toContain('Key Compromise')
    expect(textOf(crl).match(/Serial Number:/g)).toHaveLength(1)
    const pem = Buffer.from((await vault.load('root-crl'))?.['ca.crl.pem'] ?? []).toString()
    const verify = (leaf: Revocable): string => {
      const files = { pem, ca: certificatesPem([material.certificate]), leaf: certificatesPem(leaf.chain) }
      const time = String(now / 1000 + 60)
      return openssl(['verify', '-attime', time, '-crl_check', '-CRLfile', 'pem', '-CAfile', 'ca', 'leaf'], files).text
    }
    expect(verify(bad)).toContain('certificate revoked')
    expect(verify(good)).toContain('leaf: OK')
  })

  it('renews the list at half of its life, with what was on it', async () => {
    const material = await someCa('Listing CA')
    const vault = new MemoryVault()
    const enroller = enrollerOf(material, { lifetime: '48h' })
    await revoke(enroller, await leafOf(material, 'bad'), ctxAt(now, vault))
    const first = await listIn(vault)
    await enroller.prepare(ctxAt(plus(now, hours(23)), vault))
    expect(await listIn(vault)).toEqual(first)
    const later = plus(now, hours(25))
    await enroller.prepare(ctxAt(later, vault))
    const list = readRevocationList(await listIn(vault))
    expect(list).toMatchObject({ ok: true, value: { number: 2n, thisUpdate: later, nextUpdate: plus(later, days(2)) } })
    expect(list.ok && list.value.revoked).toHaveLength(1)
  })

  it('does not lose an entry to another replica that publishes in the same moment', async () => {
    const material = await someCa('Listing CA')
    const vault = new MemoryVault()
    const enroller = enrollerOf(material, {})
    await enroller.prepare(ctxAt(now, vault))
    const [one, other] = [await leafOf(material, 'one'), await leafOf(material, 'other')]
    const outcomes = await Promise.all([one, other].map((leaf) => revoke(enroller, leaf, ctxAt(now, vault))))
    expect(outcomes.filter((outcome) => outcome === 'revoked')).toHaveLength(1)
    for (const leaf of [one, other]) expect(await revoke(enroller, leaf, ctxAt(now, vault))).toBe('revoked')
    const list = readRevocationList(await listIn(vault))
    expect(list.ok && list.value.revoked).toHaveLength(2)
  })

  it('revokes nothing that another CA issued', async () => {
    const material = await someCa('Listing CA')
    const stranger = await leafOf(await someCa('Other CA'), 'stranger')
    const outcome = await enrollerOf(material, {}).revoke?.(stranger, 'unspecified', ctxAt(now, new MemoryVault()))
    expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'RequestRejected' } })
  })

  it('says so when its certificate does not let it sign lists', async () => {
    const material = await makeCa({
      name: 'No lists',
      notBefore: caBegins,
      notAfter: caEnds,
      change: { usages: ['cert sign'] },
    })
    const readiness = await enrollerOf(material, {}).prepare(ctxAt(now, new MemoryVault()))
    expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
    expect(JSON.stringify(readiness)).toContain('lacks \\"crl sign\\"')
  })

  it('says so when the list cannot be read, and leaves it alone', async () => {
    const vault = new MemoryVault()
    await vault.create('root-crl', { 'ca.crl': Buffer.from('junk') })
    const readiness = await enrollerOf(await someCa('Listing CA'), {}).prepare(ctxAt(now, vault))
    expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
    expect(Buffer.from(await listIn(vault)).toString()).toBe('junk')
  })

  it('cannot revoke without one, and says what would let it', async () => {
    const enroller = enrollerOf(await someCa('Silent CA'), undefined)
    expect('revoke' in enroller).toBe(false)
    expect(enroller.traits.revokes).toBe(false)
    expect(enroller.revokesOnce).toBe('set its spec.ca.crl, so that it keeps a list of what it revoked')
  })
})

describe('a list that comes from outside', () => {
  it.each([
    ['without octets', ''],
    ['below zero', 'ff'],
    ['of thirty octets', '01'.repeat(30)],
  ])('is turned down when its number is one %s', (_words, hex) => {
    const time = encodeElement(tags.utcTime, Buffer.from('260101000000Z'))
    const number = encodeElement(tags.integer, Buffer.from(hex, 'hex'))
    const extension = encodeSequence(encodeOid('2.5.29.20'), encodeElement(tags.octetString, number))
    const body = encodeSequence(
      encodeUnsigned(Uint8Array.of(1)),
      encodeSequence(),
      encodeSequence(),
      time,
      time,
      encodeElement(0xa0, encodeSequence(extension)),
    )
    expect(readRevocationList(encodeSequence(body))).toEqual({ ok: false, error: 'its number is none' })
  })

  it('is read or turned down, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof readRevocationList(bytes).ok).toBe('boolean')
      }),
    )
  })

  it('is turned down when it is cut off or changed in length', async () => {
    const vault = new MemoryVault()
    await enrollerOf(await someCa('Listing CA'), {}).prepare(ctxAt(now, vault))
    const whole = await listIn(vault)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(readRevocationList(whole.subarray(0, length)).ok).toBe(false)
      }),
    )
  })
})
