import type { IssuerView } from '../../src/domain/snapshot.ts'
import type { Instant } from '../../src/std/time.ts'
import type { Authority } from './authority.ts'
import type { Dice } from './dice.ts'

/** The Issuer as it really is. */
export interface IssuerTruth {
  readonly name: string
  exists: boolean
  generation: number
  /** Two servers behind one name, one of them broken: a probe may meet either. */
  isFlapping: boolean
  /** The Certificates that a policy does not allow to name it. */
  readonly denies: Set<string>
}

interface Sight {
  readonly issuer: IssuerTruth
  readonly authority: Authority
  readonly dice: Dice
  readonly before: IssuerView | undefined
}

/** What a probe finds. */
export function look({ issuer, authority, dice, before }: Sight, now: Instant): IssuerView {
  const since = before === undefined || before.kind === 'ready' ? now : before.since
  if (!issuer.exists) return { kind: 'missing', since, message: 'the issuer does not exist' }
  const looksBad = issuer.isFlapping ? dice.chance(0.5) : authority.mood === 'blocked' || authority.mood === 'down'
  if (looksBad) return { kind: 'notReady', since, message: 'the issuer is not ready' }
  const isSame = before?.kind === 'ready' && before.generation === issuer.generation
  return {
    kind: 'ready',
    protocol: authority.practice.manner,
    uid: issuer.name,
    generation: issuer.generation,
    inProcess: authority.practice.manner === 'inProcess',
    renewsWithCurrent: false,
    advises: authority.practice.advice !== undefined,
    readySince: isSame ? before.readySince : now,
  }
}

export function isNews(before: IssuerView | undefined, view: IssuerView): boolean {
  if (before?.kind !== view.kind) return true
  return before.kind === 'ready' && view.kind === 'ready' && before.generation !== view.generation
}
