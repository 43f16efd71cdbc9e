/** The certificates of a CMP service: a CA, and where it is wanted a registration authority that speaks for it. */
import type { KeyShape, Wanted } from '../../../src/domain/wanted.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days } from '../../../src/std/time.ts'
import { caBegins, caEnds, makeCa } from '../ca-material.ts'
import type { CaMaterial } from '../ca-material.ts'
import { unwrap } from '../unwrap.ts'

export type Holder = Pick<CaMaterial, 'certificate' | 'key'>

export interface Material {
  readonly ca: CaMaterial
  /** Signs replies: the CA itself, or a certificate with id-kp-cmcCA of it. */
  readonly signer: Holder
}

const rsa: KeyShape = { algorithm: 'RSA', size: 2048 }

/** @param more - of the certificate's usages; `1.3.6.1.5.5.7.3.27` is id-kp-cmcCA, and 3.28 id-kp-cmcRA */
export async function certificateOf(
  ca: CaMaterial,
  one: { readonly name: string; readonly usages?: readonly string[]; readonly key?: KeyShape },
): Promise<Holder> {
  const wanted: Wanted = {
    subject: [[{ oid: '2.5.4.3', value: one.name }]],
    names: [],
    key: one.key ?? { algorithm: 'ECDSA', size: 256 },
    lifetime: days(1),
    usages: one.usages ?? ['digital signature'],
    encodeUsagesInRequest: true,
    isCA: false,
  }
  const key = await generateKey(wanted.key)
  const signer = unwrap(readSigner(ca))
  const [notBefore, notAfter] = [caBegins, caEnds]
  return { key, certificate: await issueCertificate({ wanted, publicKey: key.publicKey, signer, notBefore, notAfter }) }
}

const made = new Map<string, Promise<Material>>()

function once(name: string, make: () => Promise<Material>): Promise<Material> {
  const known = made.get(name)
  if (known !== undefined) return known
  const making = make()
  made.set(name, making)
  return making
}

const usages = ['cert sign', 'crl sign', 'digital signature']

const caOf = (name: string, key?: KeyShape): Promise<CaMaterial> =>
  makeCa({ name, notBefore: caBegins, notAfter: caEnds, change: { usages }, ...(key === undefined ? {} : { key }) })

/** One EC CA that signs its messages itself. */
export const singleCa = (): Promise<Material> =>
  once('single', async () => {
    const ca = await caOf('CMP CA')
    return { ca, signer: ca }
  })

/** The CA of {@link singleCa} behind an authority of its own for messages. */
export const withRa = (): Promise<Material> =>
  once('ra', async () => {
    const { ca } = await singleCa()
    const purposes = ['digital signature', '1.3.6.1.5.5.7.3.27']
    return { ca, signer: await certificateOf(ca, { name: 'CMP signer', usages: purposes }) }
  })

export const rsaCa = (): Promise<Material> =>
  once('rsa', async () => {
    const ca = await caOf('CMP RSA CA', rsa)
    return { ca, signer: ca }
  })

/** Its certificates name no hash, so that certConf needs hashAlg (RFC 9480 section 2.10). */
export const ed25519Ca = (): Promise<Material> =>
  once('ed25519', async () => {
    const ca = await caOf('CMP Ed25519 CA', { algorithm: 'Ed25519', size: 0 })
    return { ca, signer: ca }
  })

export const anotherCa = (): Promise<Material> =>
  once('another', async () => {
    const ca = await caOf('Another CA')
    return { ca, signer: ca }
  })

/** The key of one CA under the name of its own, signed by another: newWithOld (RFC 9810 section 4.4). */
export function crossCertificate(old: Holder, next: Holder): Promise<Der> {
  const signer = unwrap(readSigner(old))
  const [notBefore, notAfter] = [caBegins, caEnds]
  const wanted: Wanted = {
    subject: unwrap(certificateFacts(next.certificate)).subject,
    names: [],
    key: next.key.shape,
    lifetime: days(1),
    usages,
    encodeUsagesInRequest: true,
    isCA: true,
  }
  return issueCertificate({ wanted, publicKey: next.key.publicKey, signer, notBefore, notAfter })
}
