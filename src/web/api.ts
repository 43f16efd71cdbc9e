/** The API of the inventory: reading only, and only what the person who asks may list in the cluster. */
import type { Picture, Inventory } from '../controllers/inventory/inventory.ts'
import { csvOf } from '../domain/inventory/csv.ts'
import { issuerHealth, loadsOf } from '../domain/inventory/issuers.ts'
import type { IssuerHealth } from '../domain/inventory/issuers.ts'
import type { InventoryItem } from '../domain/inventory/item.ts'
import { brokenRules, policyStandings } from '../domain/inventory/policies.ts'
import { answerQuery } from '../domain/inventory/query.ts'
import type { JudgedItem, Query } from '../domain/inventory/query.ts'
import { readQuery } from '../domain/inventory/readquery.ts'
import { summarize } from '../domain/inventory/summary.ts'
import { findingNames } from '../domain/inventory/findings.ts'
import type { ServerReply, ServerRequest } from '../net/server.ts'
import { clip } from '../std/text.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Access, User } from './access.ts'
import type {
  CertificateList,
  Complaint,
  IssuerList,
  IssuerRow,
  Me,
  PolicyReport,
  Row,
  SummaryAnswer,
} from './contract.ts'
import { detailOf } from './detail.ts'
import type { Lookup } from './detail.ts'
import { securityHeaders } from './headers.ts'
import type { Pace } from './pace.ts'
import { csvColumns, csvRow, findingText, issuerRow, rowOf } from './rows.ts'
import { withinSight } from './sight.ts'

export interface ApiParts {
  readonly inventory: Pick<Inventory, 'picture' | 'issuers' | 'policies' | 'asked'>
  readonly access: Pick<Access, 'identify' | 'allowed' | 'mayEverywhere'>
  readonly pace: Pick<Pace, 'allows'>
  /** What is looked up for the page of one item, as far as the user may see it. Never rejects. */
  readonly lookup: (item: InventoryItem, user: User) => Promise<Lookup>
  readonly version: string
}

/** Paths that it answers begin so. */
export const apiRoot = '/api/'

/** What one question is answered with: who asks, and what of the inventory they see. */
interface Hearing {
  readonly parts: ApiParts
  readonly user: User
  /** What they may see of it. */
  readonly picture: Picture
  readonly search: string
}

type Answer = (hearing: Hearing) => ServerReply | Promise<ServerReply>

const answers: Readonly<Record<string, Answer>> = {
  '/api/certificates': list,
  '/api/summary': summary,
  '/api/issuers': async (hearing) =>
    json({ generatedAt: at(hearing), items: await issuersFor(hearing) } satisfies IssuerList),
  '/api/policies': policies,
  '/api/me': me,
}

const certificateRoot = '/api/certificates/'

/**
 * @param request - whose path begins with {@link apiRoot}
 * @throws KubeError when the API server cannot be asked what the person may see
 */
export async function answerApi(parts: ApiParts, request: ServerRequest): Promise<ServerReply> {
  const who = await parts.access.identify(request.authorization)
  if (!who.ok) return who.error === 'unknown' ? strangers : unavailable
  if (!parts.pace.allows(who.value.username)) return hasty
  const picture = parts.inventory.picture()
  const { path, search = '' } = request
  const namespaces = new Set([...picture.judged.map(({ item }) => item.namespace), ...picture.farNamespaces])
  const allowed = await parts.access.allowed(who.value, 'certificates', namespaces)
  const sight = allowed.size === namespaces.size ? picture : withinSight(picture, allowed)
  const hearing = { parts, user: who.value, picture: sight, search }
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
  if (answer !== undefined) return answer(hearing)
  if (path.startsWith(certificateRoot)) return detail(hearing, path.slice(certificateRoot.length))
  return complaint(404, `There is nothing at ${clip(path)}; there is ${Object.keys(answers).join(', ')}.`)
}

function list(hearing: Hearing): ServerReply {
  const parameters = new URLSearchParams(hearing.search)
  const query = readQuery(parameters)
  if (!query.ok) return complaint(400, query.error)
  const { picture } = hearing
  const format = parameters.get('format')
  if (format === 'csv' || format === 'json') return exported(hearing, query.value, format)
  if (format !== null) return complaint(400, 'format must be csv or json; leave it out for one page.')
  const { items, total, facets } = answerQuery(picture.judged, query.value, picture)
  const { page, size } = query.value
  const rows = items.map((one) => rowOf(one, picture.consumersOf(one.item)))
  return json({ generatedAt: at(hearing), total, page, size, facets, items: rows } satisfies CertificateList)
}

/** Everything that the question finds, as a file. */
function exported({ picture }: Hearing, query: Query, format: 'csv' | 'json'): ServerReply {
  const { items } = answerQuery(picture.judged, { ...query, page: 1, size: picture.judged.length }, picture)
  const row = (one: JudgedItem): Row => rowOf(one, picture.consumersOf(one.item))
  const name = `certificates-${toRfc3339(picture.now).slice(0, 10)}.${format}`
  const headers = { ...securityHeaders, 'content-disposition': `attachment; filename="${name}"` }
  if (format === 'json')
    return { status: 200, contentType: jsonType, headers, body: JSON.stringify(items.map(row), undefined, 1) }
  const body = csvOf(lines(items, row))
  return { status: 200, contentType: 'text/csv; charset=utf-8; header=present', headers, body }
}

/** One after the other, so that of ten thousand rows one is held at a time. */
function* lines(items: readonly JudgedItem[], row: (one: JudgedItem) => Row): Generator<readonly string[]> {
  yield csvColumns.map(([column]) => column)
  for (const one of items) yield csvRow(row(one))
}

async function detail({ parts, user, picture }: Hearing, path: string): Promise<ServerReply> {
  const id = decoded(path)
  const judged = picture.judged.find(({ item }) => item.id === id)
  if (judged === undefined)
    return complaint(404, 'There is no such certificate in the inventory, or you may not see its namespace.')
  const lookup = await parts.lookup(judged.item, user)
  const row = rowOf(judged, [...picture.consumersOf(judged.item), ...lookup.consumers])
  const reissue = picture.reissueOf?.(judged.item)
  return json(detailOf(judged, row, { now: picture.now, lookup, reissue }))
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

async function summary(hearing: Hearing): Promise<ServerReply> {
  const { picture } = hearing
  const { findings, ...rest } = summarize(picture.judged, picture.now)
  const issuers = await issuersFor(hearing)
  return json({
    generatedAt: at(hearing),
    ...rest,
    findings: findingNames.flatMap((name) => {
      const count = findings[name] ?? 0
      return count === 0 ? [] : [{ ...findingText(name), count }]
    }),
    failingIssuers: issuers.filter(({ health, failing }) => health === 'failing' || failing > 0),
    unread: picture.unread,
  } satisfies SummaryAnswer)
}

async function policies(hearing: Hearing): Promise<ServerReply> {
  const { parts, user, picture } = hearing
  const seesPolicies = await parts.access.mayEverywhere(user, 'certificatepolicies')
  return json({
    generatedAt: at(hearing),
    ...(seesPolicies ? { policies: policyStandings(parts.inventory.policies()) } : {}),
    items: brokenRules(picture.judged),
  } satisfies PolicyReport)
}

async function issuersFor({ parts, user, picture }: Hearing): Promise<readonly IssuerRow[]> {
  const { issuers, clusterIssuers } = parts.inventory.issuers()
  const namespaces = issuers.map(({ metadata }) => metadata.namespace ?? '')
  const allowed = await parts.access.allowed(user, 'issuers', namespaces)
  const seesCluster = await parts.access.mayEverywhere(user, 'clusterissuers')
  const around = { loads: loadsOf(picture.judged), asked: parts.inventory.asked(), now: picture.now }
  const health: readonly IssuerHealth[] = [
    ...(seesCluster ? clusterIssuers : []).map((issuer) => issuerHealth('ClusterIssuer', issuer, around)),
    ...issuers
      .filter(({ metadata }) => allowed.has(metadata.namespace ?? ''))
      .map((issuer) => issuerHealth('Issuer', issuer, around)),
  ]
  const rank = { failing: 0, unknown: 1, ready: 2 } as const
  return health
    .toSorted((a, b) => rank[a.health] - rank[b.health] || b.failing - a.failing || (a.name < b.name ? -1 : 1))
    .map(issuerRow)
}

async function me({ parts, user }: Hearing): Promise<ServerReply> {
  const everywhere = await parts.access.mayEverywhere(user, 'certificates')
  return json({ user: user.username, everywhere, version: parts.version } satisfies Me)
}

const at = ({ picture }: Hearing): string => toRfc3339(picture.now)

const jsonType = 'application/json; charset=utf-8'

const json = (value: object, status = 200): ServerReply => ({
  status,
  contentType: jsonType,
  headers: securityHeaders,
  body: JSON.stringify(value),
})

const complaint = (status: number, error: string): ServerReply => json({ error } satisfies Complaint, status)

const strangersSaid = complaint(
  401,
  'The API server of the cluster does not know this token. Send one as "Authorization: Bearer ...", for example from kubectl create token.',
)
const strangers: ServerReply = {
  ...strangersSaid,
  headers: { ...securityHeaders, 'www-authenticate': 'Bearer realm="perennial"' },
}

const hasty: ServerReply = {
  ...complaint(
    429,
    'You ask faster than ten times a second. Wait a moment, or take everything at once with format=json.',
  ),
  headers: { ...securityHeaders, 'retry-after': '1' },
}

const unavailable: ServerReply = {
  ...complaint(503, 'The API server of the cluster could not be asked who you are. Try again in a few seconds.'),
  headers: { ...securityHeaders, 'retry-after': '5' },
}
