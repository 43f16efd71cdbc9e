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
  /** @returns the values at the name, without quotes; none when there is no set */
  read(txt: TxtValue, ctx: ProviderCtx): Promise<Called<{ readonly values: readonly string[]; readonly seen: S }>>
  /**
   * Puts a set in the place of what was seen. No values: removes it.
   *
   * @returns an identifier of the change, where the service has such, or `raced` when something else lies there now
   */
  write(change: SetChange<S>, ctx: ProviderCtx): Promise<Called<Written>>
}

export interface SetChange<S> {
  readonly txt: TxtValue
  readonly values: readonly string[]
  readonly seen: S
}

export type Written = { readonly kind: 'written'; readonly change?: string | undefined } | { readonly kind: 'raced' }

/** More than enough for replicas and challenges that meet by chance; a crowd comes again a little later. */
const mostTries = 5

/** @returns what was written; undefined when the set was as wanted already */
export async function edit<S>(
  store: SetStore<S>,
  { txt, action }: { readonly txt: TxtValue; readonly action: 'add' | 'remove' },
  ctx: ProviderCtx,
): Promise<Called<Extract<Written, { kind: 'written' }> | undefined>> {
  for (let tries = 0; tries < mostTries; tries++) {
    const found = await store.read(txt, ctx)
    if (!found.ok) return found
    const { values, seen } = found.value
    if (values.includes(txt.value) === (action === 'add')) return ok(undefined)
    const wanted = action === 'add' ? [...values, txt.value] : values.filter((value) => value !== txt.value)
    const written = await store.write({ txt, values: wanted, seen }, ctx)
    if (!written.ok) return written
    if (written.value.kind === 'written') return ok(written.value)
  }
  const message = `the record set ${txt.name} changes faster than a value can be put into it; it is tried again`
  return err({ ...failed('ServerFailed', message), wakeAt: plus(ctx.now(), seconds(2)) })
}
