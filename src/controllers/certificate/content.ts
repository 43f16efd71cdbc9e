/**
 * What we wrote into a Secret, remembered on it in one annotation: names of entries, labels and annotations, and one hash
 * over their values. From it follow damage (the hash differs) and leftovers (a name that is no longer wanted).
 */
import { shortHash } from '../../pki/hash.ts'
import { compact, Shared } from '../../std/shared.ts'

/** Lists of names: ten thousand Secrets with the same names share one list of them. */
const mostLists = 512
const lists = new Shared<readonly string[]>(mostLists)

const shared = (names: readonly string[]): readonly string[] => lists.of(JSON.stringify(names), names)

export interface Content {
  readonly entries: readonly string[]
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
  readonly hash: string
  /** Of `ca.crt` alone, which cannot be rendered anew from the rest; absent where none was written. */
  readonly rootsHash?: string | undefined
  /** Of `tls.crt` alone: intermediates that somebody removed or added cannot be told from those of the CA by reading them. */
  readonly chainHash?: string | undefined
}

/** The parts of a Secret that content speaks of. Data is base64, as the API has it. */
export interface ContentSource {
  readonly data: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** What is about to be written, described. */
export function describeContent(source: ContentSource): Content {
  const names = {
    entries: Object.keys(source.data).sort(),
    labels: Object.keys(source.labels).sort(),
    annotations: Object.keys(source.annotations).sort(),
  }
  const { 'ca.crt': roots, 'tls.crt': chain } = source.data
  return {
    ...names,
    hash: hashContent(names, source),
    ...(roots === undefined ? {} : { rootsHash: shortHash(roots) }),
    ...(chain === undefined ? {} : { chainHash: shortHash(chain) }),
  }
}

/** Whether the trust anchors are those that were issued with the certificate, or there never were any. */
export function hasItsRoots({ rootsHash }: Content, source: ContentSource): boolean {
  return rootsHash === undefined || rootsHash === shortHash(source.data['ca.crt'] ?? '')
}

/** Whether the certificate and its intermediates are those that were issued; true where that was not noted. */
export function hasItsChain({ chainHash }: Content, source: ContentSource): boolean {
  return chainHash === undefined || chainHash === shortHash(source.data['tls.crt'] ?? '')
}

/** The hash of the named parts as they are in `source`; a part that is gone counts as empty, and so changes the hash. */
export function hashContent(names: Omit<Content, 'hash' | 'rootsHash' | 'chainHash'>, source: ContentSource): string {
  const parts = [
    ...names.entries.map((key) => ['data', key, source.data[key] ?? null]),
    ...names.labels.map((key) => ['label', key, source.labels[key] ?? null]),
    ...names.annotations.map((key) => ['annotation', key, source.annotations[key] ?? null]),
  ]
  return shortHash(JSON.stringify(parts))
}

export function writeContent(content: Content): string {
  return JSON.stringify(content)
}

/** @returns undefined when the annotation is absent or was tampered with: then everything counts as damaged */
export function readContent(text: string | undefined): Content | undefined {
  if (text === undefined || text.length > 65_536) return undefined
  try {
    const value: unknown = compact(JSON.parse(text))
    if (!isContent(value)) return undefined
    return {
      ...value,
      entries: shared(value.entries),
      labels: shared(value.labels),
      annotations: shared(value.annotations),
    }
  } catch {
    return undefined
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false
  const part = value as Partial<Record<keyof Content, unknown>>
  const areHashes = [part.rootsHash, part.chainHash].every((hash) => ['string', 'undefined'].includes(typeof hash))
  const isMarked = typeof part.hash === 'string' && areHashes
  return isMarked && [part.entries, part.labels, part.annotations].every(isTexts)
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')
