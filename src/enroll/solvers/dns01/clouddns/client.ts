/** The calls of Cloud DNS that a TXT record set takes. A change deletes exactly what was seen, or nothing. */
import type { CloudDnsSpec } from '../../../../api/issuer/dns01/clouddns.ts'
import type { JsonObject } from '../../../../std/json.ts'
import { err, ok } from '../../../../std/result.ts'
import { callJson, failed, unreadable } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import type { Found, SetChange, SetStore, Written } from '../recordset.ts'
import type { GoogleIdentity } from './identity.ts'
import { encodeChange, readChange, readRecordSets, readZones } from './wire.ts'
import type { GoogleRecordSet, ManagedZone } from './wire.ts'

const origin = 'https://dns.googleapis.com/dns/v1'
const mostPages = 50

/** What lies at a name; undefined: no set. */
type Seen = GoogleRecordSet | undefined

interface Asked {
  /** Below the project. */
  readonly path: string
  readonly purpose: string
  /** JSON of a POST. */
  readonly body?: string
}

/** What a change meets that another was faster with. */
const racedReasons: ReadonlySet<string | undefined> = new Set([
  'alreadyExists',
  'conditionNotMet',
  'containsRequiredRecords',
])

export class CloudDnsClient implements SetStore<Seen> {
  readonly #caller: Caller
  readonly #spec: CloudDnsSpec
  readonly #identity: GoogleIdentity
  readonly #zones = new Map<string, string>()

  constructor(caller: Caller, spec: CloudDnsSpec, identity: GoogleIdentity) {
    this.#caller = caller
    this.#spec = spec
    this.#identity = identity
  }

  encode(value: string): string {
    return `"${value}"`
  }

  async read(txt: TxtValue, ctx: ProviderCtx): Promise<Called<Found<Seen>>> {
    const zone = await this.#zoneName(txt.zone, ctx)
    if (!zone.ok) return zone
    const query = new URLSearchParams({ name: `${txt.name}.`, type: 'TXT' }).toString()
    const purpose = `show the TXT records of ${txt.name}`
    const reply = await this.#ask({ path: `/managedZones/${zone.value}/rrsets?${query}`, purpose }, ctx)
    if (!reply.ok) {
      if (reply.error.status === 404) this.#zones.delete(txt.zone)
      return reply
    }
    const sets = readRecordSets(reply.value, `${txt.name}.`)
    if (sets === undefined) return err(unreadable(this.#caller, purpose))
    return ok({ values: sets[0]?.values ?? [], seen: sets[0] })
  }

  async write({ txt, values, seen }: SetChange<Seen>, ctx: ProviderCtx): Promise<Called<Written>> {
    const zone = await this.#zoneName(txt.zone, ctx)
    if (!zone.ok) return zone
    const fresh = { name: `${txt.name}.`, ttl: Math.ceil(txt.ttl / 1000) }
    const body = encodeChange(seen, values.length === 0 ? undefined : { ...(seen ?? fresh), values })
    const purpose = `change the TXT records of ${txt.name}`
    const reply = await this.#ask({ path: `/managedZones/${zone.value}/changes`, purpose, body }, ctx)
    if (!reply.ok) return this.#isRaced(reply.error, seen) ? ok({ kind: 'raced' }) : reply
    const change = readChange(reply.value)
    if (change === undefined) return err(unreadable(this.#caller, purpose))
    return ok({ kind: 'written', change: change.isInForce ? undefined : `${zone.value}/changes/${change.id}` })
  }

  /** @param change - as {@link CloudDnsClient.write} named it */
  async isInForce(change: string, ctx: ProviderCtx): Promise<Called<boolean>> {
    const purpose = 'say how far a change is'
    const reply = await this.#ask({ path: `/managedZones/${change}`, purpose }, ctx)
    if (!reply.ok) return reply
    const read = readChange(reply.value)
    return read === undefined ? err(unreadable(this.#caller, purpose)) : ok(read.isInForce)
  }

  /** A deletion of what is gone is 404, as a zone would be that is not there; that one was there a moment ago. */
  #isRaced({ status, code }: { readonly status?: number; readonly code?: string | undefined }, seen: Seen): boolean {
    return status === 409 || status === 412 || racedReasons.has(code) || (status === 404 && seen !== undefined)
  }

  async #zoneName(zone: string, ctx: ProviderCtx): Promise<Called<string>> {
    const known = this.#spec.hostedZoneName ?? this.#zones.get(zone)
    if (known !== undefined) return ok(known)
    const found: ManagedZone[] = []
    let next: string | undefined
    for (let page = 0; page < mostPages; page++) {
      const query = new URLSearchParams({ dnsName: `${zone}.`, ...(next !== undefined && { pageToken: next }) })
      const purpose = `look for the managed zone ${zone}`
      const reply = await this.#ask({ path: `/managedZones?${query.toString()}`, purpose }, ctx)
      if (!reply.ok) return reply
      const listed = readZones(reply.value, `${zone}.`)
      if (listed === undefined) return err(unreadable(this.#caller, purpose))
      found.push(...listed.items)
      next = listed.next
      if (next === undefined) break
    }
    const open = found.find(({ isPublic }) => isPublic)
    if (open === undefined) return err(noZone(this.#caller.field, this.#spec.project, zone))
    this.#zones.set(zone, open.name)
    return ok(open.name)
  }

  /** A token may be refused before its time: a new one is tried once. */
  async #ask(asked: Asked, ctx: ProviderCtx): Promise<Called<JsonObject>> {
    const first = await this.#send(asked, ctx)
    if (first.ok || first.error.status !== 401) return first
    this.#identity.drop()
    return this.#send(asked, ctx)
  }

  async #send({ path, purpose, body }: Asked, ctx: ProviderCtx): Promise<Called<JsonObject>> {
    const token = await this.#identity.token(ctx)
    if (!token.ok) return token
    const headers = { accept: 'application/json', authorization: `Bearer ${token.value.reveal()}` }
    const url = `${origin}/projects/${encodeURIComponent(this.#spec.project)}${path}`
    const request =
      body === undefined
        ? ({ method: 'GET', url, headers } as const)
        : ({ method: 'POST', url, headers: { ...headers, 'content-type': 'application/json' }, body } as const)
    return callJson(this.#caller, { request, purpose, secrets: this.#identity.secrets() }, ctx)
  }
}

const noZone = (field: string, project: string, zone: string) =>
  failed(
    'Misconfigured',
    `the project ${project} has no public managed zone ${zone}; check ${field}.project, set ${field}.hostedZoneName, or use the provider that serves this zone`,
  )
