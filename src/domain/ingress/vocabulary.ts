/**
 * The annotations that people put on Ingresses and Gateways, and what each means for a Certificate. The words are those of
 * cert-manager, so that a manifest moves over by changing the prefix.
 */
import { isJsonObject } from '../../std/json.ts'
import type { Json, JsonObject } from '../../std/json.ts'
import { nearest } from '../../std/nearest.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Complaint } from './claimant.ts'

export const prefix = 'perennial.dev/'
/** Understood as well where the operator is told to. */
export const foreignPrefixes = ['cert-manager.io/', 'acme.cert-manager.io/'] as const
/** The word of kube-lego, which many manifests still carry: a certificate from the default issuer. */
export const tlsByDefault = 'kubernetes.io/tls-acme'

/** From the text of an annotation to a part of a Certificate's spec, or a clause that says what is wrong with the text. */
type Reader = (text: string) => Result<JsonObject, string>

const text =
  (field: string): Reader =>
  (value) =>
    value.trim() === '' ? err('it is empty') : ok({ [field]: value.trim() })

const within =
  (outer: string, reader: Reader): Reader =>
  (value) => {
    const read = reader(value)
    return read.ok ? ok({ [outer]: read.value }) : read
  }

const integer =
  (field: string): Reader =>
  (value) =>
    /^\d{1,9}$/.test(value.trim()) ? ok({ [field]: Number(value) }) : err('it is not a whole number')

const list =
  (field: string): Reader =>
  (value) => {
    const items = value.split(',').map((item) => item.trim())
    const kept = items.filter((item) => item !== '')
    return kept.length === 0 ? err('it is empty') : ok({ [field]: kept })
  }

/** A list whose items may hold commas when they stand in double quotes; a quote in them is written twice (RFC 4180). */
const quotedList =
  (field: string): Reader =>
  (value) => {
    const items = splitQuoted(value)
    if (items === undefined) return err('a double quote is open, or stands inside an item without being written twice')
    return items.length === 0 ? err('it is empty') : ok({ [field]: items })
  }

const template: Reader = (value) => {
  const read = readJson(value)
  if (read === undefined) return err('it is not a JSON object such as {"labels": {"team": "web"}}')
  const stranger = Object.keys(read).find((key) => key !== 'labels' && key !== 'annotations')
  if (stranger !== undefined) return err(`it has a member "${stranger}", and only labels and annotations are known`)
  return ok({ secretTemplate: read })
}

const readers: Readonly<Record<string, Reader>> = {
  'common-name': text('commonName'),
  'alt-names': list('dnsNames'),
  'ip-sans': list('ipAddresses'),
  'uri-sans': list('uris'),
  'email-sans': list('emailAddresses'),
  'subject-organizations': within('subject', quotedList('organizations')),
  'subject-organizationalunits': within('subject', quotedList('organizationalUnits')),
  'subject-countries': within('subject', quotedList('countries')),
  'subject-provinces': within('subject', quotedList('provinces')),
  'subject-localities': within('subject', quotedList('localities')),
  'subject-streetaddresses': within('subject', quotedList('streetAddresses')),
  'subject-postalcodes': within('subject', quotedList('postalCodes')),
  'subject-serialnumber': within('subject', text('serialNumber')),
  duration: text('duration'),
  'renew-before': text('renewBefore'),
  'renew-before-percentage': integer('renewBeforePercentage'),
  usages: list('usages'),
  'revision-history-limit': integer('revisionHistoryLimit'),
  'private-key-algorithm': within('privateKey', text('algorithm')),
  'private-key-encoding': within('privateKey', text('encoding')),
  'private-key-size': within('privateKey', integer('size')),
  'private-key-rotation-policy': within('privateKey', text('rotationPolicy')),
  'secret-template': template,
}

/** Words that say nothing about the spec of the Certificate: who issues, which listeners, how challenges are routed. */
const otherWords = [
  'issuer',
  'cluster-issuer',
  'issuer-kind',
  'issuer-group',
  'ignore-tls-listeners',
  'http01-edit-in-place',
  'http01-ingress-class',
  'http01-ingress-ingressclassname',
] as const

type OtherWord = (typeof otherWords)[number]

const words: readonly string[] = [...Object.keys(readers), ...otherWords]

/** Annotations by the word after the prefix, with the whole key for sentences. Ours win over cert-manager's. */
export type Notes = ReadonlyMap<string, { readonly key: string; readonly value: string }>

/** @param foreign - whether cert-manager's spelling counts */
export function readNotes(annotations: Readonly<Record<string, string>>, foreign: boolean): Notes {
  const prefixes = foreign ? [...foreignPrefixes, prefix] : [prefix]
  const notes = prefixes.flatMap((start) =>
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(start))
      .map(([key, value]) => [key.slice(start.length), { key, value }] as const),
  )
  return new Map(notes)
}

/** Whether an annotation may say something to us; all others are not kept. */
export const isWord = (key: string): boolean =>
  key === tlsByDefault || [prefix, ...foreignPrefixes].some((start) => key.startsWith(start))

export const valueOf = (notes: Notes, word: OtherWord): string | undefined => notes.get(word)?.value.trim()

/** Part of a Certificate's spec that one annotation asks for. */
export interface Fragment {
  readonly key: string
  readonly value: string
  readonly spec: JsonObject
}

/** Reads every annotation that speaks of the Certificate's spec. */
export function readFragments(notes: Notes): {
  readonly fragments: readonly Fragment[]
  readonly complaints: readonly Complaint[]
} {
  const fragments: Fragment[] = []
  const complaints: Complaint[] = []
  for (const [word, reader] of Object.entries(readers)) {
    const note = notes.get(word)
    if (note === undefined) continue
    const spec = reader(note.value)
    if (spec.ok) fragments.push({ ...note, spec: spec.value })
    else complaints.push(badAnnotation(note, spec.error))
  }
  return { fragments, complaints }
}

export function badAnnotation(
  { key, value }: { readonly key: string; readonly value: string },
  clause: string,
): Complaint {
  const shown = value.length > 64 ? `${value.slice(0, 64)}...` : value
  const message = `The annotation ${key} says "${shown}": ${clause}. Until it is mended the Certificates stay as they are.`
  return { reason: 'BadAnnotation', message }
}

/** Words under our own prefix that nobody knows: most likely typing errors. They stop nothing. */
export function unknownWords(notes: Notes): readonly Complaint[] {
  return [...notes]
    .filter(([word, { key }]) => key.startsWith(prefix) && !words.includes(word))
    .map(([word, { key }]) => {
      const meant = nearest(word, words)
      const guess = meant === undefined ? 'it has no effect' : `did you mean ${prefix}${meant}?`
      return { reason: 'UnknownAnnotation', message: `There is no annotation ${key}; ${guess}` }
    })
}

/** Lays one part of a spec over another: objects are merged, lists joined, and what stands twice is kept once. */
export function joined(under: JsonObject, over: JsonObject): JsonObject {
  const members = new Map<string, Json>(Object.entries(under))
  for (const [key, value] of Object.entries(over)) members.set(key, joinedValue(members.get(key), value))
  return Object.fromEntries(members)
}

function joinedValue(under: Json | undefined, over: Json): Json {
  if (isList(under) && isList(over)) return [...new Set([...under, ...over])]
  return isJsonObject(under) && isJsonObject(over) ? joined(under, over) : over
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

function readJson(value: string): JsonObject | undefined {
  try {
    const read: unknown = JSON.parse(value)
    return isJsonObject(read) ? read : undefined
  } catch {
    return undefined
  }
}

/** Looks at each character once, for anybody who may annotate an Ingress chooses the line. */
function splitQuoted(value: string): readonly string[] | undefined {
  const items: string[] = []
  let rest = value
  while (rest !== '') {
    const bare = rest.trimStart()
    const read = bare.startsWith('"') ? readQuoted(bare) : readBare(bare)
    if (read === undefined) return undefined
    if (read.item !== '') items.push(read.item)
    rest = read.rest
  }
  return items
}

interface ReadItem {
  readonly item: string
  readonly rest: string
}

function readBare(line: string): ReadItem | undefined {
  const end = endOf(line, line.indexOf(','))
  const item = line.slice(0, end).trim()
  return item.includes('"') ? undefined : { item, rest: line.slice(end + 1) }
}

/** @param line - begins with a quote */
function readQuoted(line: string): ReadItem | undefined {
  let close = line.indexOf('"', 1)
  while (close !== -1 && line[close + 1] === '"') close = line.indexOf('"', close + 2)
  if (close === -1) return undefined
  const end = endOf(line, line.indexOf(',', close))
  if (line.slice(close + 1, end).trim() !== '') return undefined
  return { item: line.slice(1, close).replaceAll('""', '"'), rest: line.slice(end + 1) }
}

const endOf = (line: string, found: number): number => (found === -1 ? line.length : found)
