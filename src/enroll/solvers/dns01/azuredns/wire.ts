/** What of Azure DNS (API of 2018-05-01) and of its tokens is said and read. */
import type { JsonObject } from '../../../../std/json.ts'
import { SecretText } from '../../../../std/secret.ts'
import { plus, seconds } from '../../../../std/time.ts'
import type { Instant } from '../../../../std/time.ts'
import { numberIn, objectIn, objectsIn, textIn } from '../json.ts'
import type { Token } from '../tokens.ts'

/** A TXT record set as it lies there. */
export interface AzureRecordSet {
  /** What a change must name, so that it replaces nothing else. */
  readonly etag: string
  readonly ttl: number
  readonly metadata: JsonObject
  /** Each the JSON of a list of texts: a value may come in pieces. */
  readonly values: readonly string[]
}

/** @returns undefined for what is no record set */
export function readRecordSet(body: JsonObject): AzureRecordSet | undefined {
  const etag = textIn(body['etag'])
  const properties = objectIn(body['properties'])
  if (etag === undefined || (properties['TXTRecords'] !== undefined && !Array.isArray(properties['TXTRecords'])))
    return undefined
  return {
    etag,
    ttl: numberIn(properties['TTL']) ?? 0,
    metadata: objectIn(properties['metadata']),
    values: objectsIn(properties['TXTRecords']).map((record) => JSON.stringify(record['value'] ?? [])),
  }
}

export function encodeRecordSet({ ttl, metadata, values }: Omit<AzureRecordSet, 'etag'>): string {
  const records = values.map((value) => ({ value: JSON.parse(value) as unknown }))
  return JSON.stringify({ properties: { TTL: ttl, metadata, TXTRecords: records } })
}

/** `expires_in` is a number of seconds, and a text at the metadata service. */
export function readToken(body: JsonObject, now: Instant): Token<SecretText> | undefined {
  const token = textIn(body['access_token'])
  const lifetime = Number(textIn(body['expires_in']) ?? numberIn(body['expires_in']))
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token) || !(lifetime > 0)) return undefined
  return { value: new SecretText(token), expiresAt: plus(now, seconds(Math.min(lifetime, 86_400))) }
}

/** @returns the name below its zone; `@` for the zone itself */
export const nameBelow = (name: string, zone: string): string =>
  name === zone ? '@' : name.slice(0, name.length - zone.length - 1)
