/**
 * Certificates signed with their own key: the start of a private PKI, or a placeholder until a real certificate arrives.
 * notBefore is the present second, as for the `ca` protocol.
 */
import type { SelfSignedSpec } from '../../api/issuer/selfsigned.ts'
import { issueCertificate } from '../../pki/issue.ts'
import { selfSigner } from '../../pki/signer.ts'
import { instant, plus } from '../../std/time.ts'
import type { Ctx, Enroller, Order, Outcome, ProtocolFactory, Readiness, Traits } from '../enroller.ts'

const traits: Traits = {
  inProcess: true,
  renewsWithCurrent: false,
  revokes: false,
  serverKeys: false,
  lifetime: 'honoured',
}

export const selfSigned: ProtocolFactory<SelfSignedSpec> = {
  protocol: 'selfSigned',
  needs: () => [],
  create: createSelfSigned,
}

function createSelfSigned(spec: SelfSignedSpec): Enroller {
  const ready: Readiness = { kind: 'ready', message: 'Signing each certificate with its own key' }
  const enroll = (order: Order, ctx: Ctx): Promise<Outcome> => signItself(spec, order, ctx)
  return {
    protocol: 'selfSigned',
    traits,
    prepare: () => Promise.resolve(ready),
    enroll,
    renew: (order, _current, ctx) => enroll(order, ctx),
    poll: (_ticket, order, ctx) => enroll(order, ctx),
  }
}

async function signItself(spec: SelfSignedSpec, { wanted, key }: Order, ctx: Ctx): Promise<Outcome> {
  ctx.signal.throwIfAborted()
  const notBefore = instant(Math.floor(ctx.now() / 1000) * 1000)
  const certificate = await issueCertificate({
    wanted,
    publicKey: key.publicKey,
    signer: selfSigner({ wanted, key, crlDistributionPoints: spec.crlDistributionPoints ?? [] }),
    notBefore,
    notAfter: plus(notBefore, wanted.lifetime),
  })
  return {
    kind: 'issued',
    chain: [certificate],
    roots: [certificate],
    ...(wanted.subject.length === 0 ? { warning: emptyIssuer } : {}),
  }
}

/** RFC 5280 section 4.1.2.4: the issuer field must not be empty, and strict verifiers look. */
const emptyIssuer =
  'the certificate has no subject and so no issuer name, which strict verifiers refuse; set spec.commonName or spec.subject'
