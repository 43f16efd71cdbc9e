/** From what stands on an Ingress or a Gateway to the Certificates that it wants. Pure. */
import { canonicalIp } from '../../std/ip.ts'
import type { JsonObject } from '../../std/json.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Claimant, Complaint, Route, TlsEntry } from './claimant.ts'
import { issuerOf } from './issuing.ts'
import type { WantedIssuer } from './issuing.ts'
import { badAnnotation, joined, prefix, readFragments, readNotes, unknownWords, valueOf } from './vocabulary.ts'
import type { Fragment, Notes } from './vocabulary.ts'

export interface Habits {
  /** Whether annotations of cert-manager are understood. */
  readonly foreign: boolean
  /** For Ingresses that ask for a certificate and name no issuer. */
  readonly defaultIssuer: WantedIssuer | undefined
  /** Holds a spec to the rules of a Certificate. Returns a sentence about the first that is broken. */
  readonly check: (spec: JsonObject) => string | undefined
}

export interface WantedCertificate {
  /** That of its Secret as well. */
  readonly name: string
  readonly spec: JsonObject
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Wanted {
  readonly certificates: readonly WantedCertificate[]
  /** Secrets whose Certificates stay as they are, because what is said of them cannot be understood. */
  readonly frozen: readonly string[]
  readonly complaints: readonly Complaint[]
}

const nothing: Wanted = { certificates: [], frozen: [], complaints: [] }

/**
 * @param routes - those that are attached to the claimant
 * @returns the Certificates that the claimant wants, one for each Secret that it names
 */
export function wantedBy(claimant: Claimant, routes: readonly Route[], habits: Habits): Wanted {
  const notes = readNotes(claimant.annotations, habits.foreign)
  const strange = unknownWords(notes)
  const issuer = issuerOf(claimant, notes, habits.defaultIssuer)
  if (issuer.ok && issuer.value === undefined) return { ...nothing, complaints: strange }
  if (claimant.kind === 'HTTPRoute') return { ...nothing, complaints: [misplaced(claimant)] }
  const entries = entriesOf(claimant, notes, routes)
  const { fragments, complaints } = readFragments(notes)
  const bad = issuer.ok ? complaints : [issuer.error, ...complaints]
  if (!issuer.ok || issuer.value === undefined || bad.length > 0)
    return {
      certificates: [],
      frozen: entries.flatMap(({ secretNames }) => secretNames),
      complaints: [...bad, ...strange],
    }
  const drafts = draftsOf(entries)
  const built = [...drafts].map(([name, entry]) =>
    build({ name, entry, claimant, notes, habits, fragments }, issuer.value),
  )
  const certificates = built.flatMap((one) => (one.ok ? [one.value] : []))
  const made = new Set(certificates.map(({ name }) => name))
  return {
    certificates,
    frozen: entries.flatMap(({ secretNames }) => secretNames).filter((name) => !made.has(name)),
    complaints: distinct([
      ...entries.flatMap(problemOf),
      ...built.flatMap((one) => (one.ok ? [] : [one.error])),
      ...strange,
    ]),
  }
}

/** Whether a claimant asks for a certificate in that Secret at all, be it well or badly. */
export function claims(claimant: Claimant, secretName: string, habits: Habits): boolean {
  if (claimant.isEnding) return false
  const notes = readNotes(claimant.annotations, habits.foreign)
  const issuer = issuerOf(claimant, notes, habits.defaultIssuer)
  if (issuer.ok && issuer.value === undefined) return false
  return entriesOf(claimant, notes, []).some(({ secretNames }) => secretNames.includes(secretName))
}

function misplaced({ kind }: Claimant): Complaint {
  const message = `The issuer annotation has no effect on an ${kind}, which has no certificates: put it on the Gateway. Listeners without a hostname take the hostnames of the routes that are attached to them.`
  return { reason: 'MisplacedAnnotation', message }
}

const problemOf = ({ problem, path }: TlsEntry): readonly Complaint[] =>
  problem === undefined ? [] : [{ reason: 'BadEntry', message: `${path}: ${problem}` }]

/** Without the listeners that are to be left alone, and with the names that routes bring. */
function entriesOf(claimant: Claimant, notes: Notes, routes: readonly Route[]): readonly TlsEntry[] {
  const ignored = (valueOf(notes, 'ignore-tls-listeners') ?? '').split(',').map((item) => item.trim())
  return claimant.entries
    .filter(({ listener }) => listener === undefined || !ignored.includes(listener))
    .map((entry) => ({ ...entry, hosts: entry.hosts.length > 0 ? entry.hosts : routedHosts(claimant, entry, routes) }))
}

function routedHosts(
  claimant: Claimant,
  { listener, routesFrom }: TlsEntry,
  routes: readonly Route[],
): readonly string[] {
  if (routesFrom === undefined) return []
  const attached = routes.filter(
    ({ namespace, parents }) =>
      (routesFrom === 'All' || namespace === claimant.namespace) &&
      parents.some(
        (parent) =>
          parent.kind === claimant.kind &&
          parent.namespace === claimant.namespace &&
          parent.name === claimant.name &&
          (parent.listener === undefined || parent.listener === listener),
      ),
  )
  return [...new Set(attached.flatMap(({ hostnames }) => hostnames))].sort()
}

interface Draft {
  readonly paths: readonly string[]
  readonly hosts: readonly string[]
}

/** One for each Secret: entries that name the same Secret share a certificate. */
function draftsOf(entries: readonly TlsEntry[]): ReadonlyMap<string, Draft> {
  const drafts = new Map<string, { readonly paths: string[]; readonly hosts: string[] }>()
  for (const { path, hosts, secretNames } of entries) {
    for (const name of secretNames) {
      const draft = drafts.get(name) ?? { paths: [], hosts: [] }
      draft.paths.push(path)
      draft.hosts.push(...hosts)
      drafts.set(name, draft)
    }
  }
  // An entry that cannot be understood freezes the Secret for those that can: half of the names would replace all of them.
  for (const { problem, secretNames } of entries)
    if (problem !== undefined) for (const name of secretNames) drafts.delete(name)
  return drafts
}

interface Building {
  readonly name: string
  readonly entry: Draft
  readonly claimant: Claimant
  readonly notes: Notes
  readonly habits: Habits
  readonly fragments: readonly Fragment[]
}

function build(building: Building, issuer: WantedIssuer | undefined): Result<WantedCertificate, Complaint> {
  const { name, entry, claimant, notes, habits, fragments } = building
  const base = {
    secretName: name,
    issuerRef: { group: 'perennial.dev', kind: issuer?.kind ?? '', name: issuer?.name ?? '' },
  }
  const from = (parts: readonly Fragment[]): JsonObject =>
    parts.reduce<JsonObject>((spec, part) => joined(spec, part.spec), joined(namesOf(entry.hosts), base))
  const spec = from(fragments)
  if (!hasNames(spec)) return err(nameless(claimant, entry))
  const problem = habits.check(spec)
  if (problem === undefined)
    return ok({ name, spec, labels: labelsOf(claimant), annotations: challengeNotes(claimant, notes) })
  const guilty = fragments.filter((one) => habits.check(from(fragments.filter((other) => other !== one))) === undefined)
  const [only] = guilty
  if (only !== undefined && guilty.length === 1) return err(badAnnotation(only, problem.replace(/[.]$/, '')))
  return err({ reason: 'BadEntry', message: `${entry.paths.join(', ')}: no Certificate can be made of it. ${problem}` })
}

function namesOf(hosts: readonly string[]): JsonObject {
  const isAddress = (host: string): boolean => canonicalIp(host) !== undefined
  const [dns, ips] = [[...new Set(hosts.filter((host) => !isAddress(host)))], [...new Set(hosts.filter(isAddress))]]
  return { ...(dns.length === 0 ? {} : { dnsNames: dns }), ...(ips.length === 0 ? {} : { ipAddresses: ips }) }
}

const hasNames = (spec: JsonObject): boolean =>
  ['dnsNames', 'ipAddresses', 'uris', 'emailAddresses', 'commonName'].some((member) => spec[member] !== undefined)

function nameless({ kind }: Claimant, { paths }: Draft): Complaint {
  const cure =
    kind === 'Ingress' ? 'list its hosts' : 'give the listener a hostname, or attach an HTTPRoute with hostnames to it'
  return { reason: 'BadEntry', message: `${paths.join(', ')}: there is no name to certify; ${cure}.` }
}

/** Labels that tools find their own objects by: on another object they would have it pruned, or adopted. */
const toolLabels =
  /^(?:applyset\.kubernetes\.io\/part-of|app\.kubernetes\.io\/managed-by|helm\.sh\/.*|.*\.?(?:fluxcd|argoproj)\.io\/.*)$/

/** Solvers of challenges are chosen by labels of the Certificate, so it has those of its claimant. */
const labelsOf = ({ labels }: Claimant): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !toolLabels.test(key) && !key.startsWith(prefix)))

/** How the challenges of this Certificate are to be routed. */
function challengeNotes({ kind, name }: Claimant, notes: Notes): Record<string, string> {
  if (kind !== 'Ingress') return {}
  const found: Record<string, string | undefined> = {
    'http01-override-ingress-name': valueOf(notes, 'http01-edit-in-place') === 'true' ? name : undefined,
    'http01-override-ingress-class': valueOf(notes, 'http01-ingress-class'),
    'http01-override-ingress-ingressclassname': valueOf(notes, 'http01-ingress-ingressclassname'),
  }
  return Object.fromEntries(
    Object.entries(found).flatMap(([word, value]) =>
      value === undefined || value === '' ? [] : [[prefix + word, value]],
    ),
  )
}

const distinct = (complaints: readonly Complaint[]): readonly Complaint[] => [
  ...new Map(complaints.map((one) => [`${one.reason} ${one.message}`, one])).values(),
]
