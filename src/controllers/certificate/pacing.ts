/** What bears on when a Certificate is renewed, beside its own dates: windows and budgets, its own or those of its issuer. */
import type { CertificateSpec } from '../../api/certificate.ts'
import type { IssuerSpec } from '../../api/issuer.ts'
import { sayRef } from '../../domain/fallback.ts'
import type { PacingView } from '../../domain/snapshot.ts'
import { readWindows } from '../../domain/windows.ts'
import type { Instant } from '../../std/time.ts'
import { issuerKeyOf } from '../issuer/live.ts'
import type { IssuerKey } from '../issuer/live.ts'
import type { Budgets } from './budgets.ts'

export type PacingReader = (spec: CertificateSpec, namespace: string, now: Instant) => PacingView

/** Issuers are read as they are in the cache, ready or not: a renewal must not move because a CA is away. */
export function pacingReader(
  budgets: Pick<Budgets, 'pressedUntil'>,
  specOf: (issuer: IssuerKey) => IssuerSpec | undefined,
): PacingReader {
  return ({ issuerRef, renewalWindows: own }, namespace, now) => {
    const issuer = issuerKeyOf(issuerRef, namespace)
    const windows =
      own === undefined
        ? readWindows(`${sayRef(issuerRef)}, spec.renewalWindows`, specOf(issuer)?.renewalWindows ?? [])
        : readWindows('spec.renewalWindows', own)
    return { windows, pressedUntil: budgets.pressedUntil(issuer, now) }
  }
}
