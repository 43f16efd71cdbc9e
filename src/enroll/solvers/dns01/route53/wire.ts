/** What of Route 53 (API of 2013-04-01) and STS is said and read: XML both ways. */
import { SecretText } from '../../../../std/secret.ts'
import { fromRfc3339 } from '../../../../std/time.ts'
import type { Token } from '../tokens.ts'
import type { AwsCredentials } from './sigv4.ts'
import { elementsAt, escapeXml, readXml, textAt } from './xml.ts'
import type { XmlElement } from './xml.ts'

export interface HostedZone {
  /** Without `/hostedzone/`. */
  readonly id: string
  readonly name: string
  readonly isPrivate: boolean
}

export interface ZonePage {
  readonly zones: readonly HostedZone[]
  /** Where the next page begins; undefined after the last. */
  readonly next: { readonly name: string; readonly id: string } | undefined
}

/** A TXT record set as it lies there. */
export interface AwsRecordSet {
  /** As AWS writes it, which a deletion must repeat. */
  readonly name: string
  readonly ttl: number
  /** With their quotes. */
  readonly values: readonly string[]
  /** One of several sets of the name, or a pointer: not ours to change. */
  readonly isSpecial: boolean
}

/** @returns a name as we write it: `\052` is `*` */
export const plainName = (name: string): string =>
  name
    .replace(/\\([0-3][0-7]{2})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\.$/, '')
    .toLowerCase()

export const zoneIdOf = (text: string): string => text.replace(/^\/hostedzone\//, '')

export function readZones(text: string): ZonePage | undefined {
  const root = readXml(text)
  if (root?.name !== 'ListHostedZonesByNameResponse') return undefined
  const zones = elementsAt(root, 'HostedZones', 'HostedZone').map((zone) => ({
    id: zoneIdOf(textAt(zone, 'Id') ?? ''),
    name: plainName(textAt(zone, 'Name') ?? ''),
    isPrivate: textAt(zone, 'Config', 'PrivateZone') === 'true',
  }))
  const [name, id] = [textAt(root, 'NextDNSName'), textAt(root, 'NextHostedZoneId')]
  const hasNext = textAt(root, 'IsTruncated') === 'true' && name !== undefined && id !== undefined
  return { zones, next: hasNext ? { name, id } : undefined }
}

/** @returns the TXT set of the name, `none` when the first of the list is another; undefined for what is no list */
export function readRecordSet(text: string, name: string): AwsRecordSet | 'none' | undefined {
  const root = readXml(text)
  if (root?.name !== 'ListResourceRecordSetsResponse') return undefined
  const [set] = elementsAt(root, 'ResourceRecordSets', 'ResourceRecordSet')
  const found = textAt(set, 'Name') ?? ''
  if (set === undefined || plainName(found) !== name || textAt(set, 'Type') !== 'TXT') return 'none'
  return {
    name: found,
    ttl: Number(textAt(set, 'TTL') ?? 0),
    values: elementsAt(set, 'ResourceRecords', 'ResourceRecord').map((record) => textAt(record, 'Value') ?? ''),
    isSpecial: textAt(set, 'SetIdentifier') !== undefined || elementsAt(set, 'AliasTarget').length > 0,
  }
}

export interface ChangeInfo {
  /** Without `/change/`. */
  readonly id: string
  readonly isInForce: boolean
}

/** @returns what a change or GetChange says of itself */
export function readChange(text: string): ChangeInfo | undefined {
  const root = readXml(text)
  const id = textAt(root, 'ChangeInfo', 'Id')?.replace(/^\/change\//, '')
  return id === undefined || id === ''
    ? undefined
    : { id, isInForce: textAt(root, 'ChangeInfo', 'Status') === 'INSYNC' }
}

/** Both or nothing: AWS takes a batch only as a whole, and a deletion only of exactly what lies there. */
export function encodeBatch(before: AwsRecordSet | undefined, after: AwsRecordSet | undefined): string {
  const changes = [
    ...(before === undefined ? [] : [encodeChange('DELETE', before)]),
    ...(after === undefined ? [] : [encodeChange('CREATE', after)]),
  ]
  const batch = `<ChangeBatch><Changes>${changes.join('')}</Changes></ChangeBatch>`
  const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/'
  return `<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns="${namespace}">${batch}</ChangeResourceRecordSetsRequest>`
}

function encodeChange(action: 'CREATE' | 'DELETE', { name, ttl, values }: AwsRecordSet): string {
  const records = values.map((value) => `<ResourceRecord><Value>${escapeXml(value)}</Value></ResourceRecord>`).join('')
  const set = `<Name>${escapeXml(name)}</Name><Type>TXT</Type><TTL>${ttl}</TTL><ResourceRecords>${records}</ResourceRecords>`
  return `<Change><Action>${action}</Action><ResourceRecordSet>${set}</ResourceRecordSet></Change>`
}

/** @returns temporary credentials of STS, whichever action gave them */
export function readCredentials(text: string): Token<AwsCredentials> | undefined {
  const root = readXml(text)
  const found: XmlElement | undefined = root?.children.flatMap((result) => elementsAt(result, 'Credentials'))[0]
  const accessKeyId = textAt(found, 'AccessKeyId')
  const secretAccessKey = textAt(found, 'SecretAccessKey')
  const sessionToken = textAt(found, 'SessionToken')
  const expiresAt = fromRfc3339(textAt(found, 'Expiration') ?? '')
  if (!accessKeyId || !secretAccessKey || !sessionToken || expiresAt === undefined) return undefined
  const secrets = { secretAccessKey: new SecretText(secretAccessKey), sessionToken: new SecretText(sessionToken) }
  return { value: { accessKeyId, ...secrets }, expiresAt }
}
