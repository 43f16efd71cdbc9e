/** Certificates for TLS servers and clients of tests, made anew in each run so that none can expire in the repository. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { JsonGeneralName } from '@peculiar/x509'
import { asPem } from '../../src/std/bytes.ts'
import type { Pem } from '../../src/std/bytes.ts'

export interface TlsMaterial {
  readonly certificate: Pem
  readonly key: Pem
  readonly keys: CryptoKeyPair
  readonly name: string
}

type CryptoKeyPair = webcrypto.CryptoKeyPair

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 86_400_000

/** A CA that lives for a day around now. */
export function tlsCa(commonName: string): Promise<TlsMaterial> {
  return make({ commonName, isCa: true, names: [], from: -day, until: day })
}

export interface TlsLeaf {
  readonly ca: TlsMaterial
  readonly names: readonly JsonGeneralName[]
  /** Milliseconds from now; a day each way by default. */
  readonly from?: number
  readonly until?: number
}

export function tlsLeaf({ ca, names, from = -day, until = day }: TlsLeaf): Promise<TlsMaterial> {
  return make({ commonName: 'leaf', isCa: false, names, from, until, ca })
}

interface Shape {
  readonly commonName: string
  readonly isCa: boolean
  readonly names: readonly JsonGeneralName[]
  readonly from: number
  readonly until: number
  readonly ca?: TlsMaterial
}

async function make(shape: Shape): Promise<TlsMaterial> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const name = `CN=${shape.commonName}`
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: shape.ca?.name ?? name,
    notBefore: new Date(Date.now() + shape.from),
    notAfter: new Date(Date.now() + shape.until),
    publicKey: keys.publicKey,
    signingKey: (shape.ca?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(shape.isCa, undefined, true),
      ...(shape.names.length === 0 ? [] : [new SubjectAlternativeNameExtension([...shape.names])]),
      ...(shape.isCa ? [] : [new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])]),
    ],
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`
  return { certificate: asPem(`${certificate.toString('pem')}\n`), key: asPem(key), keys, name }
}
