/** Answers to general messages (RFC 9810 section 5.3.19, RFC 9483 section 4.3). */
import { encodeSequence } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { encodeOid } from '../../../src/pki/der.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { explicit, identifier, inside, oidOf } from './asn1.ts'

/** What the server tells. What is left out is answered without a value. */
export interface GeneralAnswers {
  /** id-it-caCerts. */
  caCerts?: readonly Der[]
  /** id-it-rootCaKeyUpdate; `newWithOld` is the new key under the old one. */
  rootUpdate?: { readonly newWithNew: Der; readonly newWithOld?: Der; readonly oldWithNew?: Der }
  /** id-it-certReqTemplate, encoded CertReqTemplateValue. */
  certReqTemplate?: Der
  /** id-it-crls. */
  crls?: readonly Der[]
  /** id-it-caProtEncCert. */
  caProtEncCert?: Der
  /** id-it-signKeyPairTypes, AlgorithmIdentifiers. */
  signKeyPairTypes?: readonly Der[]
  /** Anything else, by object identifier. */
  others?: ReadonlyMap<string, Der>
}

const infoOid = (last: number): string => `1.3.6.1.5.5.7.4.${last}`

/** @param body - GenMsgContent; without a question, everything is told */
export function answerGeneral(body: DerElement, answers: GeneralAnswers): Der {
  const asked = inside(body).map((info) => oidOf(inside(info)[0]))
  const told = asked.map((oid) => {
    const value = valueOf(oid, answers)
    return identifier(replyOid(oid), ...(value === undefined ? [] : [value]))
  })
  return encodeSequence(...told)
}

/** Two questions have an answer of another type: rootCaCert 20 is answered by rootCaKeyUpdate 18, crlStatusList 22 by crls 23. */
const replyOid = (oid: string): string => (oid === infoOid(20) ? infoOid(18) : oid === infoOid(22) ? infoOid(23) : oid)

function valueOf(oid: string, answers: GeneralAnswers): Der | undefined {
  const { caCerts, rootUpdate, certReqTemplate, crls, caProtEncCert, signKeyPairTypes, others } = answers
  switch (oid) {
    case infoOid(1):
      return caProtEncCert
    case infoOid(2):
      return signKeyPairTypes && encodeSequence(...signKeyPairTypes)
    case infoOid(17):
      return caCerts && encodeSequence(...caCerts)
    case infoOid(18):
    case infoOid(20):
      return rootUpdate && rootUpdateValue(rootUpdate)
    case infoOid(19):
      return certReqTemplate
    case infoOid(22):
    case infoOid(23):
      return crls && encodeSequence(...crls)
    default:
      return others?.get(oid)
  }
}

const rootUpdateValue = ({ newWithNew, newWithOld, oldWithNew }: NonNullable<GeneralAnswers['rootUpdate']>): Der =>
  encodeSequence(
    newWithNew,
    ...(newWithOld === undefined ? [] : [explicit(0, newWithOld)]),
    ...(oldWithNew === undefined ? [] : [explicit(1, oldWithNew)]),
  )

/** CertReqTemplateValue (RFC 9480 section 2.16): the template, and RSA key lengths or curves that are taken. */
export function requestTemplate(parts: {
  /** CertTemplate's fields, encoded. */
  readonly fields: readonly Der[]
  /** AttributeTypeAndValue, encoded. */
  readonly keySpec?: readonly Der[]
}): Der {
  const { fields, keySpec = [] } = parts
  return encodeSequence(encodeSequence(...fields), ...(keySpec.length === 0 ? [] : [encodeSequence(...keySpec)]))
}

/** A key of RSA with so many bits, as keySpec has it. */
export const rsaKeySpec = (bits: Der): Der => encodeSequence(encodeOid('1.3.6.1.5.5.7.5.1.12'), bits)
