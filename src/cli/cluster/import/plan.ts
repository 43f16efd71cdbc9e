/** What an import would do, step by step, and what it cannot do. Pure: carrying it out is another file's affair. */
import type { Certificate } from '../../../api/certificate.ts'
import type { Issuer } from '../../../api/issuer.ts'
import { controllerOf } from '../../../api/meta.ts'
import type { KubeObject } from '../../../api/meta.ts'
import type { CredentialNeed } from '../../../enroll/enroller.ts'
import type { Result } from '../../../std/result.ts'
import type { Instant } from '../../../std/time.ts'
import { adoption } from './adopt.ts'
import type { Adopted, Adoption } from './adopt.ts'
import { convertCertificate, convertIssuer, originAnnotation } from './convert.ts'
import type { Converted } from './convert.ts'
import { ourKey, secretKey } from './foreign.ts'
import type { Findings, ForeignCertificate } from './foreign.ts'

export type Step =
  /** A Secret of a ClusterIssuer, brought to where Secrets of ClusterIssuers lie here. */
  | { readonly kind: 'copySecret'; readonly name: string; readonly from: string; readonly to: string }
  | { readonly kind: 'create'; readonly object: Issuer | Certificate }
  | Adoption
  /** An Ingress or Gateway gets our annotations beside those of cert-manager. */
  | { readonly kind: 'annotate'; readonly object: KubeObject; readonly annotations: Readonly<Record<string, string>> }

/** Something for a person to know or to do. */
export interface Remark {
  /** `kept back`: it is not imported. `note`: it is, but. */
  readonly kind: 'kept back' | 'note'
  readonly what: string
  readonly text: string
}

export interface Plan {
  readonly steps: readonly Step[]
  readonly remarks: readonly Remark[]
}

export interface PlanOptions {
  /** Where Secrets of ClusterIssuers lie for cert-manager, and here. */
  readonly fromNamespace: string
  readonly toNamespace: string
  /** The Secrets that an issuer names. */
  readonly needsOf: (issuer: Issuer) => readonly CredentialNeed[]
  readonly now: Instant
}

const nameOf = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`

const empty: Plan = { steps: [], remarks: [] }
const joined = (plans: readonly Plan[]): Plan => ({
  steps: plans.flatMap(({ steps }) => steps),
  remarks: plans.flatMap(({ remarks }) => remarks),
})

/** Secrets first, then issuers, then what asks them for certificates: nothing is asked of a CA on the way. */
export function planImport(findings: Findings, options: PlanOptions): Plan {
  const issuers = [...findings.clusterIssuers, ...findings.issuers].map((object) => {
    const converted = convertIssuer(object)
    if (!converted.ok) return keptBack(object, converted.error)
    const copies = object.kind === 'ClusterIssuer' ? copiesFor(converted.value.object, findings, options) : empty
    return joined([copies, created(object, converted, findings)])
  })
  const holders = secretHolders(findings.certificates)
  const certificates = findings.certificates.map((object) => {
    const holder = holders.get(secretOf(object))
    if (holder === undefined || holder === object) return planCertificate(object, findings, options)
    const text = `${nameOf(holder)}, which is older, has the same Secret ${object.spec.secretName}; give one of them another in spec.secretName`
    return keptBack(object, text)
  })
  return joined([unknownKinds(findings), ...issuers, ...certificates])
}

function unknownKinds({ unknown }: Findings): Plan {
  const remarks = unknown.map((kind): Remark => {
    const text =
      'the cluster does not know this kind of cert-manager.io/v1; if its definition was removed, its objects went with it'
    return { kind: 'note', what: kind, text }
  })
  return { steps: [], remarks }
}

const secretOf = ({ metadata, spec }: ForeignCertificate): string =>
  secretKey(metadata.namespace ?? '', spec.secretName)

/** By Secret the Certificate that keeps it: the oldest, as the operator decides too. */
function secretHolders(certificates: readonly ForeignCertificate[]): ReadonlyMap<string, ForeignCertificate> {
  const ageOf = ({ metadata }: KubeObject): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`
  const newestFirst = certificates.toSorted((a, b) => (ageOf(a) < ageOf(b) ? 1 : -1))
  return new Map(newestFirst.map((one) => [secretOf(one), one]))
}

const keptBack = (object: KubeObject, text: string): Plan => ({
  steps: [],
  remarks: [{ kind: 'kept back', what: nameOf(object), text }],
})

function created(
  object: KubeObject,
  converted: Result<Converted<Issuer | Certificate>, string> & { readonly ok: true },
  { ours }: Findings,
): Plan {
  const { object: made, dropped } = converted.value
  const there = ours.get(ourKey(made))
  if (there !== undefined)
    return there.metadata.annotations?.[originAnnotation] === undefined
      ? keptBack(object, 'there is one of ours by that name already, which is left as it is')
      : empty
  const text = `${dropped.join(', ')} has no counterpart and is left out`
  const remarks: Remark[] = dropped.length === 0 ? [] : [{ kind: 'note', what: nameOf(object), text }]
  return { steps: [{ kind: 'create', object: made }], remarks }
}

function copiesFor(issuer: Issuer, { secrets }: Findings, options: PlanOptions): Plan {
  const { fromNamespace: from, toNamespace: to, needsOf } = options
  if (from === to) return empty
  const names = [...new Set(needsOf(issuer).map(({ secretName }) => secretName))]
  const plans = names.map((name): Plan => {
    if (secrets.has(secretKey(to, name))) return empty
    if (secrets.has(secretKey(from, name))) return { steps: [{ kind: 'copySecret', name, from, to }], remarks: [] }
    const text = `Secret ${from}/${name}, which it names, does not exist`
    return { steps: [], remarks: [{ kind: 'note', what: nameOf(issuer), text }] }
  })
  return joined(plans)
}

function planCertificate(object: ForeignCertificate, findings: Findings, { now }: PlanOptions): Plan {
  const converted = convertCertificate(object)
  if (!converted.ok) return keptBack(object, converted.error)
  const { namespace = '' } = object.metadata
  const { secretName } = object.spec
  const claimant = claimantOf(object, findings)
  // What an Ingress asks for is called like its Secret here.
  const name = claimant === undefined ? object.metadata.name : secretName
  const secret = findings.secrets.get(secretKey(namespace, secretName))
  const adopted = adoption({ certificate: converted.value.object, name, secret, now })
  const why = whyAnew(adopted)
  const text = `a new certificate will be asked for: ${why ?? ''}`
  const lost = lostIssuer(object, converted.value.object, findings)
  const texts = [...(why === undefined ? [] : [text]), ...(lost === undefined ? [] : [lost])]
  const remarks = texts.map((one): Remark => ({ kind: 'note', what: nameOf(object), text: one }))
  const steps: readonly Step[] = adopted.kind === 'adopt' ? [adopted] : []
  const asking = claimant === undefined ? created(object, converted, findings) : annotated(claimant)
  return joined([{ steps, remarks }, asking])
}

/** Nothing is issued by an issuer that is not there, neither theirs to bring over nor ours. */
function lostIssuer(
  { metadata: { namespace = '' } }: ForeignCertificate,
  { spec: { issuerRef } }: Certificate,
  { issuers, clusterIssuers, ours }: Findings,
): string | undefined {
  const { kind, name } = issuerRef
  const where = kind === 'ClusterIssuer' ? '' : namespace
  const theirs = [...issuers, ...clusterIssuers].find(
    (one) => one.kind === kind && one.metadata.name === name && (one.metadata.namespace ?? '') === where,
  )
  if (ours.has(`${kind}/${where}/${name}`) || (theirs !== undefined && convertIssuer(theirs).ok)) return undefined
  const why = theirs === undefined ? 'does not exist' : 'is kept back'
  return `its ${kind} ${name} ${why}; nothing is renewed until there is an issuer of ours by that name, or spec.issuerRef names another`
}

function whyAnew(adopted: Adopted): string | undefined {
  if (adopted.kind === 'absent') return 'its Secret does not exist yet'
  return adopted.kind === 'adopt' ? adopted.unfit : undefined
}

/** The Ingress or Gateway that cert-manager made a Certificate for. */
function claimantOf({ metadata }: KubeObject, { claimants }: Findings): KubeObject | undefined {
  const owner = controllerOf(metadata)
  return owner === undefined ? undefined : claimants.find((claimant) => claimant.metadata.uid === owner.uid)
}

const foreign = /^(?:acme\.)?cert-manager\.io\//

/** Our words are cert-manager's with another prefix. */
function annotated(claimant: KubeObject): Plan {
  const there = claimant.metadata.annotations ?? {}
  const wanted = Object.entries(there)
    .filter(([key]) => foreign.test(key) && !key.endsWith('/issuer-group') && !key.endsWith('/issuer-kind'))
    .map(([key, value]): [string, string] => [key.replace(foreign, 'perennial.dev/'), value])
  const annotations = Object.fromEntries(wanted.filter(([key, value]) => there[key] !== value))
  if (Object.keys(annotations).length === 0) return empty
  return { steps: [{ kind: 'annotate', object: claimant, annotations }], remarks: [] }
}

/** A line for each step. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case 'copySecret':
      return `copy Secret ${step.name} from namespace ${step.from} to ${step.to}`
    case 'create':
      return `create ${nameOf(step.object)}`
    case 'adopt':
      return `adopt Secret ${step.namespace}/${step.name} with its certificate`
    case 'annotate':
      return `annotate ${nameOf(step.object)}: ${Object.keys(step.annotations).sort().join(', ')}`
  }
}
