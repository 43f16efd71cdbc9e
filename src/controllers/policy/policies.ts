import { parsePolicy } from '../../api/policy.ts'
import type { CertificatePolicy } from '../../api/policy.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { Labels, Policy } from '../../domain/policy/select.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** A CertificatePolicy as the cache keeps it: read once, for it is held against every Certificate. */
export interface PolicyProjection {
  readonly resourceVersion: string
  readonly object: CertificatePolicy
  /** The policy, or a sentence that says what is wrong with it. */
  readonly policy: Result<Policy, string>
}

/** Drops managed fields and kubectl's copy of the last manifest. */
export function projectPolicy(object: CertificatePolicy): PolicyProjection {
  const { managedFields: _fields, annotations: _annotations, ...metadata } = object.metadata
  const parsed = parsePolicy(object)
  const version = `${metadata.uid ?? ''}/${metadata.generation ?? 0}`
  return {
    resourceVersion: metadata.resourceVersion ?? '',
    object: { ...object, metadata },
    policy: parsed.ok ? ok({ name: metadata.name, spec: parsed.value.spec, version }) : err(parsed.error),
  }
}

/** Of a namespace nothing matters but its labels. */
export interface NamespaceProjection {
  readonly resourceVersion: string
  readonly labels: Labels
}

export const projectNamespace = ({ metadata }: KubeObject): NamespaceProjection => ({
  resourceVersion: metadata.resourceVersion ?? '',
  labels: metadata.labels ?? {},
})
