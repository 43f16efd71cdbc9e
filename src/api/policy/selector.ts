/** Which Certificates a policy is for. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import { placed, ruled } from '../rule.ts'
import type { Rule } from '../rule.ts'
import { list, text, textMap } from '../schema.ts'
import { labelKey, labelValue, namePattern } from './patterns.ts'

type Put = (value: JsonObject) => JsonObject

const expression = (put: Put) => {
  const at = (member: JsonObject): JsonObject =>
    put({ matchExpressions: [{ key: 'team', operator: 'Exists', ...member }] })
  const shape = z
    .object({
      key: ruled(
        text(317, 'The key of the label.'),
        placed(labelKey, (key) => at({ key })),
      ),
      operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).meta({
        description: 'In and NotIn look at the value, Exists and DoesNotExist at whether there is such a label.',
      }),
      values: list(
        ruled(
          z.string().max(63).meta({ description: 'A value of the label.' }),
          placed(labelValue, (value) => at({ operator: 'In', values: [value] })),
        ),
        { max: 32, description: 'The values, for In and NotIn.' },
      ).exactOptional(),
    })
    .meta({ description: 'A condition on one label.' })
  const needsValues: Rule<z.output<typeof shape>> = {
    cel: "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
    holds: ({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') === values.length > 0,
    message: 'In and NotIn take values; Exists and DoesNotExist take none.',
    accepts: [at({}), at({ operator: 'NotIn', values: ['web'] })],
    rejects: [at({ operator: 'In' }), at({ values: ['web'] }), at({ operator: 'NotIn', values: [] })],
  }
  return ruled(shape, [needsValues])
}

const labelSelector = (put: Put, description: string) =>
  z
    .object({
      matchLabels: textMap(
        ruled(
          z.string().max(63).meta({ description: 'The value of the label.' }),
          placed(labelValue, (value) => put({ matchLabels: { team: value } })),
        ),
        'Labels that must be there with these values.',
      ).exactOptional(),
      matchExpressions: list(expression(put), {
        max: 16,
        description: 'Conditions on labels; all of them must hold.',
      }).exactOptional(),
    })
    .meta({ description })

/** @param put - puts a list with one pattern into a spec */
export const issuerPatterns = (put: Put, description: string) =>
  list(
    z
      .object({
        kind: z
          .enum(['Issuer', 'ClusterIssuer'])
          .exactOptional()
          .meta({ description: 'The kind of the issuer. Both when not given.' }),
        name: ruled(
          text(253, 'The name of the issuer; * stands for any characters.'),
          placed(namePattern, (name) => put({ name })),
        ),
      })
      .meta({ description: 'Issuers by kind and name.' }),
    { max: 32, description },
  )

export const selector = z
  .object({
    namespaces: labelSelector(
      (value) => ({ selector: { namespaces: value } }),
      'Labels of the namespace. Every namespace has the label kubernetes.io/metadata.name. All namespaces when not given.',
    ).exactOptional(),
    certificates: labelSelector(
      (value) => ({ selector: { certificates: value } }),
      'Labels of the Certificate. All Certificates when not given.',
    ).exactOptional(),
    issuerRefs: issuerPatterns(
      (value) => ({ selector: { issuerRefs: [value] } }),
      'Certificates that name one of these issuers, first or to fall back to. All issuers when not given.',
    ).exactOptional(),
  })
  .meta({ description: 'Which Certificates the policy is for: those that all members fit. All when not given.' })
