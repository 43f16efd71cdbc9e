/** The calls of Route 53 that a TXT record set takes. */
import { err, ok } from '../../../../std/result.ts'
import { call, failed, unreadable } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import type { Found, SetChange, SetStore, Written } from '../recordset.ts'
import { saysRaced } from './faults.ts'
import type { AwsIdentity } from './identity.ts'
import { signedHeaders } from './sigv4.ts'
import { encodeBatch, readChange, readRecordSet, readZones, zoneIdOf } from './wire.ts'
import type { AwsRecordSet } from './wire.ts'

/** Zones of the same name beyond these are not looked at: 20 pages of 100. */
const mostPages = 20
const version = '/2013-04-01'

interface Asked {
  readonly path: string
  readonly purpose: string
  /** XML of a POST. */
  readonly body?: string
}

/** What lies at a name; undefined: no set. */
type Seen = AwsRecordSet | undefined

export class Route53Client implements SetStore<Seen> {
  readonly #caller: Caller
  readonly #identity: AwsIdentity
  readonly #hostedZone: string | undefined
  readonly #zones = new Map<string, string>()

  /** @param hostedZone - the ID; undefined: found by the zone's name */
  constructor(caller: Caller, identity: AwsIdentity, hostedZone: string | undefined) {
    this.#caller = caller
    this.#identity = identity
    this.#hostedZone = hostedZone === undefined ? undefined : zoneIdOf(hostedZone)
  }

  encode(value: string): string {
    return `"${value}"`
  }

  async read(txt: TxtValue, ctx: ProviderCtx): Promise<Called<Found<Seen>>> {
    const zone = await this.#zoneId(txt.zone, ctx)
    if (!zone.ok) return zone
    const query = new URLSearchParams({ maxitems: '1', name: `${txt.name}.`, type: 'TXT' }).toString()
    const purpose = `show the TXT records of ${txt.name}`
    const reply = await this.#ask({ path: `/hostedzone/${zone.value}/rrset?${query}`, purpose }, ctx)
    if (!reply.ok) return this.#unlessZoneIsGone(reply, txt.zone)
    const set = readRecordSet(reply.value, txt.name)
    if (set === undefined) return err(unreadable(this.#caller, purpose))
    if (set === 'none') return ok({ values: [], seen: undefined })
    return set.isSpecial ? err(special(txt.name)) : ok({ values: set.values, seen: set })
  }

  async write({ txt, values, seen }: SetChange<Seen>, ctx: ProviderCtx): Promise<Called<Written>> {
    const zone = await this.#zoneId(txt.zone, ctx)
    if (!zone.ok) return zone
    const fresh = { name: `${txt.name}.`, ttl: Math.ceil(txt.ttl / 1000), isSpecial: false }
    const after = values.length === 0 ? undefined : { ...(seen ?? fresh), values }
    const purpose = `change the TXT records of ${txt.name}`
    const body = encodeBatch(seen, after)
    const reply = await this.#ask({ path: `/hostedzone/${zone.value}/rrset/`, purpose, body }, ctx)
    if (reply.ok) return ok({ kind: 'written', change: readChange(reply.value)?.id })
    const { code, words = '' } = reply.error
    return code === 'InvalidChangeBatch' && saysRaced(words) ? ok({ kind: 'raced' }) : reply
  }

  /** @param change - the identifier of a change */
  async isInForce(change: string, ctx: ProviderCtx): Promise<Called<boolean>> {
    const purpose = 'say how far a change is'
    const reply = await this.#ask({ path: `/change/${encodeURIComponent(change)}`, purpose }, ctx)
    if (!reply.ok) return reply
    const info = readChange(reply.value)
    return info === undefined ? err(unreadable(this.#caller, purpose)) : ok(info.isInForce)
  }

  async #zoneId(zone: string, ctx: ProviderCtx): Promise<Called<string>> {
    const known = this.#hostedZone ?? this.#zones.get(zone)
    if (known !== undefined) return ok(known)
    let from: { readonly name: string; readonly id?: string } = { name: `${zone}.` }
    for (let page = 0; page < mostPages; page++) {
      const query = new URLSearchParams({ dnsname: from.name, maxitems: '100' })
      if (from.id !== undefined) query.set('hostedzoneid', from.id)
      const purpose = `look for the hosted zone ${zone}`
      const reply = await this.#ask({ path: `/hostedzonesbyname?${query.toString()}`, purpose }, ctx)
      if (!reply.ok) return reply
      const listed = readZones(reply.value)
      if (listed === undefined) return err(unreadable(this.#caller, purpose))
      const found = listed.zones.find(({ name, isPrivate }) => name === zone && !isPrivate)
      if (found !== undefined) return this.#found(zone, found.id)
      // The list is in order of names, and begins with the one that is looked for.
      if (listed.next === undefined || listed.zones.some(({ name }) => name !== zone)) break
      from = listed.next
    }
    return err(noZone(this.#caller.field, zone))
  }

  #found(zone: string, id: string): Called<string> {
    this.#zones.set(zone, id)
    return ok(id)
  }

  #unlessZoneIsGone<T>(reply: Called<T>, zone: string): Called<T> {
    if (reply.ok || reply.error.code !== 'NoSuchHostedZone') return reply
    this.#zones.delete(zone)
    return this.#hostedZone === undefined ? err(noZone(this.#caller.field, zone)) : reply
  }

  /** @returns the text of the reply */
  async #ask({ path, purpose, body }: Asked, ctx: ProviderCtx): Promise<Called<string>> {
    const credentials = await this.#identity.credentials(ctx)
    if (!credentials.ok) return credentials
    const { route53, route53Region: region } = this.#identity.places(ctx)
    const unsigned = {
      method: body === undefined ? 'GET' : 'POST',
      url: route53 + version + path,
      headers: { ...(body !== undefined && { 'content-type': 'application/xml' }) },
      body: body ?? '',
    } as const
    const scope = { region, service: 'route53', credentials: credentials.value }
    const headers = signedHeaders(unsigned, scope, ctx.now())
    const { method, url } = unsigned
    const request = { method, url, headers, ...(body !== undefined && { body }) }
    const reply = await call(this.#caller, { request, purpose, secrets: this.#identity.secrets() }, ctx)
    if (!reply.ok && (reply.error.status === 403 || reply.error.code === 'ExpiredToken')) this.#identity.drop()
    return reply.ok ? ok(Buffer.from(reply.value.body).toString('utf8')) : reply
  }
}

const noZone = (field: string, zone: string) =>
  failed(
    'Misconfigured',
    `the identity that ${field} names sees no public hosted zone ${zone} at Route 53; set ${field}.hostedZoneID, or use the provider that serves this zone`,
  )

const special = (name: string) =>
  failed(
    'Misconfigured',
    `the TXT records of ${name} at Route 53 follow a routing policy or an alias, into which no value can be put; remove them`,
  )
