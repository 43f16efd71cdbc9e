/** Checks one reply as RFC 9483 section 3.5 says, over the octets that came. Pure but for the clock and what is remembered. */
import { identifierOf } from '../../pki/cms/identifier.ts'
import { readElements } from '../../pki/der.ts'
import { reading } from '../../pki/readder.ts'
import { readName } from '../../pki/readnames.ts'
import type { Der } from '../../std/bytes.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { between, hours } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { readCertRep, readRevocation } from './certrep.ts'
import type { Reply } from './client.ts'
import type { Checked, Conversation, Sent } from './exchange.ts'
import { isMac, macOf, sameOctets } from './mac.ts'
import type { Received } from './message.ts'
import { readError, statusWords } from './status.ts'
import { anchorsOf, signerOfReply } from './trust.ts'
import type { Defective } from './trust.ts'

const defective = (defect: Defective['defect'], why: string): { readonly ok: false; readonly error: Defective } =>
  err({ defect, why })

export function checkReply(conversation: Conversation, sent: Sent, reply: Reply): Result<Checked, Defective> {
  const { message } = reply
  const { header } = message
  // Those who could not read the request have nothing to echo (openssl/openssl#29043).
  const mayLackEcho = message.name === 'error'
  if (header.pvno < 2 || header.pvno > 3)
    return defective('version', `the reply is of version ${header.pvno} of CMP, and 2 and 3 are spoken here`)
  if (!echoes(header.transactionID, [conversation.transactionID], mayLackEcho))
    return defective('transaction', 'the reply belongs to another transaction')
  if (!echoes(header.recipNonce, sent.nonces, mayLackEcho))
    return defective('nonce', 'the reply does not hold the nonce of the request: it may be an old one, played again')
  const protection = checkProtection(conversation, message)
  if (!protection.ok) return protection
  const skew = skewOf(conversation, header.messageTime)
  if (skew !== undefined) return defective('time', skew)
  return ok({ ...reply, protection: protection.value })
}

const echoes = (echo: Uint8Array | undefined, expected: readonly Uint8Array[], mayLack: boolean): boolean =>
  echo === undefined ? mayLack : expected.some((one) => sameOctets(one, echo))

function checkProtection(conversation: Conversation, message: Received): Result<Checked['protection'], Defective> {
  const { protectionAlg } = message.header
  if (message.protection === undefined || protectionAlg === undefined) return checkUnprotected(conversation, message)
  const checked = reading(() =>
    ok(isMac(protectionAlg) ? checkMac(conversation, message) : checkSignature(conversation, message)),
  )
  return checked.ok
    ? checked.value
    : defective('unreadable', `the protection of the reply cannot be checked: ${checked.error}`)
}

/** RFC 9483 section 2.6: only what brings nothing may come unprotected, and only where the spec lets it. */
function checkUnprotected({ spec }: Conversation, message: Received): Result<Checked['protection'], Defective> {
  const { name, content } = message
  if (spec.unprotectedErrors === 'Accept' && bringsNothing(message)) return ok('none')
  if (name !== 'error')
    return defective('unprotected', `the reply (${name}) is not protected: anybody could have made it`)
  const words = reading(() => ok(statusWords(readError(content))))
  return defective(
    'unprotectedError',
    `the CA, or somebody on the way, answered with an error that is not protected (${words.ok ? words.value : 'unreadable'}); check spec.cmp.sharedSecret or spec.cmp.clientCertificateSecretRef, or set spec.cmp.unprotectedErrors to Accept to let such errors count`,
  )
}

function bringsNothing({ name, content }: Received): boolean {
  switch (name) {
    case 'error':
    case 'pkiconf':
      return true
    case 'ip':
    case 'cp':
    case 'kup': {
      const rep = reading(() => ok(readCertRep(content)))
      return rep.ok && rep.value.responses.every(({ status }) => status.status === 'rejection')
    }
    case 'rp': {
      const status = reading(() => ok(readRevocation(content)))
      return status.ok && status.value.status === 'rejection'
    }
    default:
      return false
  }
}

function checkMac({ protector }: Conversation, message: Received): Result<Checked['protection'], Defective> {
  const { protectionAlg } = message.header
  if (protector.kind !== 'secret' || protectionAlg === undefined)
    return defective('mac', 'the reply is protected by a secret, and the request was signed')
  const mac = macOf(protectionAlg, protector.shared.secret)
  return sameOctets(mac.compute(message.protectedPart), message.protection ?? new Uint8Array())
    ? ok('secret')
    : defective(
        'mac',
        'the reply is not protected by the secret of spec.cmp.sharedSecret: the CA has another one, or it is not the CA',
      )
}

function checkSignature(conversation: Conversation, message: Received): Result<Checked['protection'], Defective> {
  const { protectionAlg } = message.header
  if (protectionAlg === undefined) return defective('unreadable', 'the reply has no algorithm for its protection')
  const { spec, ctx, acquaintances } = conversation
  const trusted = {
    anchors: anchorsOf(conversation, message.extraCerts),
    signerFingerprint: spec.signerFingerprint,
    seen: acquaintances.all,
  }
  const signer = signerOfReply(message, protectionAlg, { trusted, now: ctx.now() })
  if (!signer.ok) return signer
  const { sender } = message.header
  if (sender !== undefined && !isNamed(sender, identifierOf(signer.value.der).subject))
    return defective('sender', 'the reply names another sender than the one that signed it')
  acquaintances.meet([signer.value.der, ...message.extraCerts])
  return ok('signature')
}

/** Some reverse the order of a name, or write its strings in another type (Keyfactor/ejbca-ce#445). The NULL-DN names nobody. */
function isNamed(sender: Der, subject: Der): boolean {
  const [a, b] = [attributesOf(sender), attributesOf(subject)]
  return a.length === 0 || (a.length === b.length && a.every((one, at) => one === b[at]))
}

function attributesOf(name: Der): readonly string[] {
  const elements = readElements(name)
  const read = reading(() => ok(readName(elements.ok ? elements.value[0] : undefined, 'sender')))
  if (!read.ok) return ['unreadable']
  return read.value
    .flat()
    .map(({ oid, value }) => `${oid}=${value.toLowerCase()}`)
    .sort()
}

function skewOf({ spec, ctx }: Conversation, messageTime: Instant | undefined): string | undefined {
  if (messageTime === undefined) return undefined
  const set = spec.messageTimeTolerance === undefined ? undefined : parseGoDuration(spec.messageTimeTolerance)
  const tolerance = set?.ok === true ? set.value : hours(1)
  const skew = Math.abs(between(messageTime, ctx.now()))
  if (skew <= tolerance) return undefined
  return `the clock of the CA is ${Math.round(skew / 1000)} s away from ours; check both clocks, or raise spec.cmp.messageTimeTolerance`
}
