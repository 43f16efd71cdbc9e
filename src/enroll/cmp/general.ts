/** Questions to the CA by general message (RFC 9810 section 5.3.19, RFC 9483 section 4.3). */
import { certificateFacts } from '../../pki/certificate.ts'
import { assembleChain } from '../../pki/chain.ts'
import { encodeElement, encodeSequence } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { childrenOf, Malformed, onlyChild, reading, readOid } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { IssuerDetails } from '../enroller.ts'
import { certificatesOf } from './certrep.ts'
import { encodeInfo, infosOf } from './header.ts'
import { integerOf } from './values.ts'

/** @param value - DER, for questions that have one */
export const encodeQuestion = (type: string, value?: Uint8Array): Der =>
  encodeSequence(encodeInfo({ type, ...(value === undefined ? {} : { value }) }))

/**
 * @param content - GenRepContent
 * @returns the value of the type that was asked for; undefined where the CA left it out, or answered something else
 */
export const answerOf = (content: DerElement, type: string): Result<DerElement | undefined, string> =>
  reading(() => ok(infosOf(content).get(type)))

/** @returns the certificates of a CACertsValue; those that cannot be read are left out */
export function readCaCerts(value: DerElement | undefined): readonly Der[] {
  if (value === undefined) return []
  const certificates = reading(() => ok(certificatesOf(value)))
  return certificates.ok ? certificates.value.filter((der) => certificateFacts(der).ok) : []
}

/**
 * RootCaKeyUpdateValue (RFC 9810 section 5.3.19.15): the root that the CA changes to, with a certificate that the old one signed.
 *
 * @param oldRoot - a root that is trusted
 * @returns the new root, once the old one vouches for its key; undefined where there is none
 */
export function readRootUpdate(value: DerElement | undefined, oldRoot: Der): Result<Der | undefined, string> {
  if (value === undefined || value.content.length === 0) return ok(undefined)
  return reading(() => {
    const [newWithNew, ...links] = childrenOf(value, 'root update')
    const newWithOld = links.find(({ tag }) => tag === 0xa0)
    if (newWithNew === undefined) throw new Malformed('its root update holds no root')
    const facts = certificateFacts(newWithNew.encoded)
    const link = newWithOld && onlyChild(newWithOld.content, 'root update').encoded
    if (!facts.ok || link === undefined) return err('the new root comes without a certificate by the old one')
    const path = assembleChain({ certificates: [link], publicKeyHash: facts.value.publicKeyHash, roots: [oldRoot] })
    return path.ok && path.value.root !== undefined
      ? ok(newWithNew.encoded)
      : err('the old root does not vouch for the new one')
  })
}

const rsaKeyLength = '1.3.6.1.5.5.7.5.1.12'
const keyAlgorithm = '1.3.6.1.5.5.7.5.1.11'

const curves: Readonly<Record<string, string>> = {
  '1.2.840.10045.3.1.7': 'ECDSA 256',
  '1.3.132.0.34': 'ECDSA 384',
  '1.3.132.0.35': 'ECDSA 521',
}

/** CertReqTemplateValue (section 5.3.19.16): what keys the CA takes, in words. What cannot be read is left out. */
export function readTemplate(value: DerElement | undefined): IssuerDetails {
  if (value === undefined) return {}
  const keys = reading(() => {
    const [, keySpec] = childrenOf(value, 'request template')
    const controls = keySpec === undefined ? [] : childrenOf(keySpec, 'request template')
    return ok(controls.flatMap((control) => keyWords(childrenOf(control, 'request template'))))
  })
  return keys.ok && keys.value.length > 0 ? { acceptedKeys: keys.value.slice(0, 10) } : {}
}

function keyWords([type, value]: readonly DerElement[]): readonly string[] {
  const oid = readOid(type, 'request template')
  if (value === undefined) return []
  if (oid === rsaKeyLength) return [`RSA ${integerOf(value, 'length of a key')}`]
  if (oid !== keyAlgorithm) return []
  const [algorithm, parameters] = childrenOf(value, 'request template')
  const name = readOid(algorithm, 'request template')
  if (name !== '1.2.840.10045.2.1' || parameters?.tag !== 0x06) return [name === '1.3.101.112' ? 'Ed25519' : name]
  const curve = readOid(parameters, 'request template')
  return [curves[curve] ?? curve]
}

/** @returns how many revocation lists came; each is shown by nobody yet, and its presence is a capability */
export function countCrls(value: DerElement | undefined): number {
  const lists = reading(() => ok(value === undefined ? [] : childrenOf(value, 'revocation lists')))
  return lists.ok ? lists.value.length : 0
}

/** The value of a question for revocation lists: those of the CA named (RFC 9483 section 4.3.4). @param issuer - Name, DER */
export const crlQuestion = (issuer: Uint8Array): Der =>
  encodeSequence(encodeSequence(encodeElement(0xa1, encodeSequence(encodeElement(0xa4, issuer)))))
