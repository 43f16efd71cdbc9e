/** What of Cloudflare's replies is looked at. */
import type { JsonObject } from '../../../../std/json.ts'
import { numberIn, objectIn, objectsIn, textIn } from '../json.ts'

export interface Page<T> {
  readonly items: readonly T[]
  readonly isLast: boolean
}

export interface CloudflareRecord {
  readonly id: string
  /** Without quotes. */
  readonly value: string
}

export interface CloudflareZone {
  readonly id: string
  readonly name: string
  readonly isActive: boolean
}

/** @returns undefined for what is no list of results */
export function readPage<T>(body: JsonObject, read: (item: JsonObject) => T | undefined): Page<T> | undefined {
  if (!Array.isArray(body['result'])) return undefined
  const info = objectIn(body['result_info'])
  const items = objectsIn(body['result']).flatMap((item) => read(item) ?? [])
  return { items, isLast: (numberIn(info['page']) ?? 1) >= (numberIn(info['total_pages']) ?? 1) }
}

export function readZone(item: JsonObject): CloudflareZone | undefined {
  const id = textIn(item['id'])
  const name = textIn(item['name'])
  return id === undefined || name === undefined ? undefined : { id, name, isActive: item['status'] === 'active' }
}

export function readRecord(item: JsonObject): CloudflareRecord | undefined {
  const id = textIn(item['id'])
  const content = textIn(item['content'])
  return id === undefined || content === undefined ? undefined : { id, value: content.replace(/^"(.*)"$/, '$1') }
}
