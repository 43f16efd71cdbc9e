/** A CA that refuses because of CAA records: what is told of them. */
import { describe, expect, it } from '@jest/globals'
import type { Ctx } from '../../src/enroll/enroller.ts'
import { recordTypes } from '../../src/net/dnsmessage.ts'
import { err, ok } from '../../src/std/result.ts'
import { answerWith } from '../support/dnsanswers.ts'
import { noSurroundings } from '../support/surroundings.ts'
import { AcmeWorld } from './acme-world.ts'

type Zone = Readonly<Record<string, readonly string[]>>

const encoded = (value: string): Uint8Array => Buffer.from(`\0\u0005issue${value}`, 'latin1')

/** @param zone - values of `issue` by name; undefined: DNS does not answer */
function withDns(ctx: Ctx, zone: Zone | undefined): { readonly ctx: Ctx; readonly asked: readonly string[] } {
  const asked: string[] = []
  const lookUp: Ctx['surroundings']['dns']['lookUp'] = ({ name }) => {
    asked.push(name)
    const silent = err({ kind: 'timedOut', message: 'silence' } as const)
    return Promise.resolve(
      zone === undefined ? silent : ok(answerWith(name, recordTypes.CAA, (zone[name] ?? []).map(encoded))),
    )
  }
  const surroundings = { ...noSurroundings, dns: { ...noSurroundings.dns, lookUp } }
  return { ctx: { ...ctx, surroundings }, asked }
}

async function refusal(zone: Zone | undefined, name = 'www.shop.test') {
  const world = await AcmeWorld.open({ spec: { solvers: [{ http01: {} }, { dnsPersist01: {} }] } })
  const enroller = world.enroller()
  const readiness = await enroller.prepare(world.scene.ctx())
  const url = readiness.kind === 'ready' ? readiness.details?.['accountURL'] : undefined
  if (typeof url !== 'string') throw new Error('there is no account')
  world.fake.troubles.newOrderProblem = { status: 403, type: 'caa' }
  const order = await world.order()
  const { ctx, asked } = withDns(world.scene.ctx(), zone)
  const names = [{ type: 'dns', value: name }] as const
  const outcome = await enroller.enroll({ ...order, wanted: { ...order.wanted, names } }, ctx)
  if (outcome.kind !== 'refused') throw new Error(`it ended as ${outcome.kind}`)
  return { fault: outcome.fault, url, asked }
}

const cure = (url: string): string => `for example: 0 issue "ca.test; accounturi=${url}; validationmethods=http-01"`

describe('a CAA record in the way', () => {
  it('is told with where it stands, and the record to write, bound to the account and its methods', async () => {
    const { fault, url, asked } = await refusal({ 'shop.test': ['other.test'] })
    expect(fault.code).toBe('NamesRejected')
    expect(fault.message).toContain(
      'DNS has 0 issue "other.test" at shop.test, which names other CAs than ca.test; allow the CA',
    )
    expect(fault.message).toContain(cure(url))
    expect(asked).toEqual(['www.shop.test', 'shop.test'])
  })

  it('is looked for at the name below a wildcard, and no further up than where there are some', async () => {
    const { fault, asked } = await refusal({ 'shop.test': ['ca.test; validationmethods=dns-01'] }, '*.shop.test')
    expect(fault.message).toContain('at shop.test, which allows other methods (validationmethods) than http-01')
    expect(asked).toEqual(['shop.test'])
  })

  it.each([
    ['DNS does not answer', undefined],
    ['the resolver here sees none in the way', { 'shop.test': ['ca.test'] }],
    ['there is none', {}],
  ])('is told without the record where %s', async (_why, zone) => {
    const { fault, url } = await refusal(zone)
    expect(fault.message).not.toContain('DNS has')
    expect(fault.message).toContain(cure(url))
  })

  it('keeps what strangers wrote into DNS on one line, and short', async () => {
    const { fault } = await refusal({ 'shop.test': [`other.test\n${'x'.repeat(5000)}`] })
    expect(fault.message).not.toContain('\n')
    expect(fault.message.length).toBeLessThan(1000)
  })
})
