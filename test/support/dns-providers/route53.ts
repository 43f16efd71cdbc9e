/** Route 53 and STS with their own semantics: whole record sets, batches that apply as one, changes that take their time. */
import { signatureFault } from './awssignature.ts'
import type { AwsKey } from './awssignature.ts'
import type { Reply, SeenCall, World } from './service.ts'

interface RecordSet {
  readonly name: string
  readonly type: string
  readonly ttl: string
  readonly values: readonly string[]
}

export interface Route53Options {
  /** Whose signature Route 53 takes. */
  readonly key: AwsKey
  readonly secrets: readonly string[]
  readonly sts?: (call: SeenCall) => Reply
  readonly host?: { readonly origin: string; readonly region: string }
}

const xml = (status: number, body: string): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<?xml version="1.0"?>\n<!-- as AWS writes it -->\n${body}`,
})

export const awsError = (status: number, code: string, message: string): Reply =>
  xml(
    status,
    `<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>4c4dcd55</RequestId></ErrorResponse>`,
  )

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const unescape = (text: string): string =>
  text.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))).replaceAll('&amp;', '&')

const inside = (text: string, name: string): readonly string[] =>
  [...text.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inner = '']) => inner)

export class Route53World implements World {
  readonly complaints: string[] = []
  readonly secrets: readonly string[]
  hasZone = true
  key: AwsKey
  mayAskForChanges = true
  readonly #options: Route53Options
  #sets: readonly RecordSet[] = [
    { name: '_acme-challenge.zzz.example.com.', type: 'TXT', ttl: '300', values: ['"after"'] },
  ]
  readonly #changes = new Map<string, number>()

  constructor(options: Route53Options) {
    this.#options = options
    this.key = options.key
    this.secrets = options.secrets
  }

  values(name: string): readonly string[] {
    return this.#find(`${name}.`)?.values.map((value) => value.replaceAll('"', '')) ?? []
  }

  put(name: string, value: string): void {
    const old = this.#find(`${name}.`)
    const rest = this.#sets.filter((set) => set !== old)
    this.#sets = [
      ...rest,
      { name: `${name}.`, type: 'TXT', ttl: old?.ttl ?? '77', values: [...(old?.values ?? []), `"${value}"`] },
    ]
  }

  ttlOf(name: string): string | undefined {
    return this.#find(`${name}.`)?.ttl
  }

  looks({ method, path }: SeenCall): boolean {
    return method === 'GET' && path.endsWith('/rrset')
  }

  answer(call: SeenCall): Reply {
    if (new URL(call.origin).host.startsWith('sts.')) return this.#options.sts?.(call) ?? this.#complain('STS')
    const { origin, region } = this.#options.host ?? { origin: 'https://route53.amazonaws.com', region: 'us-east-1' }
    if (call.origin !== origin) return this.#complain(`unknown host ${call.origin}`)
    const wrong = signatureFault(call, { key: this.key, region, service: 'route53' })
    if (wrong !== undefined)
      return awsError(403, wrong, `The request ${call.headers['authorization'] ?? ''} is not valid`)
    if (call.path === '/2013-04-01/hostedzonesbyname') return this.#zones(call.query)
    const [, change] = /^\/2013-04-01\/change\/(\w+)$/.exec(call.path) ?? []
    if (change !== undefined) return this.#change(change)
    const [, zone, slash] = /^\/2013-04-01\/hostedzone\/(\w+)\/rrset(\/?)$/.exec(call.path) ?? []
    if (zone === undefined) return this.#complain(`${call.method} ${call.path}`)
    if (zone !== 'Z2PUBLIC' || !this.hasZone)
      return awsError(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${zone}`)
    if (call.method === 'GET' && slash === '') return this.#list(call.query)
    return call.method === 'POST' && slash === '/' ? this.#apply(call) : this.#complain(`${call.method} ${call.path}`)
  }

  #zones(query: URLSearchParams): Reply {
    const zones = [
      ['Z1PRIVATE', 'example.com.', 'true'],
      ['Z2PUBLIC', 'example.com.', 'false'],
      ['Z3OTHER', 'example.net.', 'false'],
    ].filter(([id]) => this.hasZone || id === 'Z3OTHER')
    if (query.get('dnsname') !== 'example.com.') return this.#complain(`dnsname ${query.get('dnsname') ?? ''}`)
    const from = zones.findIndex(([id]) => id === (query.get('hostedzoneid') ?? zones[0]?.[0]))
    const page = zones.slice(from, from + 1)
    const next = zones[from + 1]
    const listed = page.map(
      ([id = '', name = '', isPrivate = '']) =>
        `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>x</CallerReference><Config><Comment/><PrivateZone>${isPrivate}</PrivateZone></Config></HostedZone>`,
    )
    const more =
      next === undefined
        ? '<IsTruncated>false</IsTruncated>'
        : `<IsTruncated>true</IsTruncated><NextDNSName>${next[1] ?? ''}</NextDNSName><NextHostedZoneId>${next[0] ?? ''}</NextHostedZoneId>`
    return xml(
      200,
      `<ListHostedZonesByNameResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones>${listed.join('')}</HostedZones>${more}<MaxItems>1</MaxItems></ListHostedZonesByNameResponse>`,
    )
  }

  /** From a name on, in order, as many as are asked for. */
  #list(query: URLSearchParams): Reply {
    const name = query.get('name') ?? ''
    if (!name.endsWith('.example.com.') || query.get('type') !== 'TXT') return this.#complain('where to begin')
    const sets = this.#sets.filter((set) => set.name >= name).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const listed = sets
      .slice(0, Number(query.get('maxitems') ?? 300))
      .map(
        (set) =>
          `<ResourceRecordSet><Name>${set.name}</Name><Type>${set.type}</Type><TTL>${set.ttl}</TTL><ResourceRecords>${set.values.map((value) => `<ResourceRecord><Value>${escape(value)}</Value></ResourceRecord>`).join('')}</ResourceRecords></ResourceRecordSet>`,
      )
    return xml(
      200,
      `<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>${listed.join('')}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>`,
    )
  }

  /** All of a batch, or nothing. */
  #apply({ body, headers }: SeenCall): Reply {
    if (
      !headers['content-type']?.includes('xml') ||
      !body.includes('xmlns="https://route53.amazonaws.com/doc/2013-04-01/"')
    )
      return this.#complain(body)
    let sets = this.#sets
    for (const change of inside(body, 'Change')) {
      const after = this.#applied(sets, change)
      if (typeof after === 'string') return invalidBatch(after)
      sets = after
    }
    this.#sets = sets
    const id = `C${this.#changes.size + 1}X`
    this.#changes.set(id, 0)
    return xml(200, `<ChangeResourceRecordSetsResponse>${changeInfo(id, 'PENDING')}</ChangeResourceRecordSetsResponse>`)
  }

  #applied(sets: readonly RecordSet[], change: string): readonly RecordSet[] | string {
    const [action = '', name = '', type = '', ttl = ''] = ['Action', 'Name', 'Type', 'TTL'].map(
      (tag) => inside(change, tag)[0] ?? '',
    )
    const values = inside(change, 'Value').map(unescape)
    const shown = `[name='${name}', type='${type}']`
    if (values.length === 0 || new Set(values).size !== values.length) return `Duplicate or no records in ${shown}`
    if (values.some((value) => !/^"[^"]{1,255}"( "[^"]{1,255}")*$/.test(value)))
      return `Invalid Resource Record in ${shown}`
    const old = sets.find((set) => set.name === name && set.type === type)
    const rest = sets.filter((set) => set !== old)
    if (action === 'CREATE')
      return old === undefined
        ? [...rest, { name, type, ttl, values }]
        : `Tried to create resource record set ${shown} but it already exists`
    if (action !== 'DELETE') return `action ${action}`
    if (old === undefined) return `Tried to delete resource record set ${shown} but it was not found`
    const same = old.ttl === ttl && [...old.values].sort().join() === [...values].sort().join()
    return same
      ? rest
      : `Tried to delete resource record set ${shown} but the values provided do not match the current values`
  }

  /** In force when it is asked for the second time. */
  #change(id: string): Reply {
    if (!this.mayAskForChanges) return awsError(403, 'AccessDenied', 'not authorized to perform: route53:GetChange')
    const asked = this.#changes.get(id)
    if (asked === undefined) return awsError(404, 'NoSuchChange', `No change found with ID: ${id}`)
    this.#changes.set(id, asked + 1)
    return xml(200, `<GetChangeResponse>${changeInfo(id, asked === 0 ? 'PENDING' : 'INSYNC')}</GetChangeResponse>`)
  }

  #find(name: string): RecordSet | undefined {
    return this.#sets.find((set) => set.name === name)
  }

  #complain(what: string): Reply {
    this.complaints.push(what)
    return awsError(400, 'InvalidInput', what)
  }
}

const changeInfo = (id: string, status: string): string =>
  `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-11-23T12:00:00Z</SubmittedAt></ChangeInfo>`

const invalidBatch = (message: string): Reply =>
  xml(
    400,
    `<InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages><Message>${escape(message)}</Message></Messages><RequestId>x</RequestId></InvalidChangeBatch>`,
  )

/** Answers of STS. */
export const stsReply = (action: string, key: Required<AwsKey>, expires: number): Reply =>
  xml(
    200,
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/dns/perennial</Arn></AssumedRoleUser><Credentials><AccessKeyId>${key.id}</AccessKeyId><SecretAccessKey>${key.secret}</SecretAccessKey><SessionToken>${key.session}</SessionToken><Expiration>${new Date(expires).toISOString()}</Expiration></Credentials></${action}Result></${action}Response>`,
  )
