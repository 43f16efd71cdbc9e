/** What the status of an issuer shows of its EST server. Pure. */
import type { EstSpec } from '../../api/issuer/est.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { ShownAuthorities } from '../authorities.ts'
import type { IssuerDetails, Readiness, TrackedCredential } from '../enroller.ts'
import { serviceUrl } from './address.ts'
import type { EstCredentials } from './credentials.ts'
import type { CsrWishes } from './csrattrs.ts'
import type { Site } from './site.ts'
import { nameOf, supersededRoots } from './trust.ts'
import type { Anchors, Authority } from './trust.ts'

export interface Seen {
  readonly site: Site
  readonly spec: EstSpec
  readonly credentials: EstCredentials
  /** Undefined before they were asked for. */
  readonly wishes?: CsrWishes | undefined
}

export function readinessOf(seen: Seen, now: Instant): Readiness {
  const { site, spec } = seen
  const details = detailsOf(seen)
  const trouble = expiredRoots(site.anchors, now)
  if (trouble !== undefined) return { kind: 'notReady', fault: trouble, details }
  const [ca] = [...site.anchors.roots, ...site.anchors.intermediates]
  const authorities = authoritiesOf(site.anchors, now)
  const parts = [
    `The CA "${ca === undefined ? 'without a name' : nameOf(ca.facts)}" answers over EST`,
    authorities.doubtful,
    pinGone(site.anchors, spec),
    spec.caFingerprint !== undefined || ca?.facts.selfSigned !== true
      ? undefined
      : `to pin it, set spec.est.caFingerprint to ${ca.facts.fingerprint}`,
  ]
  const message = parts.filter((part) => part !== undefined).join('; ')
  return { kind: 'ready', message, details, credentials: credentialsOf(seen), authorities }
}

function authoritiesOf(anchors: Anchors, now: Instant): ShownAuthorities {
  const { roots, strangers, intermediates, isPinned } = anchors
  const ders = (all: readonly Authority[]): readonly Authority['der'][] => all.map(({ der }) => der)
  const names = strangers
    .map(({ facts }) => nameOf(facts))
    .join('", "')
    .slice(0, 200)
  return {
    kind: 'shown',
    current: ders([...roots, ...intermediates]),
    former: ders(supersededRoots(anchors, now)),
    next: [],
    vouchedBy: isPinned ? 'settings' : 'connection',
    cure: `set ${isPinned ? 'spec.est.nextCAFingerprint' : 'spec.est.caFingerprint'} to it`,
    doubtful:
      strangers.length === 0
        ? undefined
        : `it shows another root that nothing trusted vouches for ("${names}"); to accept it, set spec.est.nextCAFingerprint`,
  }
}

/** What the status knows by now is lost with the status. */
function pinGone({ roots }: Anchors, { caFingerprint, nextCAFingerprint }: EstSpec): string | undefined {
  const pins = [caFingerprint, nextCAFingerprint].flatMap((pin) => pin?.toLowerCase() ?? [])
  const [first] = roots
  if (pins.length === 0 || first === undefined || roots.some(({ facts }) => pins.includes(facts.fingerprint)))
    return undefined
  return `it no longer shows the root of spec.est.caFingerprint, whose successor is trusted; set it to ${first.facts.fingerprint}`
}

/** A CA none of whose roots is valid certifies for nobody. */
function expiredRoots({ roots }: Anchors, now: Instant): Fault | undefined {
  const [first] = roots
  if (first === undefined || roots.some(({ facts }) => now < facts.notAfter)) return undefined
  return fault(
    'CredentialsExpired',
    `the root "${nameOf(first.facts)}" that the EST server shows expired at ${toRfc3339(first.facts.notAfter)}; the CA needs a new one`,
  )
}

function detailsOf({ site: { anchors }, spec, wishes }: Seen): IssuerDetails {
  const entry = ({ facts }: Authority, role: string): IssuerDetails => ({
    subject: nameOf(facts),
    fingerprint: facts.fingerprint,
    notAfter: toRfc3339(facts.notAfter),
    role,
  })
  const [ca] = [...anchors.roots, ...anchors.intermediates]
  return {
    url: serviceUrl(spec),
    ...(ca === undefined ? {} : { caSubject: nameOf(ca.facts), caFingerprint: ca.facts.fingerprint }),
    certificates: [
      ...anchors.roots.map((one) => entry(one, 'root')),
      ...anchors.intermediates.map((one) => entry(one, 'intermediate')),
      ...anchors.strangers.map((one) => entry(one, 'not trusted')),
    ],
    trust: anchors.isPinned ? 'Explicit' : 'Implicit',
    ...(wishes === undefined ? {} : { csrAttributes: wishTexts(wishes) }),
  }
}

function wishTexts({
  key,
  hash,
  bindsChannel,
  extensions,
  subject,
  attributes,
  unknown,
}: CsrWishes): readonly string[] {
  return [
    ...(key === undefined ? [] : [`key ${key.algorithm}${key.size === undefined ? '' : ` ${key.size}`}`]),
    ...(hash === undefined ? [] : [`hash ${hash}`]),
    ...(bindsChannel ? ['channel binding'] : []),
    ...extensions.map(({ type, value }) => `extension ${type}${value === undefined ? '' : ' as given'}`),
    ...subject.map(({ oid, value }) => `subject ${oid}${value === '' ? '' : ' as given'}`),
    ...attributes.map(({ type }) => `attribute ${type}`),
    ...unknown,
  ].slice(0, 40)
}

function credentialsOf({ site, credentials }: Seen): readonly TrackedCredential[] {
  const { certificate } = credentials
  return [
    ...[...site.anchors.roots, ...site.anchors.intermediates].map(({ facts }) => ({
      name: `CA certificate "${nameOf(facts)}"`,
      notAfter: facts.notAfter,
    })),
    ...(certificate === undefined ? [] : [{ name: 'client certificate', notAfter: certificate.facts.notAfter }]),
  ]
}
