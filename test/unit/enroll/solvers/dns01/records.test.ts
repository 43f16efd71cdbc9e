import { describe, expect, it } from '@jest/globals'
import type { Dns01Spec } from '../../../../../src/api/issuer/dns01.ts'
import { fault } from '../../../../../src/domain/fault.ts'
import type { Ctx } from '../../../../../src/enroll/enroller.ts'
import type { DnsChange, DnsProvider, TxtValue } from '../../../../../src/enroll/solvers/dns01/provider.ts'
import { DnsRecords } from '../../../../../src/enroll/solvers/dns01/records.ts'
import { instant, minutes, plus, seconds } from '../../../../../src/std/time.ts'
import type { Duration } from '../../../../../src/std/time.ts'
import { FakeDns } from '../../../../support/fakedns.ts'
import { lonelyCtx } from '../../../../support/lonelyctx.ts'

const start = instant(Date.parse('2026-11-24T12:00:00Z'))

/** Puts values into the fake, as a service would; or says what it is told to say. */
class Provider implements DnsProvider {
  readonly calls: string[] = []
  says: DnsChange = { kind: 'done' }
  readonly #dns: FakeDns

  constructor(dns: FakeDns) {
    this.#dns = dns
  }

  present({ name, zone, value }: TxtValue): Promise<DnsChange> {
    this.calls.push(`present ${name} in ${zone}`)
    const values = this.#dns.texts.get(name) ?? []
    if (this.says.kind === 'done') this.#dns.texts.set(name, [...values, value])
    return Promise.resolve(this.says)
  }

  remove({ name, zone, value }: TxtValue): Promise<DnsChange> {
    this.calls.push(`remove ${name} in ${zone}`)
    const values = this.#dns.texts.get(name) ?? []
    if (this.says.kind === 'done')
      this.#dns.texts.set(
        name,
        values.filter((one) => one !== value),
      )
    return Promise.resolve(this.says)
  }
}

const proof = { name: '_acme-challenge.www.Example.com', value: 'digest', identifier: 'www.example.com' }
const hook: Dns01Spec = { webhook: { groupName: 'acme.example.com', solverName: 'any' } }

function scene(spec: Dns01Spec = hook) {
  const dns = new FakeDns()
  dns.zones.set('example.com', ['ns1.example.com', 'ns2.example.net'])
  const provider = new Provider(dns)
  const warnings: string[] = []
  const ctxAfter = (passed: Duration = seconds(0)): Ctx => {
    const ctx = lonelyCtx(plus(start, passed))
    const warn = (message: string): void => void warnings.push(message)
    return { ...ctx, log: { ...ctx.log, warn }, surroundings: { ...ctx.surroundings, dns } }
  }
  return { dns, provider, warnings, ctxAfter, records: new DnsRecords(spec, provider) }
}

describe('a TXT record of a proof', () => {
  it('goes into the zone that holds its name, and is ready once every server of the zone serves it', async () => {
    const { dns, provider, ctxAfter, records } = scene()
    dns.zones.set('www.example.com', ['ns.sub.example.com'])
    expect(await records.present(proof, 'look', ctxAfter())).toEqual({ kind: 'ready' })
    expect(provider.calls).toEqual(['present _acme-challenge.www.example.com in www.example.com'])
    expect(dns.asked).toContain('TXT _acme-challenge.www.example.com @ns.sub.example.com:5353')
  })

  it('finds its zone by the names above where servers send no SOA with what they do not have', async () => {
    const { dns, provider, ctxAfter, records } = scene()
    dns.bare = true
    await records.present(proof, 'look', ctxAfter())
    expect(provider.calls).toEqual(['present _acme-challenge.www.example.com in example.com'])
  })

  it('is put once however often it is looked for, and once more by a new process', async () => {
    const { dns, provider, ctxAfter, records } = scene()
    dns.lagging.add('ns2.example.net')
    for (let poll = 0; poll < 3; poll += 1) await records.present(proof, 'look', ctxAfter())
    expect(provider.calls).toHaveLength(1)
    await new DnsRecords(hook, provider).present(proof, 'look', ctxAfter())
    expect(provider.calls).toHaveLength(2)
  })

  it('is waited for while a server lags behind, first shortly and then longer, and says which', async () => {
    const { dns, ctxAfter, records } = scene()
    dns.lagging.add('ns2.example.net')
    const waits: unknown[] = []
    for (const passed of [0, 20, 50]) {
      const presence = await records.present(proof, 'look', ctxAfter(seconds(passed)))
      expect(presence).toMatchObject({
        kind: 'waiting',
        note: 'waiting for DNS: ns2.example.net does not serve the TXT record of _acme-challenge.www.example.com yet',
      })
      if (presence.kind === 'waiting') waits.push((presence.wakeAt - start) / 1000 - passed)
    }
    expect(waits).toEqual([2, 5, 12.5])
    dns.lagging.clear()
    expect(await records.present(proof, 'look', ctxAfter(seconds(55)))).toEqual({ kind: 'ready' })
  })

  it('is shown to the CA all the same when a server stays silent for the whole time of propagation', async () => {
    const { dns, ctxAfter, records } = scene()
    dns.silent.add('ns1.example.com')
    const presence = await records.present(proof, 'look', ctxAfter())
    expect(presence).toMatchObject({
      note: expect.stringContaining('ns1.example.com: ns1.example.com did not answer.'),
    })
    expect(await records.present(proof, 'look', ctxAfter(minutes(1)))).toEqual({
      kind: 'ready',
      unseen: expect.stringContaining('ns1.example.com did not answer.'),
    })
  })

  it('is not looked at where the solver says so', async () => {
    const { dns, ctxAfter, records } = scene()
    dns.lagging.add('ns1.example.com')
    expect(await records.present(proof, 'trust', ctxAfter())).toEqual({ kind: 'ready' })
  })

  it('is looked up at the resolver where no other server may be asked', async () => {
    const { dns, ctxAfter, records } = scene()
    dns.asksAuthoritative = false
    expect(await records.present(proof, 'look', ctxAfter())).toEqual({ kind: 'ready' })
    dns.texts.clear()
    expect(await records.present(proof, 'look', ctxAfter())).toMatchObject({ kind: 'waiting' })
    expect(dns.asked.filter((question) => question.includes('@'))).toEqual([])
  })

  const target = 'a1b2.challenges.example.net'

  it.each([
    ['Follow', `present ${target} in challenges.example.net`],
    ['None', 'present _acme-challenge.www.example.com in example.com'],
  ] as const)(
    'goes, where its name is an alias and cnameStrategy is %s, to the right place',
    async (cnameStrategy, call) => {
      const { dns, provider, ctxAfter, records } = scene({ ...hook, cnameStrategy })
      dns.zones.set('challenges.example.net', ['ns.example.net'])
      dns.aliases.set('_acme-challenge.www.example.com', 'www.hop.example.com').set('www.hop.example.com', target)
      await records.present(proof, 'look', ctxAfter())
      expect(provider.calls).toEqual([call])
      expect(dns.asked).toContain(`TXT ${target} @ns.example.net:5353`)
    },
  )

  it('is refused where aliases lead in a circle', async () => {
    const { dns, ctxAfter, records } = scene({ ...hook, cnameStrategy: 'Follow' })
    dns.aliases.set('_acme-challenge.www.example.com', 'a.test').set('a.test', '_acme-challenge.www.example.com')
    expect(await records.present(proof, 'look', ctxAfter())).toMatchObject({
      kind: 'failed',
      fault: { code: 'Misconfigured', message: expect.stringContaining('circle') },
    })
  })

  it('is refused where no zone holds its name, and waited for where the resolver is in trouble', async () => {
    const { dns, ctxAfter, records } = scene()
    dns.zones.clear()
    expect(await records.present(proof, 'look', ctxAfter())).toMatchObject({ fault: { code: 'Misconfigured' } })
    dns.rcode = 2
    expect(await records.present(proof, 'look', ctxAfter())).toMatchObject({
      kind: 'waiting',
      note: 'the SOA record of _acme-challenge.www.example.com cannot be looked up: the resolver answers 2',
    })
  })

  it.each<[DnsChange, object]>([
    [
      { kind: 'later', wakeAt: plus(start, seconds(9)), note: 'on its way' },
      { kind: 'waiting', wakeAt: plus(start, seconds(9)), note: 'on its way' },
    ],
    [
      { kind: 'deferred', fault: fault('RateLimited', 'too fast'), wakeAt: plus(start, seconds(40)) },
      { kind: 'waiting', wakeAt: plus(start, seconds(40)), note: 'too fast' },
    ],
    [
      { kind: 'deferred', fault: fault('Unreachable', 'not there') },
      { kind: 'waiting', wakeAt: plus(start, seconds(30)), note: 'not there' },
    ],
    [
      { kind: 'failed', fault: fault('CredentialsRejected', 'who are you') },
      { kind: 'failed', fault: fault('CredentialsRejected', 'who are you') },
    ],
  ])('is as its provider says: %j', async (says, presence) => {
    const { provider, ctxAfter, records } = scene()
    provider.says = says
    expect(await records.present(proof, 'look', ctxAfter())).toEqual(presence)
    provider.says = { kind: 'done' }
    expect(await records.present(proof, 'look', ctxAfter())).toEqual({ kind: 'ready' })
  })
})

describe('the removal of a TXT record', () => {
  it('finds the same place again in a new process, and leaves other values there', async () => {
    const { dns, provider, ctxAfter, records } = scene()
    dns.texts.set('_acme-challenge.www.example.com', ['of another'])
    await records.present(proof, 'look', ctxAfter())
    await new DnsRecords(hook, provider).remove(proof, ctxAfter())
    expect(provider.calls.at(-1)).toBe('remove _acme-challenge.www.example.com in example.com')
    expect(dns.texts.get('_acme-challenge.www.example.com')).toEqual(['of another'])
  })

  it('is tried again later when the provider is in trouble, until it is done', async () => {
    const { dns, provider, warnings, ctxAfter, records } = scene()
    await records.present(proof, 'look', ctxAfter())
    provider.says = { kind: 'deferred', fault: fault('Unreachable', 'not there') }
    await records.remove(proof, ctxAfter())
    await records.sweep(ctxAfter())
    provider.says = { kind: 'done' }
    await records.sweep(ctxAfter())
    await records.sweep(ctxAfter())
    expect(provider.calls.filter((call) => call.startsWith('remove'))).toHaveLength(3)
    expect(dns.texts.get('_acme-challenge.www.example.com')).toEqual([])
    expect(warnings).toHaveLength(2)
  })

  it('is given up when only a person can mend it, with a warning', async () => {
    const { provider, warnings, ctxAfter, records } = scene()
    await records.present(proof, 'look', ctxAfter())
    provider.says = { kind: 'failed', fault: fault('CredentialsRejected', 'who are you') }
    await records.remove(proof, ctxAfter())
    await records.sweep(ctxAfter())
    expect(provider.calls).toHaveLength(2)
    expect(warnings).toEqual(['a TXT record of a proof could not be removed'])
  })

  it('of a proof that is wanted again is not tried again', async () => {
    const { provider, ctxAfter, records } = scene()
    provider.says = { kind: 'deferred', fault: fault('Unreachable', 'not there') }
    await records.remove(proof, ctxAfter())
    provider.says = { kind: 'done' }
    await records.present(proof, 'look', ctxAfter())
    await records.sweep(ctxAfter())
    expect(provider.calls.at(-1)).toMatch(/^present/)
  })
})
