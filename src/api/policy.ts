/**
 * CertificatePolicy: what may be asked for, and what holds where a Certificate is silent. Every policy that selects a
 * Certificate must allow it.
 */
import { z } from 'zod'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { DeepReadonly } from '../std/readonly.ts'
import { ageColumn, messageColumn, readyColumn } from './kind.ts'
import type { Kind } from './kind.ts'
import { conditions, group, observedGeneration, version } from './meta.ts'
import type { KubeObject } from './meta.ts'
import { parseSpec } from './parse.ts'
import { defaults } from './policy/defaults.ts'
import type { attribute } from './policy/names.ts'
import { rules } from './policy/rules.ts'
import { selector } from './policy/selector.ts'
import { ruled } from './rule.ts'
import type { Rule } from './rule.ts'

const spec = z
  .object({
    mode: z.enum(['Enforce', 'Audit']).exactOptional().meta({
      description:
        'Enforce: no key is made and no certificate is stored that the policy does not allow. Audit: it is said, and goes on. Enforce when not given.',
    }),
    onChange: z.enum(['Keep', 'Reissue']).exactOptional().meta({
      description:
        'What becomes of certificates that are there and that the policy does not allow: Keep them until they are renewed anyway, or Reissue them now. Keep when not given.',
    }),
    selector: selector.exactOptional(),
    deny: z.enum(['Everything', 'Unselected']).exactOptional().meta({
      description:
        'Everything: nothing that is selected is allowed. Unselected: what no policy with rules, in Enforce, selects is not allowed, which is how everything is denied by default.',
    }),
    rules: rules.exactOptional(),
    defaults: defaults.exactOptional(),
  })
  .meta({ description: 'Which Certificates it is for, and what they may ask for.' })

type SpecOutput = z.output<typeof spec>

const saysSomething: Rule<SpecOutput> = {
  cel: 'has(self.deny) || has(self.rules) || has(self.defaults)',
  holds: (value) => value.deny !== undefined || value.rules !== undefined || value.defaults !== undefined,
  message: 'This policy asks for nothing: set rules, defaults or deny.',
  accepts: [
    { rules: null, deny: 'Unselected' },
    { rules: null, defaults: { duration: '24h' } },
  ],
  rejects: [{ rules: null }],
}

const denialAlone: Rule<SpecOutput> = {
  cel: '!has(self.deny) || (!has(self.rules) && !has(self.defaults))',
  holds: (value) => value.deny === undefined || (value.rules === undefined && value.defaults === undefined),
  message: 'A policy with deny has neither rules nor defaults; put them into a policy of their own.',
  accepts: [{ rules: null, deny: 'Everything' }],
  rejects: [{ deny: 'Everything' }, { rules: null, deny: 'Unselected', defaults: { duration: '24h' } }],
}

const count = (description: string) => z.int().min(0).exactOptional().meta({ description })

const status = z
  .object({
    conditions: conditions.exactOptional(),
    observedGeneration: observedGeneration.exactOptional(),
    selected: count('How many Certificates it selects.'),
    violating: count('How many of them it does not allow.'),
  })
  .meta({ description: 'What Perennial found. Written by Perennial alone.' })

const schema = z.object({ spec: ruled(spec, [saysSomething, denialAlone]), status: status.exactOptional() })

export type PolicySpec = DeepReadonly<SpecOutput>
export type PolicyRules = NonNullable<PolicySpec['rules']>
export type PolicyDefaults = NonNullable<PolicySpec['defaults']>
export type PolicyStatus = DeepReadonly<z.output<typeof status>>
export type PolicyMode = NonNullable<PolicySpec['mode']>
export type AttributeRule = DeepReadonly<z.output<ReturnType<typeof attribute>>>

export interface CertificatePolicy extends KubeObject {
  readonly spec: PolicySpec
  readonly status?: PolicyStatus
}

export const policyKind: Kind = {
  group,
  version,
  kind: 'CertificatePolicy',
  plural: 'certificatepolicies',
  singular: 'certificatepolicy',
  shortNames: ['certpol'],
  categories: ['perennial'],
  namespaced: false,
  description: 'What certificates may be asked for. Every policy that selects a Certificate must allow it.',
  columns: [
    { ...readyColumn, description: 'Whether the policy is applied as it is written.' },
    { name: 'Mode', path: '.spec.mode', description: 'Whether it is enforced. Enforce when empty.', type: 'string' },
    { name: 'Selected', path: '.status.selected', description: 'How many Certificates it is for.', type: 'string' },
    { name: 'Violating', path: '.status.violating', description: 'How many it does not allow.', type: 'string' },
    ageColumn,
    messageColumn,
  ],
  selectableFields: [],
  schema,
  example: { rules: { isCA: false } },
}

/**
 * Reads a CertificatePolicy that came from outside. Never throws.
 *
 * @returns the policy, its status left out where it cannot be understood; or a sentence that names the path of what is wrong
 */
export function parsePolicy(object: unknown): Result<CertificatePolicy, string> {
  const parsed = parseSpec(object, schema.shape.spec)
  if (!parsed.ok) return parsed
  const parsedStatus = status.safeParse(parsed.value.status)
  const { base, spec: parsedSpec } = parsed.value
  return ok({ ...base, spec: parsedSpec, ...(parsedStatus.success ? { status: parsedStatus.data } : {}) })
}
