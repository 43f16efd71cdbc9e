/** What of Cloud DNS (API v1), of keys of service accounts and of tokens is said and read. */
import { readPrivateKey } from '../../../../pki/key.ts'
import type { PrivateKey } from '../../../../pki/key.ts'
import { readJsonObject } from '../../../../std/json.ts'
import type { JsonObject } from '../../../../std/json.ts'
import { err, ok } from '../../../../std/result.ts'
import type { Result } from '../../../../std/result.ts'
import { SecretText } from '../../../../std/secret.ts'
import { plus, seconds } from '../../../../std/time.ts'
import type { Instant } from '../../../../std/time.ts'
import { numberIn, objectsIn, textIn } from '../json.ts'
import type { Token } from '../tokens.ts'

/** The key of a service account, as Google hands it out. */
export interface ServiceAccount {
  readonly email: string
  readonly keyId: string | undefined
  readonly key: PrivateKey
}

/** @returns the account, or a clause that says what is wrong with its file, and repeats nothing of it */
export function readServiceAccount(bytes: Uint8Array | undefined): Result<ServiceAccount, string> {
  const file = readJsonObject(bytes)
  if (file === undefined) return err('it is no JSON')
  if (file['type'] !== 'service_account') return err('it is not the key of a service account (type "service_account")')
  const email = textIn(file['client_email'])
  const key = readPrivateKey(textIn(file['private_key']) ?? '')
  if (email === undefined || !/^[\x21-\x7e]+$/.test(email)) return err('it has no client_email')
  if (!key.ok) return err(`its private_key cannot be used: ${key.error}`)
  if (key.value.shape.algorithm !== 'RSA') return err('its private_key is no RSA key')
  return ok({ email, keyId: textIn(file['private_key_id']), key: key.value })
}

/** @param now - what `expires_in` counts from */
export function readToken(body: JsonObject, now: Instant): Token<SecretText> | undefined {
  const token = textIn(body['access_token'])
  const lifetime = numberIn(body['expires_in'])
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token) || lifetime === undefined || !(lifetime > 0))
    return undefined
  return { value: new SecretText(token), expiresAt: plus(now, seconds(Math.min(lifetime, 86_400))) }
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}

export interface ManagedZone {
  readonly name: string
  readonly isPublic: boolean
}

/** A TXT record set as it lies there: a deletion must repeat it. */
export interface GoogleRecordSet {
  readonly name: string
  readonly ttl: number
  /** With their quotes. */
  readonly values: readonly string[]
}

/** A list without items has no member for them; what has another `kind` is no such list. */
function pageOf(body: JsonObject, kind: string, member: string): Page<JsonObject> | undefined {
  if (body['kind'] !== kind) return undefined
  return { items: objectsIn(body[member]), next: textIn(body['nextPageToken']) }
}

/** @param zone - the domain, with its final dot */
export function readZones(body: JsonObject, zone: string): Page<ManagedZone> | undefined {
  const page = pageOf(body, 'dns#managedZonesListResponse', 'managedZones')
  if (page === undefined) return undefined
  const items = page.items.flatMap((item) => {
    const name = textIn(item['name'])
    if (name === undefined || textIn(item['dnsName'])?.toLowerCase() !== zone) return []
    return [{ name, isPublic: (textIn(item['visibility']) ?? 'public') === 'public' }]
  })
  return { items, next: page.next }
}

/** @returns the TXT sets of a name, of which there is one at most */
export function readRecordSets(body: JsonObject, name: string): readonly GoogleRecordSet[] | undefined {
  const page = pageOf(body, 'dns#resourceRecordSetsListResponse', 'rrsets')
  return page?.items.flatMap((item) => {
    const [found, ttl, values] = [textIn(item['name']), numberIn(item['ttl']), item['rrdatas']]
    if (found?.toLowerCase() !== name || item['type'] !== 'TXT' || ttl === undefined || !Array.isArray(values))
      return []
    return [{ name: found, ttl, values: values.filter((value): value is string => typeof value === 'string') }]
  })
}

/** Both or nothing: Google takes a change only as a whole, and a deletion only of exactly what lies there. */
export function encodeChange(before: GoogleRecordSet | undefined, after: GoogleRecordSet | undefined): string {
  const records = (set: GoogleRecordSet | undefined) =>
    set === undefined ? [] : [{ name: set.name, type: 'TXT', ttl: set.ttl, rrdatas: set.values }]
  return JSON.stringify({ deletions: records(before), additions: records(after) })
}

export interface GoogleChange {
  readonly id: string
  readonly isInForce: boolean
}

export function readChange(body: JsonObject): GoogleChange | undefined {
  const id = textIn(body['id'])
  return id === undefined || body['kind'] !== 'dns#change' ? undefined : { id, isInForce: body['status'] === 'done' }
}
