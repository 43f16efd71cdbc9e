/** Keys that the project's own CMP server makes are opened by `openssl cms`, which nobody here wrote, and fit their certificates. */
import { createPublicKey } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { KeyShape } from '../../src/domain/wanted.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { readAsymmetricKeyPackage } from '../../src/pki/cms/asymkey.ts'
import { encodeElement, encodeOid, encodeSequence } from '../../src/pki/der.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { asDer } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'
import { instant } from '../../src/std/time.ts'
import { retag } from '../support/cmp-server/asn1.ts'
import { CmpServer } from '../support/cmp-server/fake.ts'
import { certificateOf } from '../support/cmp-server/material.ts'
import type { Holder } from '../support/cmp-server/material.ts'
import { httpTo } from '../support/cmp-server/serve.ts'
import { CmpCustomer, sharedSecretRef } from '../support/cmpcustomer.ts'
import { openssl } from '../support/openssl.ts'
import { runForBytes } from '../support/opensslbytes.ts'
import { unwrap } from '../support/unwrap.ts'

const secret = 'correct horse battery staple'
const oids = { signedData: '1.2.840.113549.1.7.2', envelopedData: '1.2.840.113549.1.7.3' }
const hasOpenssl = openssl(['cms', '-help']).ok
const describeCms = hasOpenssl ? describe : describe.skip
const skipReason = hasOpenssl ? '' : ' (skipped: this machine has no openssl with cms)'

let server: CmpServer
afterEach(() => server.stop())

interface Made {
  /** EnvelopedData, as a ContentInfo. */
  readonly envelope: Der
  readonly certificate: Der
}

const start = instant(Date.UTC(2026, 10, 23, 12))

/** What the server made for a customer under a shared secret, or for a device with a certificate. */
async function keyFor(device: KeyShape | undefined): Promise<Made & { readonly device: Holder | undefined }> {
  server = await CmpServer.start({ secrets: { [sharedSecretRef.reference]: secret }, now: () => start })
  const { ca } = server.material
  const holder = device && (await certificateOf(ca, { name: 'device', key: device, usages: wrapping }))
  const customer = new CmpCustomer({
    spec: {
      url: 'http://ca.test/pkix/',
      keyGeneration: 'Central',
      caBundle: certificatesPem([ca.certificate]),
      ...(holder === undefined
        ? { sharedSecret: sharedSecretRef }
        : { clientCertificateSecretRef: { name: 'device' } }),
    },
    http: httpTo(server, () => start),
    start,
    secret,
    ...(holder === undefined ? {} : { identity: { chain: [holder.certificate], key: holder.key } }),
  })
  const { last } = await customer.travel(await customer.order())
  const [issued] = server.issued
  if (last.kind !== 'issued' || issued?.privateKey === undefined) throw new Error(JSON.stringify(last))
  expect(last.key?.publicKeyHash).toBe(unwrap(certificateFacts(issued.certificate)).publicKeyHash)
  const { certificate, privateKey } = issued
  return { device: holder, certificate, envelope: contentInfo(oids.envelopedData, retag(0x30, privateKey)) }
}

const wrapping = ['digital signature', 'key encipherment', 'key agreement']

const contentInfo = (type: string, content: Uint8Array): Der =>
  encodeSequence(encodeOid(type), encodeElement(0xa0, content))

describeCms(`openssl cms opens the key that our CMP server made${skipReason}`, () => {
  it.each<readonly [string, KeyShape | undefined]>([
    ['under the shared secret (PWRI)', undefined],
    ['for an RSA certificate (KTRI)', { algorithm: 'RSA', size: 2048 }],
    ['for an EC certificate (KARI)', { algorithm: 'ECDSA', size: 256 }],
  ])('%s', async (_name, shape) => {
    const { envelope, certificate, device } = await keyFor(shape)
    const files = {
      'envelope.der': envelope,
      'ca.pem': certificatesPem([server.material.ca.certificate]),
      ...(device === undefined
        ? {}
        : { 'device.pem': certificatesPem([device.certificate]), 'device.key': device.key.toPem('PKCS8') }),
    }
    const opener = device === undefined ? ['-pwri_password', secret] : ['-recip', 'device.pem', '-inkey', 'device.key']
    const decrypt = ['cms', '-decrypt', '-inform', 'DER', '-in', 'envelope.der', '-binary', ...opener]
    const signed = contentInfo(oids.signedData, runForBytes(decrypt, files))
    const verify = ['cms', '-verify', '-inform', 'DER', '-in', 'signed.der', '-binary', '-CAfile', 'ca.pem']
    const keys = runForBytes([...verify, '-purpose', 'any'], { ...files, 'signed.der': signed })
    const key = unwrap(readAsymmetricKeyPackage(keys))
    const spki = asDer(createPublicKey(key.toPem('PKCS8')).export({ type: 'spki', format: 'der' }))
    expect(sha256Hex(spki)).toBe(unwrap(certificateFacts(certificate)).publicKeyHash)
  })
})
