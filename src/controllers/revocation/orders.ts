/**
 * Orders to revoke that follow from a Certificate's `revocationPolicy`. They are written down before what they speak of is
 * lost (overwritten, or deleted), under a name made of the serial number: writing one twice makes one.
 */
import type { Certificate } from '../../api/certificate.ts'
import { apiVersion } from '../../api/meta.ts'
import type { IssuerRef } from '../../api/meta.ts'
import { revocationKind } from '../../api/revocation.ts'
import type { CertificateRevocation, RevocationSpec, RevocationTarget } from '../../api/revocation.ts'
import { KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { plus, seconds, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Clock } from '../../std/clock.ts'

/** How long an order that nobody wrote by hand is kept once it is done. */
const ttlAfterRevoked = '168h'

export interface OrderParts {
  readonly resource: Resource<CertificateRevocation>
  readonly clock: Clock
}

export class RevocationOrders {
  readonly #parts: OrderParts

  constructor(parts: OrderParts) {
    this.#parts = parts
  }

  /** Orders what `onSupersede` asks for: once the successor is in place, and the delay is over. */
  async superseded(certificate: Certificate, target: RevocationTarget, signal: AbortSignal): Promise<void> {
    const after = certificate.spec.revocationPolicy?.onSupersede?.after
    const delay = after === undefined ? undefined : parseGoDuration(after)
    if (delay?.ok !== true) return
    const due = plus(this.#parts.clock.now(), delay.value)
    await this.#order(certificate, { target, reason: 'superseded', due }, signal)
  }

  /** Orders what `onDelete` asks for, at once. */
  async deleted(certificate: Certificate, target: RevocationTarget, signal: AbortSignal): Promise<void> {
    const due = plus(this.#parts.clock.now(), seconds(0))
    await this.#order(certificate, { target, reason: 'cessationOfOperation', due }, signal)
  }

  async #order(
    certificate: Certificate,
    { target, reason, due }: { target: RevocationTarget; reason: RevocationSpec['reason']; due: Instant },
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace = '', name } = certificate.metadata
    const ref = { namespace, name: orderName(name, target) }
    const issuerRef = revokerOf(certificate, target)
    const spec: RevocationSpec = {
      certificate: target.certificate,
      issuerRef,
      ...(reason === undefined ? {} : { reason }),
      ...(reason === 'superseded' ? { inUse: 'Wait' as const } : {}),
      notBefore: toRfc3339(due),
      ttlAfterRevoked,
    }
    const kind = { apiVersion, kind: revocationKind.kind }
    try {
      await this.#parts.resource.create({ ...kind, metadata: ref, spec }, signal)
    } catch (error) {
      if (!(error instanceof KubeError) || error.reason !== 'alreadyExists') throw error
    }
    // What only we can say of it: that its key was there (see RevocationTarget.proven).
    await this.#parts.resource.applyStatus({ ...kind, metadata: ref, status: { target } }, signal)
  }
}

/** What a fall-back issued is of another CA: whoever revokes for the first issuer does not know it. */
function revokerOf({ spec }: Certificate, { issuerRef: issuedBy = spec.issuerRef }: RevocationTarget): IssuerRef {
  const { issuerRef: revoker } = spec.revocationPolicy ?? {}
  const isOfFirst = issuedBy.kind === spec.issuerRef.kind && issuedBy.name === spec.issuerRef.name
  return revoker !== undefined && isOfFirst ? revoker : issuedBy
}

/** The name of the order about a certificate that a Certificate's policy asks to revoke. */
export function orderName(certificateName: string, { serialNumber, sha256Fingerprint }: RevocationTarget): string {
  return `${orderNameStart(certificateName, serialNumber)}${sha256Fingerprint.slice(0, 8)}`
}

/** How the name of an order begins, whatever the fingerprint. @param serialNumber - hex, as a status has it */
export function orderNameStart(certificateName: string, serialNumber: string): string {
  const serial = serialNumber
    .toLowerCase()
    .replace(/[^0-9a-f]/g, '')
    .slice(-16)
  return `${certificateName.slice(0, 200)}-${serial}-`
}
