/** `openssl cmp`, which nobody here wrote, completes its transactions at the project's own CMP server. */
import { X509Certificate } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { KeyShape } from '../../src/domain/wanted.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { generateKey } from '../../src/pki/key.ts'
import { anotherCa, certificateOf, rsaCa, singleCa, withRa } from '../support/cmp-server/material.ts'
import { serverWish } from '../support/cmpcustomer.ts'
import {
  OpensslCmpClient,
  hasOpensslCmp,
  newKey,
  own,
  skipReason,
  trusting,
  underSecret,
  wish,
} from '../support/opensslcmpclient.ts'
import { bridgeToTcp } from '../support/cmptcpbridge.ts'
import type { LocalServer } from '../support/servers.ts'
import { tlsCa, tlsLeaf } from '../support/tls.ts'
import { unwrap } from '../support/unwrap.ts'

const describeCmp = hasOpensslCmp ? describe : describe.skip

let client: OpensslCmpClient
let bridge: LocalServer | undefined

afterEach(async () => {
  await client.stop()
  await bridge?.close()
  bridge = undefined
})

describeCmp(`openssl cmp at our server, under a shared secret${skipReason}`, () => {
  it.each([
    ['HMAC-SHA1', ['-mac', 'hmac-sha1', '-digest', 'sha1'], singleCa],
    ['HMAC-SHA256', ['-mac', 'hmacWithSHA256'], singleCa],
    ['HMAC-SHA512', ['-mac', 'hmacWithSHA512', '-digest', 'sha512'], singleCa],
    ['of an RSA CA', [], rsaCa],
  ] as const)('ir: %s', async (_name, args, make) => {
    client = await OpensslCmpClient.start({ material: await make() })
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey, ...args])
    expect(run).toMatchObject({ ok: true })
    expect(client.types()).toEqual(['ir', 'certConf'])
    const facts = unwrap(certificateFacts(client.received()))
    expect(facts).toMatchObject({ subject: serverWish.subject, names: serverWish.names })
    const ca = new X509Certificate(client.server.material.ca.certificate)
    expect(new X509Certificate(client.received()).verify(ca.publicKey)).toBe(true)
    expect(client.server.issued).toMatchObject([{ requestType: 'ir', isConfirmed: true }])
  })

  it('ir: caPubs hold the CA', async () => {
    client = await OpensslCmpClient.start()
    await client.run(['-cmd', 'ir', ...underSecret, ...newKey, '-cacertsout', 'capubs.pem'])
    expect(Buffer.from(client.received('capubs.pem'))).toEqual(Buffer.from(client.server.material.ca.certificate))
  })

  it('cr', async () => {
    client = await OpensslCmpClient.start()
    expect(await client.run(['-cmd', 'cr', ...underSecret, ...newKey])).toMatchObject({ ok: true })
    expect(client.server.issued).toMatchObject([{ requestType: 'cr', isConfirmed: true }])
  })

  it('p10cr', async () => {
    client = await OpensslCmpClient.start()
    const key = await generateKey(serverWish.key)
    client.write('csr.der', await buildCsr({ wanted: serverWish, key }))
    const run = await client.run(['-cmd', 'p10cr', ...underSecret, '-csr', 'csr.der', '-certout', 'cert.pem'])
    expect(run).toMatchObject({ ok: true })
    const facts = unwrap(certificateFacts(client.received()))
    expect(facts).toMatchObject({ publicKeyHash: key.publicKeyHash, names: serverWish.names })
  })

  it('implicit confirmation', async () => {
    client = await OpensslCmpClient.start()
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey, '-implicit_confirm'])
    expect(run).toMatchObject({ ok: true })
    expect(client.types()).toEqual(['ir'])
    expect(client.server.issued).toMatchObject([{ isConfirmed: true }])
  })

  it('implicit confirmation that is not granted', async () => {
    client = await OpensslCmpClient.start({ troubles: { implicitConfirm: 'never' } })
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey, '-implicit_confirm'])
    expect(run).toMatchObject({ ok: true })
    expect(client.types()).toEqual(['ir', 'certConf'])
  })

  it('polling for a certificate', async () => {
    client = await OpensslCmpClient.start({
      troubles: { waitingPolls: 2, checkAfter: 0, pollReason: 'the officer is at lunch' },
    })
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey, '-verbosity', '7'])
    expect(run).toMatchObject({ ok: true })
    expect(client.types()).toEqual(['ir', 'pollReq', 'pollReq', 'pollReq', 'certConf'])
    expect(run.text).toContain('the officer is at lunch')
  })

  it('genm', async () => {
    client = await OpensslCmpClient.start()
    const run = await client.run(['-cmd', 'genm', ...underSecret, '-infotype', 'signKeyPairTypes'])
    expect(run).toMatchObject({ ok: true })
    expect(client.types()).toEqual(['genm'])
  })

  it('a proof of possession that it does not take', async () => {
    client = await OpensslCmpClient.start()
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey, '-popo', '0'])
    expect(run.ok).toBe(false)
    expect(run.text).toContain('badPOP')
    expect(client.server.issued).toEqual([])
  })

  it.each([
    ['another secret', ['-secret', 'pass:guess'], 'badMessageCheck'],
    ['another reference', ['-ref', '4712'], 'badMessageCheck'],
  ])('%s', async (_name, args, failInfo) => {
    client = await OpensslCmpClient.start()
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey, ...trusting, ...args])
    expect(run.ok).toBe(false)
    expect(client.server.issued).toEqual([])
    expect(run.text).toContain(failInfo)
  })

  it('a rejection with its words', async () => {
    client = await OpensslCmpClient.start({
      troubles: { rejection: { status: 'rejection', failInfo: ['badTime'], text: 'not today' } },
    })
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey])
    expect(run.ok).toBe(false)
    expect(run.text).toMatch(/badTime[\s\S]*not today/)
  })
})

describeCmp(`openssl cmp at our server, under signatures${skipReason}`, () => {
  it.each([
    ['RSA', { algorithm: 'RSA', size: 2048 }],
    ['ECDSA', { algorithm: 'ECDSA', size: 384 }],
  ] as const satisfies readonly (readonly [string, KeyShape])[])('cr and ir: %s', async (_name, key) => {
    client = await OpensslCmpClient.start()
    const signed = client.signedBy(await certificateOf(client.server.material.ca, { name: 'device', key }))
    for (const cmd of ['cr', 'ir'])
      expect(await client.run(['-cmd', cmd, ...signed, ...newKey])).toMatchObject({ ok: true })
    expect(client.server.issued).toMatchObject([{ isConfirmed: true }, { isConfirmed: true }])
  })

  it('kur by the certificate that it replaces', async () => {
    client = await OpensslCmpClient.start()
    const first = await client.enroll()
    const run = await client.run(['-cmd', 'kur', ...own, '-newkey', 'other.pem', '-certout', 'renewed.pem'])
    expect(run).toMatchObject({ ok: true })
    expect(client.types().slice(2)).toEqual(['kur', 'certConf'])
    expect(client.server.issued[1]).toMatchObject({ requestType: 'kur', isConfirmed: true, replaced: first })
    const renewed = unwrap(certificateFacts(client.received('renewed.pem')))
    expect(renewed).toMatchObject({ names: serverWish.names })
  })

  it('kur that names another certificate than its own', async () => {
    client = await OpensslCmpClient.start()
    client.signedBy(await certificateOf(client.server.material.ca, { name: 'another' }))
    await client.enroll()
    const run = await client.run(['-cmd', 'kur', ...own, '-newkey', 'other.pem', '-oldcert', 'device.pem', ...wish])
    expect(run.ok).toBe(false)
    expect(run.text).toContain('badCertId')
  })

  it('rr, and a kur by the revoked certificate', async () => {
    client = await OpensslCmpClient.start()
    await client.enroll()
    expect(await client.run(['-cmd', 'rr', ...own, '-oldcert', 'cert.pem', '-revreason', '1'])).toMatchObject({
      ok: true,
    })
    expect(client.server.issued).toMatchObject([{ isRevoked: true }])
    const late = await client.run(['-cmd', 'kur', ...own, '-newkey', 'other.pem', '-certout', 'renewed.pem'])
    expect(late.text).toContain('certRevoked')
  })

  it('replies by an authority of their own', async () => {
    client = await OpensslCmpClient.start({ material: await withRa() })
    await client.enroll()
    const run = await client.run(['-cmd', 'kur', ...own, '-newkey', 'other.pem', '-certout', 'renewed.pem'])
    expect(run).toMatchObject({ ok: true })
  })

  it('a certificate of a stranger', async () => {
    client = await OpensslCmpClient.start()
    const signed = client.signedBy(await certificateOf((await anotherCa()).ca, { name: 'device' }))
    const run = await client.run(['-cmd', 'cr', ...signed, ...newKey])
    expect(run.text).toContain('signerNotTrusted')
    expect(client.server.issued).toEqual([])
  })
})

describeCmp(`openssl cmp on other ways to our server${skipReason}`, () => {
  it.each(['/.well-known/cmp', '/.well-known/cmp/p/factory', '/.well-known/cmp/p/factory/initialization'])(
    '%s',
    async (path) => {
      client = await OpensslCmpClient.start()
      const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey], client.server.at(path))
      expect(run).toMatchObject({ ok: true })
      expect(client.server.seen[0]?.path).toBe(path)
    },
  )

  it('https with a client certificate', async () => {
    const ca = await tlsCa('TLS CA')
    const leaf = await tlsLeaf({ ca, names: [{ type: 'ip', value: '127.0.0.1' }] })
    client = await OpensslCmpClient.start({
      tls: { cert: leaf.certificate, key: leaf.key, clientCa: ca.certificate },
    })
    client.write('tls-ca.pem', ca.certificate)
    client.write('tls.pem', leaf.certificate)
    client.write('tls.key', leaf.key)
    const url = client.server.url.replace('https:', 'http:')
    const tls = ['-tls_used', '-tls_trusted', 'tls-ca.pem']
    const request = ['-cmd', 'ir', ...underSecret, ...newKey]
    expect((await client.run([...request, ...tls], url)).ok).toBe(false)
    const shown = ['-tls_cert', 'tls.pem', '-tls_key', 'tls.key']
    expect(await client.run([...request, ...tls, ...shown], url)).toMatchObject({ ok: true })
  })

  it.each([
    ['of RFC 2510', [0], 0],
    ['of RFC 2510, with polls of the transport', [0], 2],
    ['of its successor', [10, 0, 0], 0],
    ['of its successor, with polls of the transport', [10, 0, 0], 1],
  ])('TCP with the framing %s', async (_name, head, tcpPolls) => {
    client = await OpensslCmpClient.start({ tcp: true, troubles: { tcpPolls } })
    bridge = await bridgeToTcp(client.server.tcpPort, head)
    const run = await client.run(['-cmd', 'ir', ...underSecret, ...newKey], `${bridge.url}/pkix/`)
    expect(run).toMatchObject({ ok: true })
    expect(client.server.seen.map(({ type, path }) => `${type} ${path}`)).toEqual(['ir tcp', 'certConf tcp'])
  })
})
