/**
 * One value of a record set that others change too. Services that know only whole sets are asked what lies there, and told to
 * put another set in its place if it still does: who was slower looks again.
 */
import { err, ok } from '../../../std/result.ts'
import { plus, seconds } from '../../../std/time.ts'
import { failed } from './calls.ts'
import type { Called } from './calls.ts'
import type { ProviderCtx, TxtValue } from './provider.ts'

/** Sets of one service. `S` is what it wants to see again when it is told to replace what it showed. */
export interface SetStore<S> {
  /** @returns a value as the service writes it, with its quotes. Values of others are kept as they were written */
  encode(value: string): string
  /** @returns the values at the name; none when there is no set */
  read(txt: TxtValue, ctx: ProviderCtx): Promise<Called<Found<S>>>
  /** Puts a set in the place of what was seen. No values: removes it. */
  write(change: SetChange<S>, ctx: ProviderCtx): Promise<Called<Written>>
}

export interface Found<S> {
  readonly values: readonly string[]
  readonly seen: S
}

export interface SetChange<S> {
  readonly txt: TxtValue
  readonly values: readonly string[]
  readonly seen: S
}

/** `raced`: something else lies there now. `change`: the service's identifier of what it has begun. */
export type Written = { readonly kind: 'written'; readonly change?: string | undefined } | { readonly kind: 'raced' }

export interface Edit {
  readonly txt: TxtValue
  readonly action: 'add' | 'remove'
}

/** What became of the set. */
export type Edited = { readonly kind: 'unchanged' } | Extract<Written, { kind: 'written' }>

/** More than enough for replicas and challenges that meet by chance; a crowd comes again a little later. */
const mostTries = 5

export async function edit<S>(store: SetStore<S>, { txt, action }: Edit, ctx: ProviderCtx): Promise<Called<Edited>> {
  const own = store.encode(txt.value)
  for (let tries = 0; tries < mostTries; tries++) {
    const found = await store.read(txt, ctx)
    if (!found.ok) return found
    const { values, seen } = found.value
    if (values.includes(own) === (action === 'add')) return ok({ kind: 'unchanged' })
    const wanted = action === 'add' ? [...values, own] : values.filter((value) => value !== own)
    const written = await store.write({ txt, values: wanted, seen }, ctx)
    if (!written.ok) return written
    if (written.value.kind === 'written') return ok(written.value)
  }
  const message = `the record set ${txt.name} changes faster than a value can be put into it; it is tried again`
  return err({ ...failed('ServerFailed', message), wakeAt: plus(ctx.now(), seconds(2)) })
}
