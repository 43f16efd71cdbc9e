/**
 * What a Gateway or a set of listeners is told of its certificates in its own status. An Ingress has no conditions: it has Events,
 * which are told again before they are forgotten. Pure.
 */
import type { Claimant, Complaint, Said } from './claimant.ts'
import type { Wanted } from './wanted.ts'

/** The type of our condition, beside those of whoever serves the object. */
export const conditionType = 'perennial.dev/Accepted'

/** More would bury each other; the rest is told when these are mended. */
export const mostTold = 20
const mostNamed = 10
const longestMessage = 8192

/** Told on the way: it stops nothing. */
const harmless = 'UnknownAnnotation'

export const stopsSomething = ({ reason }: Complaint): boolean => reason !== harmless

export type ToldStanding = Pick<Said, 'status' | 'reason' | 'message'>

/** @returns undefined for whoever asks for no certificate */
export function standingFor({ certificates }: Wanted, complaints: readonly Complaint[]): ToldStanding | undefined {
  const words = complaints.slice(0, mostTold).map(({ message }) => message)
  const [first] = complaints.filter(stopsSomething)
  if (first !== undefined)
    return { status: 'False', reason: first.reason, message: words.join(' ').slice(0, longestMessage) }
  if (certificates.length === 0) return undefined
  const names = certificates.slice(0, mostNamed).map(({ name }) => name)
  const rest = certificates.length - names.length
  const kept = `Kept as it is asked for: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`
  return { status: 'True', reason: 'CertificatesKept', message: [kept, ...words].join(' ').slice(0, longestMessage) }
}

/** Whether the status of the claimant says something else than it should. */
export function isUntold({ standing }: Claimant, verdict: ToldStanding | undefined): boolean {
  if (standing === undefined) return false
  const { said, generation } = standing
  if (verdict === undefined || said === undefined) return verdict !== said
  return (
    said.status !== verdict.status ||
    said.reason !== verdict.reason ||
    said.message !== verdict.message ||
    said.observedGeneration !== generation
  )
}
