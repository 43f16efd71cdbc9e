/** What all our objects have in common, and the few parts of Kubernetes' own objects that Perennial reads and writes. */
import { z } from 'zod'
import type { DeepReadonly } from '../std/readonly.ts'
import { placed, ruled } from './rule.ts'
import type { Place } from './rule.ts'
import { keyedList, text, timestamp } from './schema.ts'
import { objectName, secretKey } from './texts.ts'

export const group = 'perennial.dev'
export const version = 'v1'
export const apiVersion = `${group}/${version}`

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** metav1.ObjectMeta, as far as anybody here looks at it. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly { readonly manager?: string; readonly time?: string }[]
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** The owner that made an object and keeps it as it wants it; there is one at most. */
export const controllerOf = ({ ownerReferences = [] }: ObjectMeta): OwnerReference | undefined =>
  ownerReferences.find(({ controller }) => controller === true)

/** A core/v1 Secret. `data` is base64. */
export interface Secret extends KubeObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

const condition = z
  .object({
    type: text(316, 'What the condition speaks of, for example Ready.'),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether the condition holds.' }),
    observedGeneration: z
      .int()
      .min(0)
      .exactOptional()
      .meta({ description: 'The metadata.generation of the spec that this was judged on.' }),
    lastTransitionTime: timestamp('When the status of the condition last changed.'),
    reason: text(1024, 'One word for machines that says why, from a closed list.'),
    message: z.string().max(32768).meta({ description: 'A sentence for people that says why, and what to do.' }),
  })
  .meta({ description: 'One aspect of the state of the object.' })

/** metav1.Condition. */
export type Condition = DeepReadonly<z.output<typeof condition>>

export const conditions = keyedList(condition, {
  key: 'type',
  max: 16,
  description:
    'Conditions of the object. Ready says whether it can be relied on now; Reconciling and Stalled are present only while true, as kstatus expects.',
})

export const observedGeneration = z
  .int()
  .min(0)
  .meta({ description: 'The metadata.generation of the spec that this status speaks of.' })

/** The name of an object in `place`. */
export const nameOf = (place: Place, description: string): z.ZodString =>
  ruled(text(253, description), placed(objectName, place))

/** An entry of a Secret in the same namespace (for a ClusterIssuer: in the operator's namespace). */
export function secretKeySelector(
  place: (ref: { name: string; key: string }) => ReturnType<Place>,
  description: string,
) {
  return z
    .object({
      name: nameOf((name) => place({ name, key: 'key' }), 'The name of the Secret.'),
      key: ruled(
        text(253, 'The entry of the Secret.'),
        placed(secretKey, (key) => place({ name: 'secret', key })),
      ),
    })
    .meta({ description })
}

export type SecretKeySelector = DeepReadonly<z.output<ReturnType<typeof secretKeySelector>>>

/** @param place - puts a reference with the given members into a spec */
export function issuerRef(place: (ref: Record<string, string>) => ReturnType<Place>, description: string) {
  const groupSchema = ruled(
    z.string().max(253).meta({ description: 'The API group of the issuer. Only perennial.dev is known.' }),
    placed([onlyOurGroup], (value) => place({ name: 'issuer', group: value })),
  )
  return z
    .object({
      name: nameOf((name) => place({ name }), 'The name of the Issuer or ClusterIssuer.'),
      kind: z
        .enum(['Issuer', 'ClusterIssuer'])
        .default('Issuer')
        .meta({ description: 'The kind of the issuer: Issuer (in the same namespace) or ClusterIssuer.' }),
      group: groupSchema.default(group).meta({ description: groupSchema.description }),
    })
    .meta({ description })
}

/** Which issuer a certificate comes from. */
export type IssuerRef = DeepReadonly<z.output<ReturnType<typeof issuerRef>>>

const onlyOurGroup = {
  cel: `self == '${group}'`,
  holds: (value: string) => value === group,
  message: `Perennial knows only issuers of the group ${group}; drop the field group, and make an Issuer of that group.`,
  accepts: [group],
  rejects: ['cert-manager.io', ''],
}
