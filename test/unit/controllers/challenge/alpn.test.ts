import { X509Certificate, createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AlpnProofs } from '../../../../src/controllers/challenge/alpn.ts'
import type { Sight } from '../../../../src/controllers/challenge/board.ts'
import { alpnLook } from '../../../../src/controllers/challenge/alpnlook.ts'
import type { ChallengeAnswer } from '../../../../src/enroll/challenge.ts'
import type { PeekedTls } from '../../../../src/net/tlspeek.ts'
import { asDer } from '../../../../src/std/bytes.ts'
import { ok } from '../../../../src/std/result.ts'
import { FakeClock } from '../../../support/clock.ts'

const answer = (identifier: string, token = 'token'): ChallengeAnswer => ({
  type: 'tls-alpn-01',
  identifier,
  token,
  value: `${token}.print`,
})

async function shown(...answers: ChallengeAnswer[]): Promise<X509Certificate> {
  const proof = await new AlpnProofs(() => answers, new FakeClock()).find('any')
  return new X509Certificate(proof?.certificate ?? '')
}

/** id-pe-acmeIdentifier, critical, with an OCTET STRING in its value (RFC 8737 section 3). */
const extensionFor = (keyAuthorization: string): Buffer =>
  Buffer.concat([
    Buffer.from('06082b0601050507011f0101ff04220420', 'hex'),
    createHash('sha256').update(keyAuthorization).digest(),
  ])

describe('the proof of control over TLS', () => {
  it.each([
    ['a.example.test', 'DNS:a.example.test'],
    ['192.0.2.1', 'IP Address:192.0.2.1'],
    ['2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1'],
  ])('of %s is a self-signed certificate for it alone, with the digest of the answer', async (identifier, san) => {
    const certificate = await shown(answer(identifier))
    expect(certificate.subjectAltName).toBe(san)
    expect(certificate.raw.includes(extensionFor('token.print'))).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.ca).toBe(false)
  })

  it('is about the challenge that was ordered last', async () => {
    const certificate = await shown(answer('a.test', 'old'), answer('a.test', 'new'))
    expect(certificate.raw.includes(extensionFor('new.print'))).toBe(true)
  })

  it('is there only while a challenge is, and is made once', async () => {
    const answers: ChallengeAnswer[] = []
    const proofs = new AlpnProofs(() => answers, new FakeClock())
    expect(await proofs.find('a.test')).toBeUndefined()
    answers.push(answer('a.test'))
    expect(await proofs.find('a.test')).toBe(await proofs.find('a.test'))
  })
})

describe('a look at it from outside', () => {
  const { signal } = new AbortController()
  const see = (seen: PeekedTls, asked: string[] = []): Promise<Sight> =>
    alpnLook(({ host, port, serverName, protocol }) => {
      asked.push(`${host}:${port} ${serverName} ${protocol}`)
      return Promise.resolve(ok(seen))
    })(answer('192.0.2.1'), signal)

  it('asks for an address by its name in the DNS', async () => {
    const asked: string[] = []
    const right = asDer((await shown(answer('192.0.2.1'))).raw)
    expect(await see({ protocol: 'acme-tls/1', certificate: right }, asked)).toBe('right')
    expect(asked).toEqual(['192.0.2.1:443 1.2.0.192.in-addr.arpa acme-tls/1'])
  })

  it('says what is wrong', async () => {
    const other = asDer((await shown(answer('192.0.2.1', 'other'))).raw)
    expect(await see({ protocol: 'acme-tls/1', certificate: other })).toEqual({
      instead: 'it shows another certificate',
    })
    expect(await see({ protocol: undefined, certificate: other })).toEqual({
      instead: expect.stringContaining('does not speak acme-tls/1'),
    })
  })
})
