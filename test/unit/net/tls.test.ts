import type { RequestListener } from 'node:http'
import type { ServerOptions } from 'node:https'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { createHttpClient } from '../../../src/net/client.ts'
import type { HttpClientOptions } from '../../../src/net/client.ts'
import { tlsSentence } from '../../../src/net/tls.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { asPem } from '../../../src/std/bytes.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { serveHttp, serveHttps } from '../../support/servers.ts'
import { tlsCa, tlsLeaf } from '../../support/tls.ts'
import type { TlsMaterial } from '../../support/tls.ts'

const common = { userAgent: 'perennial/test', addressPolicy: 'any', clock: systemClock, log: silentLogger } as const
const patient = new AbortController().signal
const loopback = [{ type: 'ip', value: '127.0.0.1' }] as const
const hour = 3_600_000

let ca: TlsMaterial
let server: TlsMaterial

beforeAll(async () => {
  ca = await tlsCa('Test CA')
  server = await tlsLeaf({ ca, names: loopback })
})

const trusting = (): Partial<HttpClientOptions> => ({ trust: { caBundle: ca.certificate, system: false } })

/** Serves one request over TLS and tells what the client made of it. */
async function exchange(shown: TlsMaterial, options: Partial<HttpClientOptions>, tls: ServerOptions = {}) {
  const greet: RequestListener = (_request, response) => response.end('hello')
  const running = await serveHttps({ cert: shown.certificate, key: shown.key, ...tls }, greet)
  try {
    return await sendTo(running.url, options)
  } finally {
    await running.close()
  }
}

async function sendTo(url: string, options: Partial<HttpClientOptions>) {
  const client = createHttpClient({ ...common, ...options })
  if (!client.ok) throw new Error(client.error)
  const sent = await client.value.send({ method: 'GET', url }, patient)
  await client.value.close()
  return sent
}

const tlsFailure = (sentence: string) => ({
  ok: false,
  error: { kind: 'tls', message: expect.stringContaining(sentence) },
})

describe('TLS', () => {
  it('trusts a server whose CA is in the bundle', async () => {
    expect(await exchange(server, trusting())).toMatchObject({ ok: true, value: { status: 200 } })
  })

  it('trusts the bundle beside the system roots', async () => {
    expect(await exchange(server, { trust: { caBundle: ca.certificate, system: true } })).toMatchObject({ ok: true })
  })

  it('tells that the CA is unknown', async () => {
    expect(await exchange(server, {})).toEqual(tlsFailure('is not signed by a CA that this issuer trusts'))
  })

  it('tells that the certificate is self-signed', async () => {
    const self = await tlsCa('alone')
    expect(await exchange(self, trusting())).toEqual(tlsFailure('is self-signed'))
  })

  it('tells that the certificate has expired', async () => {
    const old = await tlsLeaf({ ca, names: loopback, from: -2 * hour, until: -hour })
    expect(await exchange(old, trusting())).toEqual(tlsFailure('has expired'))
  })

  it('tells that the certificate is not valid yet', async () => {
    const early = await tlsLeaf({ ca, names: loopback, from: hour, until: 2 * hour })
    expect(await exchange(early, trusting())).toEqual(tlsFailure('is not valid yet'))
  })

  it('tells which names the certificate has instead', async () => {
    const other = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'other.example' }] })
    expect(await exchange(other, trusting())).toEqual(tlsFailure('is for other names: '))
  })

  it('refuses TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
    expect(await exchange(server, trusting(), old)).toEqual(tlsFailure('no TLS version that is still safe'))
  })

  it('tells that the server speaks plain HTTP', async () => {
    const plain = await serveHttp((_request, response) => response.end())
    expect(await sendTo(plain.url.replace('http:', 'https:'), {})).toEqual(
      tlsFailure('does not speak TLS on this port'),
    )
    await plain.close()
  })

  it('shows its client certificate', async () => {
    const own = await tlsLeaf({ ca, names: [{ type: 'dns', value: 'perennial' }] })
    const clientCertificate = { chain: own.certificate, key: own.key }
    const asking = { requestCert: true, ca: ca.certificate }
    expect(await exchange(server, { ...trusting(), clientCertificate }, asking)).toMatchObject({ ok: true })
  })
})

describe('settings that cannot work', () => {
  it.each([
    ['trust in nobody', () => ({ trust: { system: false } })],
    ['an empty bundle', () => ({ trust: { caBundle: asPem(''), system: true } })],
    ['a bundle that is not PEM', () => ({ trust: { caBundle: asPem('MIIB'), system: false } })],
    [
      'a bundle with a damaged certificate',
      () => ({ trust: { caBundle: asPem(ca.certificate.replace(/M/, '!')), system: false } }),
    ],
    ['a bundle with a key in it', () => ({ trust: { caBundle: asPem(ca.certificate + server.key), system: false } })],
    ['a key of another certificate', () => ({ clientCertificate: { chain: server.certificate, key: ca.key } })],
    ['a key that is none', () => ({ clientCertificate: { chain: server.certificate, key: asPem('very secret') } })],
    ['a proxy that is not a URL', () => ({ proxy: { url: 'proxy.example:3128' } })],
    ['a range that is none', () => ({ addressPolicy: { kind: 'public', allow: ['here'] } as const })],
  ])('are told in a sentence: %s', (_case, options) => {
    const made = createHttpClient({ ...common, ...options() })
    expect(made).toMatchObject({ ok: false, error: expect.stringMatching(/^[A-Z"].*\.$/) })
    expect(JSON.stringify(made)).not.toContain('very secret')
  })
})

describe('tlsSentence', () => {
  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'asks for a client certificate, and the issuer has none'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'does not accept the client certificate'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'does not accept the client certificate'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'may want a client certificate'],
    ['CERT_REVOKED', 'has been revoked'],
  ])('explains %s', (code, sentence) => {
    expect(tlsSentence('host', { code, message: '' })).toContain(sentence)
  })

  it('leaves other errors alone', () => {
    expect(tlsSentence('host', { code: 'ECONNREFUSED', message: '' })).toBeUndefined()
  })

  it('shortens a list of names without end', () => {
    const message = `Host: a. is not in the cert's altnames: ${'DNS:name.example, '.repeat(1000)}`
    expect(tlsSentence('host', { code: 'ERR_TLS_CERT_ALTNAME_INVALID', message })?.length).toBeLessThan(300)
  })

  it('names the code when it knows nothing better', () => {
    expect(tlsSentence('host', { code: 'ERR_SSL_SOMETHING_NEW', message: '' })).toBe(
      'TLS with host failed (ERR_SSL_SOMETHING_NEW).',
    )
  })
})
