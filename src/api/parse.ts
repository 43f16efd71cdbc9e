/** From objects of unknown shape to ours. What a person wrote is held to the schema; what the API server wrote is trusted. */
import { z } from 'zod'
import { isJsonObject } from '../std/json.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { KubeObject, ObjectMeta } from './meta.ts'

export interface Parsed<S> {
  readonly base: KubeObject
  readonly spec: S
  /** As it came. */
  readonly status: unknown
}

const strings = z.record(z.string(), z.string()).optional()

/** The members of metadata that decisions are made on; the rest is passed on as it is. */
const metadata = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: strings,
  annotations: strings,
})

const envelope = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.custom<ObjectMeta>((value) => metadata.safeParse(value).success, 'has no name or is not an object'),
})

/** @returns the object's parts, or sentences that name the path of each thing that is wrong */
export function parseSpec<S extends z.ZodType>(object: unknown, schema: S): Result<Parsed<z.output<S>>, string> {
  if (!isJsonObject(object)) return err('This is not an object, but something else.')
  const base = envelope.safeParse(object)
  if (!base.success) return err(complaint(base.error, ''))
  const spec = checkSpec(object['spec'], schema)
  return spec.ok ? ok({ base: base.data, spec: spec.value, status: object['status'] }) : spec
}

/** @returns a spec as its schema has it, or sentences that name the path of each thing that is wrong */
export function checkSpec<S extends z.ZodType>(spec: unknown, schema: S): Result<z.output<S>, string> {
  const checked = schema.safeParse(spec)
  return checked.success ? ok(checked.data) : err(complaint(checked.error, 'spec'))
}

/** A list may be wrong in every entry, and nobody reads a thousand sentences. */
const mostNamed = 5

/** Every complaint with its path; of very many the first, and how many more there are. */
function complaint({ issues }: z.ZodError, root: string): string {
  // Of one more it is as short to say what it is.
  const named = issues.length <= mostNamed + 1 ? issues : issues.slice(0, mostNamed)
  const sentences = named.map(
    ({ path, message }) => `In ${pathText(root, path)}: ${message}${/[.!?]$/.test(message) ? '' : '.'}`,
  )
  const rest = issues.length - named.length
  return [...sentences, ...(rest === 0 ? [] : [`There are ${rest} more complaints.`])].join(' ')
}

/** `spec.dnsNames[0]`, as the API server writes paths. */
function pathText(root: string, path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return `${root}${text}`.replace(/^[.]/, '') || 'the object'
}
