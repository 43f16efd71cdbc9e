/** Which policies are for a Certificate, read from the caches. */
import type { Certificate } from '../../api/certificate.ts'
import { selecting } from '../../domain/policy/select.ts'
import type { Applicant, Policy } from '../../domain/policy/select.ts'
import type { Store } from '../../kube/store.ts'
import type { NamespaceProjection, PolicyProjection } from './policies.ts'

export interface PolicyStores {
  readonly policies: Store<PolicyProjection>
  readonly namespaces: Store<NamespaceProjection>
}

export class CachedPolicies {
  readonly #stores: PolicyStores

  constructor(stores: PolicyStores) {
    this.#stores = stores
  }

  /**
   * @returns the policies that select the Certificate, in order; undefined while its namespace has not been seen: a policy
   *   may look at its labels, and nothing is to begin before it has
   */
  policiesFor(
    certificate: Certificate,
  ): { readonly applicant: Applicant; readonly policies: readonly Policy[] } | undefined {
    const all = this.understood()
    if (all.length === 0) return { applicant: applicantOf(certificate, {}), policies: [] }
    const applicant = this.applicantOf(certificate)
    return applicant === undefined ? undefined : { applicant, policies: selecting(all, applicant) }
  }

  /** @returns undefined while the namespace has not been seen */
  applicantOf(certificate: Certificate): Applicant | undefined {
    const labels = this.#stores.namespaces.get(certificate.metadata.namespace ?? '')?.labels
    return labels === undefined ? undefined : applicantOf(certificate, labels)
  }

  /** Every policy that can be applied. */
  understood(): readonly Policy[] {
    return [...this.#stores.policies.values()].flatMap(({ policy }) => (policy.ok ? [policy.value] : []))
  }
}

/** @param certificate - as the API server sent it; what cannot be understood names no issuer */
function applicantOf({ metadata, spec }: Certificate, namespaceLabels: Applicant['namespaceLabels']): Applicant {
  const refs = [spec.issuerRef ?? noIssuer, ...(spec.fallbackIssuerRefs ?? [])]
  return {
    namespaceLabels,
    labels: metadata.labels ?? {},
    issuers: refs.map(({ kind, name }) => ({ kind, name })),
  }
}

const noIssuer = { kind: 'Issuer', name: '' } as const
