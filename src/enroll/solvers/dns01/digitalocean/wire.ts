/** What of DigitalOcean's replies is looked at. */
import type { JsonObject } from '../../../../std/json.ts'
import { numberIn, objectIn, objectsIn, textIn } from '../json.ts'

export interface DigitalOceanRecord {
  readonly id: number
  readonly value: string
}

export interface RecordPage {
  readonly records: readonly DigitalOceanRecord[]
  readonly isLast: boolean
}

/** @returns undefined for what is no page of records */
export function readRecords(body: JsonObject): RecordPage | undefined {
  if (!Array.isArray(body['domain_records'])) return undefined
  const records = objectsIn(body['domain_records']).flatMap((item) => {
    const id = numberIn(item['id'])
    const value = textIn(item['data'])
    return id === undefined || value === undefined || item['type'] !== 'TXT' ? [] : [{ id, value }]
  })
  return { records, isLast: textIn(objectIn(objectIn(body['links'])['pages'])['next']) === undefined }
}

/** @returns the name below its zone; `@` for the zone itself */
export const nameBelow = (name: string, zone: string): string =>
  name === zone ? '@' : name.slice(0, name.length - zone.length - 1)
