import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Alert } from '../../../../src/domain/notify/alerts.ts'
import { messageOf } from '../../../../src/domain/notify/message.ts'
import { delivered, digestDue, emptyMemory, plan } from '../../../../src/domain/notify/plan.ts'
import type { Memory, Route, Rules } from '../../../../src/domain/notify/plan.ts'
import { instant, minutes, plus } from '../../../../src/std/time.ts'
import type { Instant } from '../../../../src/std/time.ts'

const start = instant(Date.parse('2026-11-24T06:00:00Z'))
const after = (count: number): Instant => plus(start, minutes(count))

const alert = (name: string, more: Partial<Alert> = {}): Alert => ({
  key: `shop/${name}`,
  kind: 'Failing',
  severity: 'warning',
  namespace: 'shop',
  name,
  owner: undefined,
  issuer: 'Issuer/ca',
  notAfter: undefined,
  message: 'The CA is down.',
  ...more,
})

const route = (more: Partial<Route> = {}): Route => ({
  owners: [],
  namespaces: [],
  severity: 'warning',
  channels: ['chat'],
  ...more,
})

const rulesOf = (...routes: readonly Route[]): Rules => ({ routes, holdFor: minutes(5) })

interface With {
  readonly rules?: Rules
  readonly unread?: readonly string[]
}

/** One look: what is told, and what is remembered when every letter is taken. */
function look(
  alerts: readonly Alert[],
  memory: Memory,
  at: Instant,
  { rules = rulesOf(route()), unread = [] }: With = {},
) {
  const planned = plan(alerts, { memory, rules, now: at, unread })
  const told = planned.letters.flatMap(({ channel, notices }) =>
    notices.map((one) => `${channel} ${one.kind} ${one.kind === 'raised' ? one.alert.key : one.key}`),
  )
  return { told, memory: planned.letters.reduce(delivered, planned.memory), undelivered: planned.memory }
}

describe('a plan of notifications', () => {
  it('tells of an alert once it has stood long enough, once, and when it is over', () => {
    const first = look([alert('web')], emptyMemory, start)
    expect(first.told).toEqual([])
    const second = look([alert('web')], first.memory, after(5))
    expect(second.told).toEqual(['chat raised shop/web'])
    const third = look([alert('web')], second.memory, after(600))
    expect(third.told).toEqual([])
    const fourth = look([], third.memory, after(601))
    expect(fourth.told).toEqual(['chat resolved shop/web'])
    expect(look([], fourth.memory, after(602)).told).toEqual([])
  })

  it('does not say that it is over with what lies where nobody could look', () => {
    const old = alert('old', { key: 'shop/Secret/old' })
    const told = look([old], look([old], emptyMemory, start).memory, after(5))
    expect(told.told).toEqual(['chat raised shop/Secret/old'])
    const blind = look([], told.memory, after(6), { unread: ['Secret'] })
    expect(blind.told).toEqual([])
    expect(look([old], blind.memory, after(7)).told).toEqual([])
    expect(look([], blind.memory, after(7), { unread: ['ConfigMap'] }).told).toEqual(['chat resolved shop/Secret/old'])
  })

  it.each(['yesterday', '', '2999-01-01T00:00:00Z'])(
    'counts from now where what is remembered is no time gone by: %j',
    (since) => {
      const first = look([alert('web')], { ...emptyMemory, standing: { 'shop/web': since } }, start)
      expect(first.told).toEqual([])
      expect(look([alert('web')], first.memory, after(5)).told).toEqual(['chat raised shop/web'])
    },
  )

  it('never tells of what mended itself before its time', () => {
    const first = look([alert('web')], emptyMemory, start)
    const second = look([], first.memory, after(4))
    expect(second.told).toEqual([])
    expect(look([alert('web')], second.memory, after(6)).told).toEqual([])
  })

  it('tells again when it becomes worse, and not when it becomes better', () => {
    const old = look([alert('web')], look([alert('web')], emptyMemory, start).memory, after(5))
    const worse = look([alert('web', { severity: 'critical' })], old.memory, after(6))
    expect(worse.told).toEqual(['chat raised shop/web'])
    expect(look([alert('web')], worse.memory, after(7)).told).toEqual([])
  })

  it('tells again what was not taken', () => {
    const first = look([alert('web')], emptyMemory, start)
    const second = look([alert('web')], first.memory, after(5))
    expect(look([alert('web')], second.undelivered, after(6)).told).toEqual(['chat raised shop/web'])
  })

  it.each([
    ['of an owner', route({ owners: ['a'] }), alert('web', { owner: 'a' }), 1],
    ['of another owner', route({ owners: ['a'] }), alert('web', { owner: 'b' }), 0],
    ['of nobody, to owners', route({ owners: ['a'] }), alert('web'), 0],
    ['of a namespace', route({ namespaces: ['shop'] }), alert('web'), 1],
    ['of another namespace', route({ namespaces: ['mail'] }), alert('web'), 0],
    ['critical alone', route({ severity: 'critical' }), alert('web'), 0],
    ['critical', route({ severity: 'critical' }), alert('web', { severity: 'critical' }), 1],
    ['to two channels', route({ channels: ['chat', 'mail'] }), alert('web'), 2],
  ])('routes what is %s', (_words, one, about, letters) => {
    const rules = rulesOf(one)
    const { memory } = look([about], emptyMemory, start, { rules })
    expect(look([about], memory, after(5), { rules }).told).toHaveLength(letters)
  })

  it('says each severity of each alert at most once to a channel, whatever comes and goes while it stands', () => {
    const severities = fc.array(fc.constantFrom('warning' as const, 'critical' as const), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(severities, (seen) => {
        let memory: Memory = emptyMemory
        let told = 0
        for (const [index, severity] of seen.entries()) {
          const next = look([alert('web', { severity })], memory, after(index * 5))
          memory = next.memory
          told += next.told.length
        }
        expect(told).toBeLessThanOrEqual(2)
      }),
    )
  })
})

describe('the words of a letter', () => {
  it('names the certificate, what is wrong, and what to type', () => {
    const { subject, lines } = messageOf([{ kind: 'raised', alert: alert('web') }])
    expect(subject).toBe('Perennial: shop/web: Failing, warning')
    expect(lines).toEqual([
      'shop/web (Issuer/ca): Failing, warning. The CA is down. See: kubectl perennial why web -n shop',
    ])
  })

  it('of what nobody manages says where to look at it', () => {
    const { lines } = messageOf([{ kind: 'raised', alert: alert('old', { key: 'shop/Secret/old' }) }])
    expect(lines[0]).toMatch(/See: kubectl perennial inventory -n shop --secrets -q q=old$/)
  })

  it('stays readable in a disaster', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({ kind: 'raised', alert: alert(`web-${i}`) }) as const)
    const { subject, lines, notices } = messageOf(many)
    expect(subject).toBe('Perennial: 2000 certificates in trouble')
    expect(lines).toHaveLength(51)
    expect(lines.at(-1)).toBe('And 1950 more: kubectl perennial inventory -A.')
    expect(notices).toHaveLength(50)
  })
})

describe('a digest', () => {
  it.each([
    [undefined, '06:00', '2026-11-24'],
    ['2026-11-23', '06:00', '2026-11-24'],
    ['2026-11-24', '06:00', undefined],
    [undefined, '06:01', undefined],
  ])('after that of %s at %s is due for %s', (last, at, day) => {
    expect(digestDue(last, at, start)).toBe(day)
  })

  it.each(['some day', '2999-01-01', '2026-11-26'])('is not kept from coming by a day that cannot be: %s', (last) => {
    expect(digestDue(last, '06:00', start)).toBe('2026-11-24')
  })

  it('does not come twice where the clock of another leader was past midnight already', () => {
    expect(digestDue('2026-11-25', '06:00', start)).toBeUndefined()
  })
})
