/** The certificates of a SCEP service: a CA, and where it is wanted a registration authority with one certificate or two. */
import type { KeyShape, Wanted } from '../../../src/domain/wanted.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import { days } from '../../../src/std/time.ts'
import { caBegins, caEnds, makeCa } from '../ca-material.ts'
import type { CaMaterial } from '../ca-material.ts'
import { unwrap } from '../unwrap.ts'

export type Holder = Pick<CaMaterial, 'certificate' | 'key'>

export interface Material {
  readonly ca: CaMaterial
  /** Requests may be encrypted to any of them. */
  readonly decrypters: readonly Holder[]
  /** Signs the replies. */
  readonly signer: Holder
  /** What GetCACert shows, in this order. */
  readonly shown: readonly Holder[]
}

const rsa: KeyShape = { algorithm: 'RSA', size: 2048 }

const rsaCa = (name: string, usages: readonly string[]): Promise<CaMaterial> =>
  makeCa({ name, key: rsa, notBefore: caBegins, notAfter: caEnds, change: { usages } })

export async function makeRa(
  ca: CaMaterial,
  ra: { readonly name: string; readonly usages: readonly string[]; readonly key?: KeyShape },
): Promise<Holder> {
  const wanted: Wanted = {
    subject: [[{ oid: '2.5.4.3', value: ra.name }]],
    names: [],
    key: ra.key ?? rsa,
    lifetime: days(1),
    usages: ra.usages,
    encodeUsagesInRequest: true,
    isCA: false,
  }
  const key = await generateKey(wanted.key)
  const signer = unwrap(readSigner(ca))
  const certificate = await issueCertificate({
    wanted,
    publicKey: key.publicKey,
    signer,
    notBefore: caBegins,
    notAfter: caEnds,
  })
  return { certificate, key }
}

/** Keys of RSA take long to find, so that the tests of one file share them. */
const made = new Map<string, Promise<Material>>()

function once(name: string, make: () => Promise<Material>): Promise<Material> {
  const known = made.get(name)
  if (known !== undefined) return known
  const making = make()
  made.set(name, making)
  return making
}

/** One certificate for everything, without the usages that encryption would need, as micromdm's server has it. */
export const singleCa = (): Promise<Material> =>
  once('single', async () => {
    const ca = await rsaCa('SCEP CA', ['cert sign', 'crl sign'])
    return { ca, decrypters: [ca], signer: ca, shown: [ca] }
  })

/** A CA with the two certificates of NDES in front of it. */
export const ndes = (): Promise<Material> =>
  once('ndes', async () => {
    const { ca } = await singleCa()
    const signing = await makeRa(ca, { name: 'NDES-MSCEP-RA signing', usages: ['digital signature'] })
    const encryption = await makeRa(ca, { name: 'NDES-MSCEP-RA encryption', usages: ['key encipherment'] })
    return { ca, decrypters: [encryption], signer: signing, shown: [signing, encryption, ca] }
  })

/** An EC CA, for which an RSA decrypter does what it cannot. */
export const ecCaWithDecrypter = (): Promise<Material> =>
  once('ec', async () => {
    const ca = await makeCa({ name: 'EC CA', notBefore: caBegins, notAfter: caEnds })
    const decrypter = await makeRa(ca, { name: 'Decrypter', usages: ['digital signature', 'key encipherment'] })
    return { ca, decrypters: [decrypter], signer: decrypter, shown: [ca, decrypter] }
  })

export const anotherCa = (): Promise<Material> =>
  once('another', async () => {
    const ca = await rsaCa('Another CA', ['cert sign', 'crl sign'])
    return { ca, decrypters: [ca], signer: ca, shown: [ca] }
  })
