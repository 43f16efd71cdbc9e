import { describe, expect, it } from '@jest/globals'
import { contextOf } from '../../../../support/dns-providers/context.ts'
import { CloudflareWorld } from '../../../../support/dns-providers/cloudflare.ts'
import { Service } from '../../../../support/dns-providers/service.ts'
import { failed } from '../../../../../src/enroll/solvers/dns01/calls.ts'
import { PendingChanges } from '../../../../../src/enroll/solvers/dns01/pending.ts'
import type { ProviderCtx } from '../../../../../src/enroll/solvers/dns01/provider.ts'
import { edit } from '../../../../../src/enroll/solvers/dns01/recordset.ts'
import type { SetStore } from '../../../../../src/enroll/solvers/dns01/recordset.ts'
import { TokenCache } from '../../../../../src/enroll/solvers/dns01/tokens.ts'
import { silentLogger } from '../../../../../src/std/log.ts'
import { err, ok } from '../../../../../src/std/result.ts'
import { instant, minutes, plus, seconds } from '../../../../../src/std/time.ts'

const txt = {
  name: '_acme-challenge.x.example',
  zone: 'x.example',
  value: 'v',
  ttl: minutes(1),
  identifier: 'x.example',
}

async function withCtx(use: (ctx: ProviderCtx) => Promise<void>): Promise<void> {
  const service = await Service.open(new CloudflareWorld({}, []))
  await use(contextOf({ service, signal: AbortSignal.timeout(5000), log: silentLogger }))
  await service.close()
}

describe('one value of a set', () => {
  const store = (races: number): SetStore<number> & { readonly writes: string[][] } => {
    const writes: string[][] = []
    return {
      writes,
      encode: (value) => `"${value}"`,
      read: () => Promise.resolve(ok({ values: ['"other" "in two"'], seen: writes.length })),
      write: ({ values }) => {
        writes.push([...values])
        return Promise.resolve(ok(writes.length <= races ? { kind: 'raced' } : { kind: 'written', change: 'c' }))
      },
    }
  }

  it('is put beside what others wrote, exactly as they wrote it', () =>
    withCtx(async (ctx) => {
      const sets = store(0)
      expect(await edit(sets, { txt, action: 'add' }, ctx)).toEqual(ok({ kind: 'written', change: 'c' }))
      expect(sets.writes).toEqual([['"other" "in two"', '"v"']])
    }))

  it('is put after others were faster, and a little later when they go on', () =>
    withCtx(async (ctx) => {
      expect(await edit(store(4), { txt, action: 'add' }, ctx)).toMatchObject({ ok: true })
      const change = await edit(store(9), { txt, action: 'add' }, ctx)
      expect(change).toMatchObject({ ok: false, error: { fault: { code: 'ServerFailed' } } })
      if (!change.ok) expect(change.error.wakeAt).toBeGreaterThan(ctx.now() - 1)
    }))

  it('that is not there is not taken away', () =>
    withCtx(async (ctx) => {
      const sets = store(0)
      expect(await edit(sets, { txt, action: 'remove' }, ctx)).toEqual(ok({ kind: 'unchanged' }))
      expect(sets.writes).toEqual([])
    }))
})

describe('a change that takes its time', () => {
  const states = {
    'is waited for while the service says so': [ok(false), 'later'],
    'is done when the service says so': [ok(true), 'done'],
    'is done when the service may not be asked, for DNS is looked at anyway': [
      err(failed('CredentialsRejected', 'no')),
      'done',
    ],
    'is waited for while the service has no time': [err(failed('RateLimited', 'not now')), 'deferred'],
  } as const

  it.each(Object.entries(states))('%s', (_title, [answer, kind]) =>
    withCtx(async (ctx) => {
      const pending = new PendingChanges()
      pending.keep(txt, 'c1')
      expect((await pending.stateOf(txt, () => Promise.resolve(answer), ctx)).kind).toBe(kind)
    }),
  )

  it('is not asked for when nobody knows of it', () =>
    withCtx(async (ctx) => {
      const pending = new PendingChanges()
      pending.keep({ ...txt, value: 'another' }, 'c1')
      const asked = (): never => {
        throw new Error('it was asked')
      }
      expect(await pending.stateOf(txt, asked, ctx)).toEqual({ kind: 'done' })
    }))
})

describe('a token', () => {
  const now = instant(1_000_000)

  it('is asked for once by all who want it at the same time, and again before it expires', async () => {
    const cache = new TokenCache<string>()
    let asked = 0
    const ask = () => Promise.resolve(ok({ value: `t${++asked}`, expiresAt: plus(now, minutes(60)) }))
    const both = await Promise.all([cache.take(now, ask), cache.take(now, ask)])
    expect(both).toEqual([ok('t1'), ok('t1')])
    expect(await cache.take(plus(now, minutes(57)), ask)).toEqual(ok('t1'))
    expect(await cache.take(plus(now, minutes(59)), ask)).toEqual(ok('t2'))
  })

  it('that was refused is asked for anew, and still kept out of messages', async () => {
    const cache = new TokenCache<string>()
    await cache.take(now, () => Promise.resolve(ok({ value: 'old', expiresAt: plus(now, seconds(3600)) })))
    cache.drop()
    expect(cache.last).toBe('old')
    const refusal = err(failed('RateLimited', 'not now'))
    expect(await cache.take(now, () => Promise.resolve(refusal))).toEqual(refusal)
  })
})
