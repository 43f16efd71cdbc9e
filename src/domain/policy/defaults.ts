/** What policies say where a Certificate is silent. */
import type { CertificateSpec } from '../../api/certificate.ts'
import type { PolicyDefaults } from '../../api/policy.ts'
import { modeOf } from './select.ts'
import type { Policy } from './select.ts'

/**
 * @param spec - what the person wrote
 * @param policies - those that select the Certificate, in order; the first that speaks of a field decides
 * @returns the same object where no policy in Enforce fills anything in
 */
export function withDefaults(spec: CertificateSpec, policies: readonly Policy[]): CertificateSpec {
  return policies.reduce((filled, policy) => {
    const { defaults } = policy.spec
    return defaults === undefined || modeOf(policy) === 'Audit' ? filled : filledFrom(filled, defaults)
  }, spec)
}

function filledFrom(spec: CertificateSpec, defaults: PolicyDefaults): CertificateSpec {
  const missing: Partial<CertificateSpec> = {
    ...(spec.duration === undefined ? pick(defaults, 'duration') : {}),
    ...(spec.usages === undefined || spec.usages.length === 0 ? pick(defaults, 'usages') : {}),
    ...renewalFor(spec, defaults),
    ...keyFor(spec, defaults),
    ...subjectFor(spec, defaults),
  }
  return Object.keys(missing).length === 0 ? spec : { ...spec, ...missing }
}

function pick<K extends keyof PolicyDefaults>(from: PolicyDefaults, key: K): Pick<PolicyDefaults, K> | object {
  return from[key] === undefined ? {} : { [key]: from[key] }
}

/** Two ways to say one thing: a Certificate that says it in one way is not given the other. */
function renewalFor(spec: CertificateSpec, defaults: PolicyDefaults): Partial<CertificateSpec> {
  if (spec.renewBefore !== undefined || spec.renewBeforePercentage !== undefined) return {}
  return { ...pick(defaults, 'renewBefore'), ...pick(defaults, 'renewBeforePercentage') }
}

/**
 * Kind and size go together, and a Certificate that says something of either keeps what it means without a policy: a size
 * alone, or an algorithm for its signature, means RSA.
 */
function keyFor(spec: CertificateSpec, { privateKey: said }: PolicyDefaults): Partial<CertificateSpec> {
  if (said === undefined) return {}
  const own = spec.privateKey ?? {}
  const isSilent = own.algorithm === undefined && own.size === undefined && spec.signatureAlgorithm === undefined
  const kind = isSilent && said.algorithm !== undefined ? { algorithm: said.algorithm } : {}
  const isSame = own.size === undefined && said.algorithm !== undefined && own.algorithm === said.algorithm
  const size = (isSilent || isSame) && said.size !== undefined ? { size: said.size } : {}
  const rotation =
    own.rotationPolicy === undefined && said.rotationPolicy !== undefined ? { rotationPolicy: said.rotationPolicy } : {}
  const missing = { ...kind, ...size, ...rotation }
  return Object.keys(missing).length === 0 ? {} : { privateKey: { ...own, ...missing } }
}

function subjectFor(spec: CertificateSpec, { subject: said }: PolicyDefaults): Partial<CertificateSpec> {
  if (said === undefined || spec.literalSubject !== undefined) return {}
  const own = spec.subject ?? {}
  const missing = Object.entries(said).filter(([attribute]) => !Object.hasOwn(own, attribute))
  return missing.length === 0 ? {} : { subject: { ...own, ...Object.fromEntries(missing) } }
}

/**
 * Whether the kind of the key is left to others, so that a change of mind of theirs makes no key unfit: it holds with the
 * next renewal.
 */
export function leavesKeyOpen({ privateKey: { algorithm, size } = {}, signatureAlgorithm }: CertificateSpec): boolean {
  if (algorithm === undefined) return size === undefined && signatureAlgorithm === undefined
  return algorithm !== 'Ed25519' && size === undefined
}
