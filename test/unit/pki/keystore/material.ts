/** A key with its chain, for keystores to hold. */
import type { KeyShape } from '../../../../src/domain/wanted.ts'
import { issueCertificate } from '../../../../src/pki/issue.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import type { PrivateKey } from '../../../../src/pki/key.ts'
import { readSigner } from '../../../../src/pki/signer.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import { days } from '../../../../src/std/time.ts'
import { caBegins, caEnds, makeCa, someCa } from '../../../support/ca-material.ts'
import { unwrap } from '../../../support/unwrap.ts'

export interface Material {
  readonly key: PrivateKey
  readonly leaf: Der
  readonly intermediate: Der
  readonly root: Der
}

export async function makeMaterial(shape: KeyShape): Promise<Material> {
  const root = await someCa('Keystore Root')
  const middle = await makeCa({ name: 'Keystore Intermediate', notBefore: caBegins, notAfter: caEnds, parent: root })
  const key = await generateKey(shape)
  const leaf = await issueCertificate({
    wanted: {
      subject: [[{ oid: '2.5.4.3', value: 'keystore leaf' }]],
      names: [{ type: 'dns', value: 'a.test' }],
      key: shape,
      lifetime: days(90),
      usages: ['digital signature', 'server auth'],
      encodeUsagesInRequest: true,
      isCA: false,
    },
    publicKey: key.publicKey,
    signer: unwrap(readSigner(middle)),
    notBefore: caBegins,
    notAfter: caEnds,
  })
  return { key, leaf, intermediate: middle.certificate, root: root.certificate }
}

/** As keytool prints it. */
export const colons = (fingerprint: string): string => fingerprint.toUpperCase().match(/../g)?.join(':') ?? ''
