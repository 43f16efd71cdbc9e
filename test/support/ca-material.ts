/** CAs for tests, as they lie in the Secret of a `ca` issuer. */
import type { KeyShape, Wanted } from '../../src/domain/wanted.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { readSigner, selfSigner } from '../../src/pki/signer.ts'
import type { Der } from '../../src/std/bytes.ts'
import { days, instant } from '../../src/std/time.ts'
import type { Instant } from '../../src/std/time.ts'

export interface CaMaterial {
  readonly certificate: Der
  readonly key: PrivateKey
  /** `tls.crt` and `tls.key`. */
  readonly secret: Readonly<Record<string, Uint8Array>>
}

export interface CaShape {
  readonly name: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly key?: KeyShape
  /** Who signs; itself when absent. */
  readonly parent?: CaMaterial
  /** Changes to what is certified, to make a CA that cannot work. */
  readonly change?: Partial<Wanted>
}

/** When {@link someCa} begins and ends, unless told otherwise. */
export const caBegins = instant(Date.UTC(2026, 0, 1))
export const caEnds = instant(Date.UTC(2036, 0, 1))

const named = (name: string): Wanted['subject'] => [[{ oid: '2.5.4.3', value: name }]]

/** @param key - P-256 when left out */
export const wantedCa = ({
  subject,
  key,
}: Pick<Wanted, 'subject'> & { readonly key?: KeyShape | undefined }): Wanted => ({
  subject,
  names: [],
  key: key ?? { algorithm: 'ECDSA', size: 256 },
  lifetime: days(1),
  usages: ['cert sign', 'crl sign'],
  encodeUsagesInRequest: true,
  isCA: true,
})

export async function makeCa(shape: CaShape): Promise<CaMaterial> {
  const wanted = { ...wantedCa({ subject: named(shape.name), key: shape.key }), ...shape.change }
  const key = await generateKey(wanted.key)
  const signer = shape.parent === undefined ? selfSigner({ wanted, key }) : signerOf(shape.parent)
  const { notBefore, notAfter } = shape
  const certificate = await issueCertificate({ wanted, publicKey: key.publicKey, signer, notBefore, notAfter })
  const secret = { 'tls.crt': Buffer.from(certificatesPem([certificate])), 'tls.key': Buffer.from(key.toPem('PKCS8')) }
  return { certificate, key, secret }
}

type Holder = Pick<CaMaterial, 'certificate' | 'key'>

/** NewWithOld of RFC 4210 section 4.4: the key of the next CA, certified by the one before it. */
export const newWithOld = (next: Holder, old: Holder, name: string): Promise<Der> =>
  issueCertificate({
    wanted: wantedCa({ subject: named(name) }),
    publicKey: next.key.publicKey,
    signer: signerOf(old),
    notBefore: caBegins,
    notAfter: caEnds,
  })

export const someCa = (name: string): Promise<CaMaterial> => makeCa({ name, notBefore: caBegins, notAfter: caEnds })

function signerOf({ certificate, key }: Holder): ReturnType<typeof selfSigner> {
  const signer = readSigner({ certificate, key })
  if (!signer.ok) throw new Error(signer.error)
  return signer.value
}
