import { certificateKind } from './certificate.ts'
import { clusterIssuerKind, issuerKind } from './issuer.ts'
import type { Kind } from './kind.ts'
import { policyKind } from './policy.ts'
import { revocationKind } from './revocation.ts'

/** Every kind of ours: one CustomResourceDefinition each. */
export const kinds: readonly Kind[] = [certificateKind, issuerKind, clusterIssuerKind, policyKind, revocationKind]
