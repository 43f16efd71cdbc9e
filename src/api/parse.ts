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

/** @returns the object's parts, or a sentence that names the path of the first thing that is wrong */
export function parseSpec<S extends z.ZodType>(object: unknown, schema: S): Result<Parsed<z.output<S>>, string> {
  if (!isJsonObject(object)) return err('This is not an object, but something else.')
  const base = envelope.safeParse(object)
  if (!base.success) return err(complaint(base.error, ''))
  const spec = checkSpec(object['spec'], schema)
  return spec.ok ? ok({ base: base.data, spec: spec.value, status: object['status'] }) : spec
}

/** @returns a spec as its schema has it, or a sentence that names the path of the first thing that is wrong */
export function checkSpec<S extends z.ZodType>(spec: unknown, schema: S): Result<z.output<S>, string> {
  const checked = schema.safeParse(spec)
  return checked.success ? ok(checked.data) : err(complaint(checked.error, 'spec'))
}

/** The first complaint, with its path, and how many more there are. */
function complaint({ issues }: z.ZodError, root: string): string {
  const { path, message } = issues[0] ?? { path: [], message: 'It cannot be understood.' }
  const rest = issues.length - 1
  const more = rest > 1 ? ` There are ${rest} more complaints.` : rest === 1 ? ' There is one more complaint.' : ''
  return `In ${pathText(root, path)}: ${message}${/[.!?]$/.test(message) ? '' : '.'}${more}`
}

/** `spec.dnsNames[0]`, as the API server writes paths. */
function pathText(root: string, path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return `${root}${text}`.replace(/^[.]/, '') || 'the object'
}
