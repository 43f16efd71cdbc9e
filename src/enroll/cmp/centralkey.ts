/** Keys that the CA makes (RFC 9483 section 4.1.6): EnvelopedData around SignedData around an AsymmetricKeyPackage. */
import { certificateFacts } from '../../pki/certificate.ts'
import { oids } from '../../pki/cms/algorithms.ts'
import { readAsymmetricKeyPackage } from '../../pki/cms/asymkey.ts'
import { openEnvelopedData } from '../../pki/cms/envelopeddata.ts'
import type { Opener } from '../../pki/cms/envelopeddata.ts'
import { readSignedData, verifySigner } from '../../pki/cms/signeddata.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { berToDer } from '../../pki/cms/ber.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { openEncryptedValue } from './encryptedvalue.ts'
import type { Conversation } from './exchange.ts'
import { isTrustedSigner } from './trust.ts'
import type { Defective } from './trust.ts'

const unreadable = (why: string): { readonly ok: false; readonly error: Defective } =>
  err({ defect: 'keyUnreadable', why: `the key that the CA made cannot be read: ${why}` })

/** @param encryptedKey - EncryptedKey (RFC 4211 section 2.1, RFC 9810 section 5.2.2) */
export function openCentralKey(conversation: Conversation, encryptedKey: DerElement): Result<PrivateKey, Defective> {
  if (encryptedKey.tag === tags.sequence) return openLegacy(conversation, encryptedKey)
  const envelope = encodeSequence(encryptedKey.content)
  const wrapped = encodeSequence(encodeOid(oids.envelopedData), encodeElement(0xa0, envelope))
  const opened = openEnvelopedData(wrapped, openerOf(conversation))
  if (!opened.ok) return unreadable(opened.error)
  const inner = berToDer(opened.value.content)
  if (!inner.ok) return unreadable(inner.error)
  const content = signedContent(conversation, inner.value)
  if (!content.ok) return content
  const key = readAsymmetricKeyPackage(content.value)
  return key.ok ? key : unreadable(key.error)
}

function openLegacy({ protector }: Conversation, value: DerElement): Result<PrivateKey, Defective> {
  if (protector.kind === 'secret')
    return unreadable('it comes as EncryptedValue, which no shared secret opens; the CA must send EnvelopedData')
  const key = openEncryptedValue(value, protector.signer.identity.key)
  return key.ok ? key : unreadable(key.error)
}

function openerOf({ protector }: Conversation): Opener {
  if (protector.kind === 'secret') return { kind: 'password', password: protector.shared.secret }
  const { identity, certificate } = protector.signer
  return { kind: 'key', key: identity.key, certificate }
}

/** The signature says who made the key; under a shared secret it may be the CA of the reply itself, whom nothing else vouches for. */
function signedContent(conversation: Conversation, inner: Der): Result<Uint8Array, Defective> {
  const bare = readSignedData(wrapSigned(inner))
  if (!bare.ok) return unreadable(bare.error)
  const signed = bare.value
  const [signer] = signed.signers
  if (signer === undefined || signed.content === undefined) return unreadable('nobody signed it')
  const certificate = signed.certificates.find((one) => signer.identifies(one))
  if (certificate === undefined) return unreadable('the certificate of whoever signed it is missing')
  const holds = verifySigner({ signed, signer, certificate })
  if (!holds.ok)
    return err({ defect: 'keyMaker', why: `the key that the CA made is not properly signed: ${holds.error}` })
  if (!mayMakeKeys(conversation, certificate, signed.certificates))
    return err({
      defect: 'keyMaker',
      why: 'the key is signed by somebody whom the CA gave no authority to make keys (id-kp-cmKGA)',
    })
  return ok(signed.content)
}

/** RFC 9483 lets the SignedData stand without its ContentInfo. */
function wrapSigned(inner: Der): Der {
  const isContentInfo = readSignedData(inner).ok
  return isContentInfo ? inner : encodeSequence(encodeOid(oids.signedData), encodeElement(0xa0, inner))
}

/** id-kp-cmKGA (RFC 9480 section 2.2). */
const keyMaker = '1.3.6.1.5.5.7.3.32'

function mayMakeKeys(conversation: Conversation, certificate: Der, offered: readonly Der[]): boolean {
  const facts = certificateFacts(certificate)
  if (!facts.ok || !(facts.value.isCA || facts.value.usages.includes(keyMaker))) return false
  const { anchors, protector } = conversation
  return (anchors.length === 0 && protector.kind === 'secret') || isTrustedSigner(conversation, certificate, offered)
}
