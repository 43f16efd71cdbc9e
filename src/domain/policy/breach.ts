import type { PolicyMode } from '../../api/policy.ts'

/** A rule that is not kept. */
export interface Failure {
  /** Path below the policy's spec, for example `rules.names.dns.allow`. */
  readonly rule: string
  /** What is wrong and what is allowed, as a clause without a full stop. */
  readonly message: string
}

/** A rule of a policy that a Certificate does not keep. */
export interface Breach extends Failure {
  readonly policy: string
  readonly mode: PolicyMode
  /** Whether what is asked for breaks it, or only the certificate that came. */
  readonly about: 'Request' | 'Certificate'
}

const mostShown = 4
const longestValue = 100

/** @returns values as people list them, clipped: they end up in a status */
export function listed(values: readonly string[]): string {
  const shown = values.slice(0, mostShown).map((value) => value.slice(0, longestValue))
  const more = values.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** @returns what is allowed, as the end of a sentence */
export const allowedText = (values: readonly string[]): string =>
  values.length === 0 ? 'none is allowed' : `allowed ${values.length === 1 ? 'is' : 'are'} ${listed(values)}`

/** @returns the failure, for use in lists that are spread */
export const failures = (broken: boolean, failure: () => Failure): readonly Failure[] => (broken ? [failure()] : [])
