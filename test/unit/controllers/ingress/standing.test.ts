import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { minutes, seconds } from '../../../../src/std/time.ts'
import { failure } from '../../../support/fakeapi/faults.ts'
import { turns, until } from '../../../support/fakeapi/until.ts'
import { collections, makeWorld } from './world.ts'
import type { World } from './world.ts'

let world: World

const issuer = { 'perennial.dev/issuer': 'ca' }
const tls = (...entries: readonly (readonly [string, string])[]): object => ({
  tls: entries.map(([secretName, host]) => ({ secretName, hosts: [host] })),
})
afterEach(() => world.end())

describe('a Gateway', () => {
  const listeners = (hostname?: string): object => ({
    listeners: [{ name: 'https', protocol: 'HTTPS', hostname, tls: { certificateRefs: [{ name: 'b' }] } }],
  })
  const at = { collection: collections.Gateway, namespace: 'team', name: 'edge' }
  interface Told {
    readonly type: string
    readonly status: string
    readonly message: string
  }
  const conditions = (): readonly Told[] =>
    (world.api.objects.get(at)?.['status'] as { readonly conditions?: readonly Told[] } | undefined)?.conditions ?? []
  const told = async (status: string): Promise<Told | undefined> => {
    await until(() => conditions().some((one) => one.status === status))
    return conditions().find(({ type }) => type === 'perennial.dev/Accepted')
  }

  beforeEach(async () => {
    world = await makeWorld(['gateway.networking.k8s.io/v1 gateways'])
  })

  it('is told in its status what is kept for it, and what is wrong', async () => {
    world.put('Gateway', 'edge', { annotations: issuer, spec: listeners('b.example') })
    expect((await told('True'))?.message).toBe('Kept as it is asked for: b.')
    world.put('Gateway', 'edge', {
      annotations: { ...issuer, 'perennial.dev/duration': 'x' },
      spec: listeners('b.example'),
    })
    expect((await told('False'))?.message).toContain('perennial.dev/duration says "x"')
    expect(world.certificates()).toEqual(['b b.example of Gateway/edge'])
  })

  it('that the API server refuses a Certificate for is told so', async () => {
    world.api.next('patch', failure(422, 'Invalid', 'a policy says no'))
    world.put('Gateway', 'edge', { annotations: issuer, spec: listeners('b.example') })
    expect((await told('False'))?.message).toContain('does not take the Certificate b: ')
  })

  it('is told once, and ever more rarely when others take it away', async () => {
    world.put('Gateway', 'edge', { annotations: issuer, spec: listeners('b.example') })
    await told('True')
    await turns()
    const before = world.api.count('patch')
    expect(before).toBe(2)
    const take = (): void => void world.put('Gateway', 'edge', { annotations: issuer, spec: listeners('b.example') })
    take()
    await told('True')
    for (const wait of [1, 2, 4]) {
      take()
      await turns()
      expect(conditions()).toEqual([])
      world.clock.advance(seconds(wait))
      await told('True')
    }
    expect(world.api.count('patch') - before).toBe(4)
  })

  it('whose status may not be written has its certificate all the same', async () => {
    world.put('Gateway', 'edge', { annotations: issuer, spec: listeners('b.example') })
    await told('True')
    world.api.next('patch', failure(403, 'Forbidden', 'no'))
    world.put('Gateway', 'edge', {
      annotations: { ...issuer, 'perennial.dev/duration': 'x' },
      spec: listeners('b.example'),
    })
    await world.expectEvent('Gateway', 'edge', 'BadAnnotation')
    await until(() => world.log.lines.some(({ level, message }) => level === 'warn' && message.includes('condition')))
    world.put('Gateway', 'edge', { annotations: issuer, spec: listeners('c.example') })
    await world.expectCertificates('b c.example of Gateway/edge')
    expect((await told('True'))?.message).toContain('Kept')
  })
})

describe('what is wrong', () => {
  it('is told again before an Event is forgotten, for as long as it is wrong', async () => {
    world = await makeWorld()
    world.put('Ingress', 'web', {
      annotations: { ...issuer, 'perennial.dev/duration': 'x' },
      spec: tls(['a', 'a.example']),
    })
    const count = (): number => world.events.filter(({ reason }) => reason === 'BadAnnotation').length
    await until(() => count() > 0)
    for (let again = 0; again < 2; again++) {
      await turns()
      const before = count()
      world.clock.advance(minutes(49))
      await turns()
      expect(count()).toBe(before)
      world.clock.advance(minutes(1))
      await until(() => count() === before + 1)
    }
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example']) })
    await world.expectCertificates('a a.example of Ingress/web')
    const mended = count()
    world.clock.advance(minutes(50))
    await turns()
    expect(count()).toBe(mended)
  })
})
