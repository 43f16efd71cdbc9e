/**
 * Rules that a schema alone cannot say. Each exists once, in two languages: as CEL for the API server and as a predicate for
 * zod. Its samples are run through both, so that the two cannot drift apart.
 */
import type { z } from 'zod'
import type { JsonObject } from '../std/json.ts'

export interface Rule<T> {
  /** CEL over `self`, the value the rule is attached to. The server prices it: everything it touches is bounded in size. */
  readonly cel: string
  /** Says the same as {@link Rule.cel}. */
  readonly holds: (value: T) => boolean
  /** A sentence or two: what is wrong and what to do. The server puts the path, and a text's value, in front of it. */
  readonly message: string
  /** The member of the value that the complaint is about. Default: the value itself. */
  readonly field?: string
  /** Merge patches (RFC 7386) on the example spec of the kind; with each, the whole object is accepted. */
  readonly accepts: readonly JsonObject[]
  /** Merge patches on the example spec of the kind; with each, the object is refused with {@link Rule.message}. */
  readonly rejects: readonly JsonObject[]
}

/** The key under which a schema's metadata holds its rules, until `structural.ts` turns them into CEL. */
export const rulesKey = 'rules'

/**
 * Attaches rules to a schema. To be called before `optional`, on a schema whose description is already set.
 *
 * @returns the same schema, which now also checks the rules and carries them in its metadata
 */
export function ruled<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  const checked = schema.check((context) => {
    for (const { holds, message, field } of rules) {
      if (holds(context.value)) continue
      context.issues.push({
        code: 'custom',
        input: context.value,
        message,
        path: field === undefined ? [] : [field],
      })
    }
  })
  return checked.meta({ ...schema.meta(), [rulesKey]: rules })
}

/** A rule about a text, wherever it stands: samples are bare texts. */
export interface TextRule {
  readonly cel: string
  readonly holds: (text: string) => boolean
  readonly message: string
  readonly accepts: readonly string[]
  readonly rejects: readonly string[]
}

/** Where in a spec a text stands: makes the merge patch that puts it there. */
export type Place = (text: string) => JsonObject

/** Rules about texts, with samples for one place. */
export function placed(rules: readonly TextRule[], place: Place): readonly Rule<string>[] {
  return rules.map((rule) => ({ ...rule, accepts: rule.accepts.map(place), rejects: rule.rejects.map(place) }))
}

/** A TextRule that is one regular expression: the CEL text and the predicate are made of the same pattern. */
export function matching(pattern: RegExp, rest: Omit<TextRule, 'cel' | 'holds'>): TextRule {
  return { ...rest, cel: `self.matches(${celText(pattern.source)})`, holds: (text) => pattern.test(text) }
}

/** A string literal of CEL. */
export function celText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
