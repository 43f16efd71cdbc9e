import { describe, expect, it } from '@jest/globals'
import type { CaSpec } from '../../../../src/api/issuer/ca.ts'
import type { Wanted } from '../../../../src/domain/wanted.ts'
import { ca } from '../../../../src/enroll/ca/enroller.ts'
import type { Enroller, Order, Outcome } from '../../../../src/enroll/enroller.ts'
import { certificateFacts } from '../../../../src/pki/certificate.ts'
import { assembleChain } from '../../../../src/pki/chain.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import { certificatesPem } from '../../../../src/pki/pem.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import { days, hours, instant, minus, plus, seconds } from '../../../../src/std/time.ts'
import { caBegins, caEnds, makeCa, someCa } from '../../../support/ca-material.ts'
import type { CaMaterial } from '../../../support/ca-material.ts'
import { lonelyCtx } from '../../../support/lonelyctx.ts'
import { openssl } from '../../../support/openssl.ts'

const spec: CaSpec = { secretName: 'my-ca' }
const noon = instant(Date.UTC(2026, 10, 23, 12, 0, 0))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const wanted: Wanted = {
  subject: [],
  names: [{ type: 'dns', value: 'a.example.test' }],
  key: { algorithm: 'ECDSA', size: 256 },
  lifetime: days(30),
  usages: ['digital signature', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
}

const create = (secret: Readonly<Record<string, Uint8Array>>): ReturnType<typeof ca.create> =>
  ca.create(spec, new Map([['spec.ca.secretName', secret]]))

function enrollerOf(secret: Readonly<Record<string, Uint8Array>>): Enroller {
  const made = create(secret)
  if ('code' in made) throw new Error(made.message)
  return made
}

async function order(change: Partial<Wanted> = {}): Promise<Order> {
  return { id: 'uid/hash', wanted: { ...wanted, ...change }, key: await generateKey(wanted.key) }
}

function issued(outcome: Outcome): Extract<Outcome, { kind: 'issued' }> {
  if (outcome.kind !== 'issued') throw new Error(JSON.stringify(outcome))
  return outcome
}

function factsOf(der: Der | undefined): Extract<ReturnType<typeof certificateFacts>, { ok: true }>['value'] {
  const facts = certificateFacts(der ?? (new Uint8Array() as Der))
  if (!facts.ok) throw new Error(facts.error)
  return facts.value
}

const refusals: Readonly<
  Record<string, { readonly secret: () => Promise<CaMaterial['secret']>; readonly says: RegExp }>
> = {
  'tls.crt is empty': {
    secret: async () => ({ ...(await someCa('X')).secret, 'tls.crt': utf8('') }),
    says: /^Secret "my-ca" cannot be used as a CA: tls\.crt holds no readable certificate/,
  },
  'tls.crt is not PEM': {
    secret: async () => ({ ...(await someCa('X')).secret, 'tls.crt': utf8('hello') }),
    says: /tls\.crt holds no readable certificate/,
  },
  'tls.key is missing': {
    secret: async () => ({ 'tls.crt': (await someCa('X')).secret['tls.crt'] ?? utf8('') }),
    says: /tls\.key holds no readable private key/,
  },
  'tls.key is not PEM': {
    secret: async () => ({ ...(await someCa('X')).secret, 'tls.key': utf8('hello') }),
    says: /tls\.key holds no readable private key/,
  },
  'tls.key belongs to another certificate': {
    secret: async () => ({
      ...(await someCa('X')).secret,
      'tls.key': (await someCa('Y')).secret['tls.key'] ?? utf8(''),
    }),
    says: /tls\.crt does not fit tls\.key/,
  },
  'tls.crt is not a CA': {
    secret: async () =>
      (
        await makeCa({
          name: 'Leaf',
          notBefore: caBegins,
          notAfter: caEnds,
          change: { isCA: false, usages: ['server auth'] },
        })
      ).secret,
    says: /tls\.crt is not a CA certificate \(basic constraints do not say CA:TRUE\); put a certificate made with isCA: true/,
  },
  'ca.crt is not PEM': {
    secret: async () => ({ ...(await someCa('X')).secret, 'ca.crt': utf8('hello') }),
    says: /ca\.crt holds no readable certificate/,
  },
}

describe('a ca issuer', () => {
  it.each(Object.entries(refusals))('refuses its Secret with a sentence when %s', async (_words, { secret, says }) => {
    expect(create(await secret())).toEqual({ code: 'Misconfigured', message: expect.stringMatching(says) })
  })

  it('is ready while its CA is valid, and tells whose it is and when it ends', async () => {
    const { secret, certificate } = await someCa('My CA')
    const readiness = await enrollerOf(secret).prepare(lonelyCtx(noon))
    expect(readiness).toEqual({
      kind: 'ready',
      authorities: { kind: 'shown', current: [certificate], next: [], vouchedBy: 'settings' },
      message: 'Signing with the CA certificate in Secret "my-ca", valid until 2036-01-01T00:00:00Z',
      details: {
        caSubject: 'CN=My CA',
        caFingerprint: factsOf(certificate).fingerprint,
        caSerialNumber: factsOf(certificate).serialNumber,
        caNotAfter: '2036-01-01T00:00:00Z',
      },
      credentials: [{ name: 'CA certificate', notAfter: caEnds }],
    })
  })

  it('is not ready, and blocks orders, from the second its CA expires', async () => {
    const enroller = enrollerOf((await someCa('My CA')).secret)
    const fault = {
      code: 'CredentialsExpired',
      message: 'the CA certificate in Secret "my-ca" expired at 2036-01-01T00:00:00Z; renew it',
    }
    expect((await enroller.prepare(lonelyCtx(minus(caEnds, seconds(1))))).kind).toBe('ready')
    expect(await enroller.prepare(lonelyCtx(caEnds))).toMatchObject({ kind: 'notReady', fault })
    expect(await enroller.enroll(await order(), lonelyCtx(caEnds))).toEqual({ kind: 'blocked', fault })
  })

  it('is not ready before its CA is valid, and asks to be looked at again at that moment', async () => {
    const enroller = enrollerOf((await someCa('My CA')).secret)
    const early = minus(caBegins, hours(1))
    expect(await enroller.prepare(lonelyCtx(early))).toMatchObject({
      kind: 'notReady',
      wakeAt: caBegins,
      fault: { code: 'Misconfigured', message: expect.stringContaining('is not valid before 2026-01-01T00:00:00Z') },
    })
    expect((await enroller.enroll(await order(), lonelyCtx(early))).kind).toBe('blocked')
  })

  it('issues from this second on for the lifetime that was asked for', async () => {
    const enroller = enrollerOf((await someCa('My CA')).secret)
    const { chain, warning } = issued(await enroller.enroll(await order(), lonelyCtx(instant(noon + 789))))
    expect(factsOf(chain[0])).toMatchObject({ notBefore: noon, notAfter: plus(noon, days(30)) })
    expect(warning).toBeUndefined()
  })

  it('ends a certificate with its CA, and says so', async () => {
    const enroller = enrollerOf((await someCa('My CA')).secret)
    const late = minus(caEnds, days(10))
    const { chain, warning } = issued(await enroller.enroll(await order(), lonelyCtx(late)))
    expect(factsOf(chain[0]).notAfter).toBe(caEnds)
    expect(warning).toBe(
      'the certificate ends at 2036-01-01T00:00:00Z, earlier than asked, because the CA certificate in Secret "my-ca" ends then',
    )
  })

  it('hands out a self-signed CA as the root, not as part of the chain', async () => {
    const { secret, certificate } = await someCa('My CA')
    const { chain, roots } = issued(await enrollerOf(secret).enroll(await order(), lonelyCtx(noon)))
    expect(chain).toHaveLength(1)
    expect(roots).toEqual([certificate])
  })

  it('carries the chain to its root, whatever the order in tls.crt, with the root in ca.crt', async () => {
    const root = await someCa('Root')
    const shape = { notBefore: caBegins, notAfter: caEnds }
    const middle = await makeCa({ ...shape, name: 'Middle', parent: root })
    const issuing = await makeCa({ ...shape, name: 'Issuing', parent: middle })
    const enroller = enrollerOf({
      ...issuing.secret,
      'tls.crt': utf8(certificatesPem([middle.certificate, issuing.certificate])),
      'ca.crt': utf8(certificatesPem([root.certificate])),
    })
    const asked = await order()
    const { chain, roots } = issued(await enroller.enroll(asked, lonelyCtx(noon)))
    expect(roots).toEqual([root.certificate])
    const path = assembleChain({ certificates: chain, publicKeyHash: asked.key.publicKeyHash, roots: roots ?? [] })
    expect(path).toMatchObject({
      ok: true,
      value: { intermediates: [issuing.certificate, middle.certificate], root: root.certificate },
    })
  })

  it('works without a root in sight, and then names none', async () => {
    const root = await someCa('Root')
    const issuing = await makeCa({ name: 'Issuing', notBefore: caBegins, notAfter: caEnds, parent: root })
    const outcome = issued(await enrollerOf(issuing.secret).enroll(await order(), lonelyCtx(noon)))
    expect(outcome.chain).toEqual([expect.anything(), issuing.certificate])
    expect(outcome.roots).toBeUndefined()
  })

  it('puts the URLs of its spec into what it signs', async () => {
    const { secret } = await someCa('My CA')
    const made = ca.create(
      { ...spec, crlDistributionPoints: ['http://crl.test'], ocspServers: ['http://ocsp.test'] },
      new Map([['spec.ca.secretName', secret]]),
    )
    if ('code' in made) throw new Error(made.message)
    const { chain } = issued(await made.enroll(await order(), lonelyCtx(noon)))
    const printed = Buffer.from(chain[0] ?? new Uint8Array()).toString('latin1')
    expect(printed).toContain('http://crl.test')
    expect(printed).toContain('http://ocsp.test')
  })
})

describe('what the CA may not certify is refused before it is made', () => {
  const none = { dnsDomains: [], ipRanges: [], emailAddresses: [], uriDomains: [] }

  it('names outside its name constraints', async () => {
    const permitted = { ...none, dnsDomains: ['example.test'], ipRanges: ['10.0.0.0/8'] }
    const nameConstraints = { critical: true, permitted, excluded: none }
    const { secret } = await makeCa({
      name: 'Narrow',
      notBefore: caBegins,
      notAfter: caEnds,
      change: { nameConstraints },
    })
    const enroller = enrollerOf(secret)
    expect((await enroller.enroll(await order(), lonelyCtx(noon))).kind).toBe('issued')
    const names = [...wanted.names, { type: 'dns', value: 'b.other.test' }, { type: 'ip', value: '192.0.2.1' }] as const
    expect(await enroller.enroll(await order({ names }), lonelyCtx(noon))).toEqual({
      kind: 'refused',
      fault: {
        code: 'NamesRejected',
        message:
          'the name constraints of the CA certificate in Secret "my-ca" do not allow b.other.test, 192.0.2.1; drop these names or use an issuer that may certify them',
      },
    })
  })

  it('CAs below a path length of 0', async () => {
    const enroller = enrollerOf(caWithPathLength(0))
    expect((await enroller.enroll(await order(), lonelyCtx(instant(Date.now())))).kind).toBe('issued')
    expect(await enroller.enroll(await order({ isCA: true }), lonelyCtx(instant(Date.now())))).toMatchObject({
      kind: 'refused',
      fault: {
        code: 'PolicyDenied',
        message: expect.stringContaining('may not sign other CAs (its path length is 0)'),
      },
    })
  })

  it('but not CAs below a path length of 1', async () => {
    const enroller = enrollerOf(caWithPathLength(1))
    expect((await enroller.enroll(await order({ isCA: true }), lonelyCtx(instant(Date.now())))).kind).toBe('issued')
  })
})

/** A CA from another maker, valid from the real present on. */
function caWithPathLength(pathLength: number): CaMaterial['secret'] {
  const key = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout - -days 90 -config c.cnf'
  const extensions = `-addext keyUsage=critical,keyCertSign -addext basicConstraints=critical,CA:TRUE,pathlen:${pathLength}`
  const args = `${key} -subj /CN=Short ${extensions}`.split(' ')
  const made = openssl(args, { 'c.cnf': '[req]\ndistinguished_name=dn\n[dn]\n' })
  const at = made.text.indexOf('-----BEGIN CERTIFICATE')
  return { 'tls.crt': utf8(made.text.slice(at)), 'tls.key': utf8(made.text.slice(0, at)) }
}

describe('the Secret of a ca issuer', () => {
  it('is asked for by the field that names it', () => {
    expect(ca.needs(spec)).toEqual([{ field: 'spec.ca.secretName', secretName: 'my-ca', keys: ['tls.crt', 'tls.key'] }])
  })
})
