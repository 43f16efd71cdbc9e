import { beforeAll, describe, expect, it } from '@jest/globals'
import type { Wanted } from '../../../../src/domain/wanted.ts'
import { findAuthority, nameOf, unusable } from '../../../../src/enroll/scep/authority.ts'
import type { Authority, AuthoritySettings } from '../../../../src/enroll/scep/authority.ts'
import { issueCertificate } from '../../../../src/pki/issue.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import type { PrivateKey } from '../../../../src/pki/key.ts'
import { sha256Hex } from '../../../../src/pki/hash.ts'
import { readSigner } from '../../../../src/pki/signer.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import { days, instant, minus, plus } from '../../../../src/std/time.ts'
import type { Instant } from '../../../../src/std/time.ts'
import { caBegins, caEnds, makeCa, someCa } from '../../../support/ca-material.ts'
import type { CaMaterial } from '../../../support/ca-material.ts'
import { rsaKey } from '../../../support/scepcustomer.ts'
import { unwrap } from '../../../support/unwrap.ts'

const now = instant(Date.UTC(2026, 10, 23))
const settings: AuthoritySettings = { url: 'https://ca.test' }

let ca: CaMaterial
let ecKey: PrivateKey
let key: PrivateKey

interface Leaf {
  readonly name: string
  readonly usages: readonly string[]
  readonly from?: Instant
  readonly to?: Instant
  readonly of?: PrivateKey
  readonly by?: CaMaterial
}

function leaf({ name, usages, from = caBegins, to = caEnds, of = key, by = ca }: Leaf): Promise<Der> {
  const wanted: Wanted = {
    subject: [[{ oid: '2.5.4.3', value: name }]],
    names: [],
    key: of.shape,
    lifetime: days(1),
    usages,
    encodeUsagesInRequest: true,
    isCA: false,
  }
  const signer = unwrap(readSigner(by))
  return issueCertificate({ wanted, publicKey: of.publicKey, signer, notBefore: from, notAfter: to })
}

beforeAll(async () => {
  ca = await makeCa({ name: 'CA', key: { algorithm: 'RSA', size: 2048 }, notBefore: caBegins, notAfter: caEnds })
  key = await rsaKey(0)
  ecKey = await generateKey({ algorithm: 'ECDSA', size: 256 })
})

function found(certificates: readonly Der[], more: Partial<AuthoritySettings> = {}): Authority {
  const authority = findAuthority(certificates, { ...settings, ...more }, now)
  if (!authority.ok) throw new Error(authority.error.message)
  return authority.value
}

const encryptsTo = (certificates: readonly Der[]): string => nameOf(found(certificates).encryption.facts)

describe('requests are encrypted', () => {
  it.each<[string, readonly Leaf[], string]>([
    ['to the CA when it is alone', [], 'CN=CA'],
    [
      'to the RA that enciphers keys',
      [
        { name: 'sign', usages: ['digital signature'] },
        { name: 'enc', usages: ['key encipherment'] },
      ],
      'CN=enc',
    ],
    [
      'to the RA that enciphers data',
      [
        { name: 'sign', usages: ['digital signature'] },
        { name: 'enc', usages: ['data encipherment'] },
      ],
      'CN=enc',
    ],
    [
      'to an RA without key usage',
      [
        { name: 'sign', usages: ['digital signature'] },
        { name: 'free', usages: ['server auth'] },
      ],
      'CN=free',
    ],
    ['to one RA for both', [{ name: 'both', usages: ['digital signature', 'key encipherment'] }], 'CN=both'],
    ['to the CA when no RA enciphers', [{ name: 'sign', usages: ['digital signature'] }], 'CN=CA'],
    [
      'to the newer of two generations',
      [
        { name: 'old', usages: ['key encipherment'], from: caBegins },
        { name: 'new', usages: ['key encipherment'], from: plus(caBegins, days(30)) },
      ],
      'CN=new',
    ],
    [
      'to the one that is valid of two generations',
      [
        { name: 'valid', usages: ['key encipherment'] },
        { name: 'to come', usages: ['key encipherment'], from: plus(now, days(1)) },
        { name: 'gone', usages: ['key encipherment'], from: minus(now, days(40)), to: minus(now, days(1)) },
      ],
      'CN=valid',
    ],
  ])('%s', async (_words, leaves, expected) => {
    const certificates = [ca.certificate, ...(await Promise.all(leaves.map(leaf)))]
    expect(encryptsTo(certificates)).toBe(expected)
    expect(encryptsTo(certificates.toReversed())).toBe(expected)
  })

  it('never to an EC key', async () => {
    const ec = await leaf({ name: 'ec', usages: ['key encipherment'], of: ecKey })
    expect(encryptsTo([ec, ca.certificate])).toBe('CN=CA')
    const ecCa = await someCa('EC CA')
    expect(findAuthority([ecCa.certificate], settings, now)).toMatchObject({
      ok: false,
      error: { code: 'Misconfigured', message: expect.stringMatching(/RSA.*raFingerprints\.encryption/) },
    })
  })

  it('to nobody that the pinned CA does not vouch for', async () => {
    const other = await someCa('Other CA')
    const stranger = await leaf({ name: 'stranger', usages: ['key encipherment'], by: other })
    const caFingerprint = sha256Hex(ca.certificate).toUpperCase()
    expect(nameOf(found([stranger, other.certificate, ca.certificate], { caFingerprint }).encryption.facts)).toBe(
      'CN=CA',
    )
    expect(found([stranger, other.certificate, ca.certificate], { caFingerprint }).signing).toHaveLength(1)
  })
})

describe('the CA that issues', () => {
  it('is the intermediate that signed the RA, also below a pinned root', async () => {
    const shape = { key: { algorithm: 'RSA', size: 2048 } as const, notBefore: caBegins, notAfter: caEnds }
    const middle = await makeCa({ name: 'Middle', ...shape, parent: ca })
    const ra = await leaf({ name: 'ra', usages: ['key encipherment'], by: middle })
    const authority = found([ca.certificate, ra, middle.certificate], { caFingerprint: sha256Hex(ca.certificate) })
    expect(nameOf(authority.ca.facts)).toBe('CN=Middle')
    expect(authority.members).toHaveLength(3)
  })
})

describe('an RA that cannot be used', () => {
  it.each([
    [{ to: minus(now, days(1)) }, 'CredentialsExpired', /expired at 2026-11-22/],
    [{ from: plus(now, days(1)) }, 'ClockSkewed', /not valid before 2026-11-24.*clocks/],
  ])('is told: %j', async (times, code, sentence) => {
    const ra = await leaf({ name: 'ra', usages: ['key encipherment'], ...times })
    const fault = unusable(found([ra], { raFingerprints: { encryption: sha256Hex(ra) } }), now)
    expect(fault).toMatchObject({ code, message: expect.stringMatching(sentence) })
  })
})
