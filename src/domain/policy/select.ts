/** Which policies are for which Certificate. */
import type { IssuerRef } from '../../api/meta.ts'
import type { PolicyMode, PolicySpec } from '../../api/policy.ts'
import { fitsText } from './match.ts'

/** A policy, free of Kubernetes. */
export interface Policy {
  readonly name: string
  readonly spec: PolicySpec
  /** Changes when the spec does. Absent where nothing is remembered from one verdict to the next. */
  readonly version?: string
}

export type Labels = Readonly<Record<string, string>>

/** What a Certificate is selected by. */
export interface Applicant {
  readonly namespaceLabels: Labels
  readonly labels: Labels
  /** The issuer it names, and those to fall back to. */
  readonly issuers: readonly Pick<IssuerRef, 'kind' | 'name'>[]
}

type LabelSelector = NonNullable<NonNullable<PolicySpec['selector']>['namespaces']>
type Expression = NonNullable<LabelSelector['matchExpressions']>[number]
type IssuerPattern = NonNullable<NonNullable<PolicySpec['selector']>['issuerRefs']>[number]

export const modeOf = ({ spec }: Policy): PolicyMode => spec.mode ?? 'Enforce'

/** @returns the policies that are for the Certificate, by name, so that every replica sees them in one order */
export const selecting = (policies: readonly Policy[], applicant: Applicant): readonly Policy[] =>
  policies
    .filter((policy) => selects(policy, applicant))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

export function selects({ spec }: Policy, { namespaceLabels, labels, issuers }: Applicant): boolean {
  const { namespaces = {}, certificates = {}, issuerRefs } = spec.selector ?? {}
  if (!fitsLabels(namespaces, namespaceLabels) || !fitsLabels(certificates, labels)) return false
  if (issuerRefs === undefined) return true
  return issuerRefs.some((pattern) => issuers.some((issuer) => fitsIssuer(pattern, issuer)))
}

/** @returns the pattern as people say it */
export const issuerText = ({ kind, name }: IssuerPattern): string => (kind === undefined ? name : `${kind} ${name}`)

/** @param issuer - may be a pattern itself: it fits where all that it stands for does */
export const fitsIssuer = (
  pattern: IssuerPattern,
  { kind, name }: Partial<Pick<IssuerRef, 'kind'>> & Pick<IssuerRef, 'name'>,
): boolean => (pattern.kind === undefined || pattern.kind === kind) && fitsText(pattern.name, name)

function fitsLabels({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => valueOf(labels, key) === value) &&
    matchExpressions.every((expression) => fitsExpression(expression, labels))
  )
}

/** As Kubernetes reads it: NotIn holds where there is no such label. */
function fitsExpression({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = valueOf(labels, key)
  switch (operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
  }
}

export const valueOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined
