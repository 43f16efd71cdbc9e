/**
 * From zod's JSON schema to the structural schema that the API server accepts, and the rules of ours that say more than the
 * server's own: what it refuses, what it prices too high, and what `kubectl explain` would show badly is found by a test.
 */
import { isJsonObject } from '../std/json.ts'
import type { Json, JsonObject } from '../std/json.ts'
import { rulesKey } from './rule.ts'

/** The order in which a node's members are written. Everything else that may stand in a node is not in the list, and refused. */
const memberOrder = [
  'description',
  'type',
  'format',
  'enum',
  'default',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'maxItems',
  'maxProperties',
  'required',
  'properties',
  'items',
  'additionalProperties',
  'x-kubernetes-map-type',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
] as const

const position = (member: string): number => {
  const at = memberOrder.findIndex((known) => known === member)
  return at === -1 ? memberOrder.length : at
}

/**
 * @param node - as `z.toJSONSchema` makes it, with our rules in its metadata
 * @returns the same as a structural schema, members in a stable order; what has no place in one is left for {@link lint}
 */
export function structural(node: JsonObject): JsonObject {
  const members = Object.entries(node).flatMap(([member, value]) => rewrite(member, value))
  const isOpaque = node['x-kubernetes-preserve-unknown-fields'] === true && node['type'] === undefined
  const typed: [string, Json][] = isOpaque ? [...members, ['type', 'object']] : members
  return Object.fromEntries(typed.sort(([a], [b]) => position(a) - position(b)))
}

function rewrite(member: string, value: Json): readonly [string, Json][] {
  switch (member) {
    case '$schema':
      return []
    // z.int() states the limits of JavaScript's numbers, which are nobody's rule.
    case 'maximum':
    case 'minimum':
      return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? [] : [[member, value]]
    case 'properties':
      return isJsonObject(value) ? [[member, mapValues(value)]] : []
    case 'items':
    case 'additionalProperties':
      return isJsonObject(value) ? [[member, structural(value)]] : [[member, value]]
    case rulesKey:
      return Array.isArray(value) ? [['x-kubernetes-validations', value.filter(isJsonObject).map(validation)]] : []
    default:
      return [[member, value]]
  }
}

function mapValues(properties: JsonObject): JsonObject {
  const entries = Object.entries(properties).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
  return Object.fromEntries(entries.map(([name, node]) => [name, structural(node)]))
}

function validation(rule: JsonObject): JsonObject {
  const { cel = '', message = '', field } = rule
  return { rule: cel, message, ...(typeof field === 'string' ? { fieldPath: `.${field}` } : {}) }
}

/**
 * @param node - a structural schema
 * @param path - where it stands, for the complaints
 * @returns a sentence for each thing that is not as it should be
 */
export function lint(node: JsonObject, path: string): readonly string[] {
  const unknown = Object.keys(node).filter((member) => position(member) === memberOrder.length)
  return [
    ...unknown.map((member) => `${path}: ${member} has no place in a structural schema.`),
    ...complaints(node).map((complaint) => `${path}: ${complaint}`),
    ...children(node).flatMap(([step, child]) => lint(child, `${path}${step}`)),
  ]
}

function children(node: JsonObject): readonly (readonly [string, JsonObject])[] {
  const { properties, items, additionalProperties } = node
  const named = isJsonObject(properties) ? Object.entries(properties).map(([name, child]) => [`.${name}`, child]) : []
  const all = [...named, ['[]', items], ['{}', additionalProperties]]
  return all.flatMap(([step, child]) =>
    typeof step === 'string' && isJsonObject(child) ? [[step, child] as const] : [],
  )
}

function complaints(node: JsonObject): readonly string[] {
  const found = [...typeComplaints(node), ...messageComplaints(node)]
  return isSentence(node['description']) ? found : [...found, 'the description must be a sentence.']
}

function typeComplaints(node: JsonObject): string[] {
  switch (node['type']) {
    case 'string':
      return node['maxLength'] === undefined && node['enum'] === undefined ? ['a text needs maxLength or enum.'] : []
    case 'array':
      return arrayComplaints(node)
    case 'object':
      return objectComplaints(node)
    case 'boolean':
      return []
    case 'integer':
    case 'number':
      return node['minimum'] === undefined ? ['a number needs a minimum.'] : []
    default:
      return ['the node has no type that a structural schema knows.']
  }
}

function arrayComplaints(node: JsonObject): string[] {
  const found = node['maxItems'] === undefined ? ['a list needs maxItems.'] : []
  const type = node['x-kubernetes-list-type']
  const keys = node['x-kubernetes-list-map-keys']
  if (type !== 'atomic' && type !== 'map') found.push('a list says how it is merged: atomic or map.')
  if (type === 'map' && !(Array.isArray(keys) && keys.length > 0)) found.push('a map list names its keys.')
  return found
}

function objectComplaints(node: JsonObject): string[] {
  const ways = ['properties', 'additionalProperties', 'x-kubernetes-preserve-unknown-fields']
  const used = ways.filter((way) => node[way] !== undefined)
  const found =
    used.length === 1 ? [] : ['an object has either properties, or values of one type, or is kept as it is.']
  if (node['additionalProperties'] !== undefined && node['maxProperties'] === undefined)
    found.push('a map needs maxProperties.')
  return found
}

function messageComplaints(node: JsonObject): readonly string[] {
  const validations = node['x-kubernetes-validations']
  const rules = Array.isArray(validations) ? validations.filter(isJsonObject) : []
  const messages = rules.map(({ message }) => (typeof message === 'string' ? message : ''))
  return messages
    .filter((message) => !isSentence(message))
    .map((message) => `the message "${message}" is not a sentence.`)
}

/** Ends as a sentence does. Begins with a capital, or with the name of a field. */
function isSentence(text: Json | undefined): boolean {
  return typeof text === 'string' && /^[A-Za-z].*\.$/s.test(text) && /[A-Z ]/.test(text)
}
