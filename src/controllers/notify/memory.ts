/** What was told, kept in a ConfigMap, so that whoever leads next does not tell it again. */
import type { KubeObject } from '../../api/meta.ts'
import { emptyMemory } from '../../domain/notify/plan.ts'
import type { Memory, Told } from '../../domain/notify/plan.ts'
import { KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import { isJsonObject, readJsonObject } from '../../std/json.ts'
import type { Json } from '../../std/json.ts'

/** A core/v1 ConfigMap. */
export interface MemoryObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

export const memoryKind = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
} as const

const entry = 'memory.json'
/** The API server takes a megabyte. What does not fit is forgotten, oldest first, and told a second time at worst. */
const mostBytes = 700_000

export interface MemoryPlace {
  readonly resource: Resource<MemoryObject>
  readonly namespace: string
  readonly name: string
}

export class MemoryStore {
  readonly #place: MemoryPlace
  #isThere = false
  #written = ''

  constructor(place: MemoryPlace) {
    this.#place = place
  }

  /** @returns nothing told where there is no such ConfigMap, or somebody made it unreadable */
  async load(signal: AbortSignal): Promise<Memory> {
    const { resource, namespace, name } = this.#place
    const object = await resource.get({ namespace, name }, signal)
    this.#isThere = object !== undefined
    this.#written = object?.data?.[entry] ?? ''
    return readMemory(this.#written)
  }

  /** Writes where there is something new. */
  async save(memory: Memory, signal: AbortSignal): Promise<void> {
    const text = fitting(memory)
    if (text === this.#written) return
    const { resource, namespace, name } = this.#place
    const data = { [entry]: text }
    if (this.#isThere) await this.#patch(data, signal)
    else {
      const metadata = { name, namespace }
      await resource.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, signal)
    }
    this.#isThere = true
    this.#written = text
  }

  async #patch(data: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const { resource, namespace, name } = this.#place
    try {
      await resource.mergePatch({ namespace, name }, { data }, signal)
    } catch (error) {
      // Somebody deleted it meanwhile: the next save makes it anew.
      if (error instanceof KubeError && error.reason === 'notFound') this.#isThere = false
      throw error
    }
  }
}

/** People edit ConfigMaps: what is not as it was written is forgotten, and told a second time at worst. */
function readMemory(text: string): Memory {
  const read = readJsonObject(Buffer.from(text))
  if (read === undefined) return emptyMemory
  const { standing, told, digests } = read
  const byChannel = Object.entries(isJsonObject(told) ? told : {})
  return {
    standing: textsIn(standing),
    told: Object.fromEntries(byChannel.map(([channel, alerts]) => [channel, toldIn(alerts)])),
    digests: textsIn(digests),
  }
}

const textsIn = (value: Json | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(isJsonObject(value) ? value : {}).flatMap(([key, text]) =>
      typeof text === 'string' ? [[key, text]] : [],
    ),
  )

const toldIn = (alerts: Json): Readonly<Record<string, Told>> =>
  Object.fromEntries(
    Object.entries(isJsonObject(alerts) ? alerts : {}).flatMap(([key, one]) => {
      const { severity, at } = isJsonObject(one) ? one : {}
      const isKnown = (severity === 'warning' || severity === 'critical') && typeof at === 'string'
      return isKnown ? [[key, { severity, at }]] : []
    }),
  )

function fitting(memory: Memory): string {
  const text = JSON.stringify(memory)
  if (text.length <= mostBytes) return text
  const told = Object.entries(memory.told).map(([channel, all]): [string, Memory['told'][string]] => {
    const newest = Object.entries(all).toSorted(([, a], [, b]) => (a.at < b.at ? 1 : -1))
    return [channel, Object.fromEntries(newest.slice(0, Math.floor(newest.length / 2)))]
  })
  const standing = Object.entries(memory.standing)
  const kept = Object.fromEntries(standing.slice(0, Math.floor(standing.length / 2)))
  return fitting({ ...memory, standing: kept, told: Object.fromEntries(told) })
}
