/** The certificates of a CMP server: a root, an issuing CA below it or the root itself, and who signs the replies. */
import type { KeyShape, Wanted } from '../../../src/domain/wanted.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import { days, instant } from '../../../src/std/time.ts'
import { caBegins, caEnds, makeCa } from '../ca-material.ts'
import type { CaMaterial, CaShape } from '../ca-material.ts'
import { unwrap } from '../unwrap.ts'
import type { Holder } from './protection.ts'

export interface Material {
  readonly root: CaMaterial
  /** Issues. */
  readonly ca: CaMaterial
  /** Signs replies. */
  readonly signer: Holder
}

const usages = ['cert sign', 'crl sign', 'digital signature']

const authority = (name: string, { parent, key }: Pick<CaShape, 'parent' | 'key'> = {}): Promise<CaMaterial> =>
  makeCa({
    name,
    notBefore: caBegins,
    notAfter: caEnds,
    change: { usages },
    ...(parent === undefined ? {} : { parent }),
    ...(key === undefined ? {} : { key }),
  })

/** One CA that signs everything. */
export async function singleCa(key?: KeyShape): Promise<Material> {
  const root = await authority('CMP Test CA', key === undefined ? {} : { key })
  return { root, ca: root, signer: root }
}

/** id-kp-cmcRA and id-kp-cmKGA. */
export const cmcRa = '1.3.6.1.5.5.7.3.28'
export const cmKga = '1.3.6.1.5.5.7.3.32'

/** A root, an issuing CA, and a registration authority that answers for it. */
export async function withRa(ra: Partial<Wanted> = { usages: ['digital signature', cmcRa] }): Promise<Material> {
  const root = await authority('CMP Test Root')
  const ca = await authority('CMP Test Issuing CA', { parent: root })
  return { root, ca, signer: await certified(ca, ra) }
}

/** @returns somebody with a certificate of the CA */
export async function certified(ca: CaMaterial, change: Partial<Wanted> = {}): Promise<Holder> {
  const wanted: Wanted = {
    subject: [[{ oid: '2.5.4.3', value: 'CMP Test RA' }]],
    names: [],
    key: { algorithm: 'ECDSA', size: 256 },
    lifetime: days(1),
    usages: ['digital signature'],
    encodeUsagesInRequest: true,
    isCA: false,
    ...change,
  }
  const key = await generateKey(wanted.key)
  const certificate = await issueCertificate({
    wanted,
    publicKey: key.publicKey,
    signer: unwrap(readSigner({ certificate: ca.certificate, key: ca.key })),
    notBefore: caBegins,
    notAfter: instant(caEnds - days(1)),
  })
  return { certificate, key }
}
