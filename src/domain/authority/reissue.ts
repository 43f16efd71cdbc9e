/**
 * What becomes of a certificate that is under a CA that was replaced. Pure.
 *
 *   the CA changes ── planned ──► its moment ── a day ──► overdue
 *
 * `atRenewal`: the spec has certificates left alone until they are due. `kept`: it was issued after the change, for the CA goes on
 * with the former one; it is not re-issued for that change.
 */
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

export const reissueKinds = ['planned', 'overdue', 'atRenewal', 'kept'] as const
export type ReissueKind = (typeof reissueKinds)[number]

export interface Reissue {
  readonly kind: ReissueKind
  /** The subject of the CA that was replaced. */
  readonly ca: string
  /** Of those that are re-issued before they are due; undefined while the new CA is not published yet. */
  readonly at: Instant | undefined
}

/** @returns what a person is told of one certificate, in a sentence or two */
export function reissueText({ kind, ca, at }: Reissue): string {
  const was = `Its CA "${ca.slice(0, 100)}" was replaced.`
  const when = at === undefined ? 'once the new CA is published in the trust bundle' : `at ${toRfc3339(at)}`
  switch (kind) {
    case 'planned':
      return `${was} It is re-issued ${when}.`
    case 'overdue':
      return `${was} It was to be re-issued ${when}, and has not been: look at its conditions, and at those of its issuer.`
    case 'atRenewal':
      return `${was} It is left alone until it is due, as spec.rollover of its issuer has it.`
    case 'kept':
      return `${was} It was issued after that, under the former CA still, and is left alone until it is due; ask who runs the CA why it goes on with the former one.`
  }
}
