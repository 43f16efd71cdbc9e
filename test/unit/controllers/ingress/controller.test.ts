import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { seconds } from '../../../../src/std/time.ts'
import { failure } from '../../../support/fakeapi/faults.ts'
import { turns, until } from '../../../support/fakeapi/until.ts'
import { collections, makeWorld, serve } from './world.ts'
import type { World } from './world.ts'

let world: World

const issuer = { 'perennial.dev/issuer': 'ca' }
const tls = (...entries: readonly (readonly [string, string])[]): object => ({
  tls: entries.map(([secretName, host]) => ({ secretName, hosts: [host] })),
})
const place = (name: string) => ({ collection: collections.Certificate, namespace: 'team', name })

afterEach(() => world.end())

describe('an Ingress', () => {
  beforeEach(async () => {
    world = await makeWorld()
  })

  it('has a Certificate for each entry, which follows every change and goes with the annotation', async () => {
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example'], ['b', 'b.example']) })
    await world.expectCertificates('a a.example of Ingress/web', 'b b.example of Ingress/web')
    const event = await world.expectEvent('Ingress', 'web', 'CertificateCreated')
    expect(event).toMatchObject({
      type: 'Normal',
      message: 'Made the Certificate a.',
      regarding: { namespace: 'team' },
    })
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'new.example']) })
    await world.expectCertificates('a new.example of Ingress/web')
    world.put('Ingress', 'web', { spec: tls(['a', 'new.example']) })
    await world.expectCertificates()
  })

  it('is written once: looking again changes nothing', async () => {
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example']) })
    await world.expectCertificates('a a.example of Ingress/web')
    const found = world.api.objects.get(place('a'))
    for (const phase of ['one', 'two', 'three']) {
      world.api.objects.put(collections.Certificate, {
        ...found,
        metadata: { ...found?.metadata, name: 'a' },
        status: phase,
      })
      world.put('Ingress', 'web', { annotations: { ...issuer, unrelated: phase }, spec: tls(['a', 'a.example']) })
      await turns()
    }
    expect(world.api.count('patch')).toBe(1)
  })

  it('has its Certificate mended, and fights ever less with whoever changes it each time', async () => {
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example']) })
    await world.expectCertificates('a a.example of Ingress/web')
    const spoil = (): void => {
      const found = world.api.objects.get(place('a'))
      const spec = { ...(found?.['spec'] as object), dnsNames: ['evil.example'] }
      world.api.objects.put(collections.Certificate, { ...found, metadata: { ...found?.metadata, name: 'a' }, spec })
    }
    spoil()
    await world.expectCertificates('a a.example of Ingress/web')
    const mended = world.api.count('patch')
    for (const wait of [1, 2, 4, 8]) {
      spoil()
      await turns()
      world.clock.advance(seconds(wait - 0.5))
      await turns()
      expect(world.certificates()).toEqual(['a evil.example of Ingress/web'])
      world.clock.advance(seconds(0.5))
      await world.expectCertificates('a a.example of Ingress/web')
    }
    expect(world.api.count('patch') - mended).toBe(4)
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { certificate: 'team/a' } },
    ])
  })

  it('leaves a Certificate made by hand alone, and says so', async () => {
    const spec = { secretName: 'a', dnsNames: ['hand.example'], issuerRef: { name: 'x' } }
    world.put('Certificate', 'a', { spec })
    world.put('Certificate', 'other-name', { spec: { ...spec, secretName: 'b' } })
    await turns()
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example'], ['b', 'b.example']) })
    await world.expectEvent('Ingress', 'web', 'SecretTaken')
    await turns()
    expect(world.api.count('patch')).toBe(0)
    expect([...new Set(world.events.map(({ message }) => message))]).toEqual([
      expect.stringMatching(/^The Secret a belongs to the Certificate a, which this Ingress did not make/),
      expect.stringMatching(/^The Secret b belongs to the Certificate other-name, /),
    ])
    // Gone, it makes room at once.
    world.remove('Certificate', 'a')
    await world.expectCertificates('a a.example of Ingress/web', 'other-name hand.example of nobody')
  })

  it('shares no Secret with another: both are told, and the other takes over when it is free', async () => {
    world.put('Ingress', 'one', { annotations: issuer, spec: tls(['a', 'one.example']) })
    await world.expectCertificates('a one.example of Ingress/one')
    world.put('Ingress', 'two', { annotations: issuer, spec: tls(['a', 'two.example']), at: '2026-11-23T11:00:00Z' })
    expect((await world.expectEvent('Ingress', 'two', 'SecretConflict')).message).toContain('kept by the Ingress one')
    expect((await world.expectEvent('Ingress', 'one', 'SecretConflict')).message).toContain('named by the Ingress two')
    await turns()
    expect(world.certificates()).toEqual(['a one.example of Ingress/one'])
    expect(world.api.count('patch')).toBe(1)
    world.put('Ingress', 'one', { spec: tls(['a', 'one.example']) })
    await world.expectCertificates('a two.example of Ingress/two')
  })

  it('loses nothing to a Certificate elsewhere that pretends to be its own', async () => {
    const pretended = world.put('Ingress', 'web', { spec: tls(['a', 'a.example']) }).metadata
    const spec = { secretName: 'a', dnsNames: ['hand.example'], issuerRef: { name: 'x' } }
    world.put('Certificate', 'a', { spec })
    const owner = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      name: 'web',
      uid: pretended.uid,
      controller: true,
    }
    const metadata = { name: 'a', namespace: 'elsewhere', ownerReferences: [owner] }
    world.api.objects.put(collections.Certificate, {
      apiVersion: 'perennial.dev/v1',
      kind: 'Certificate',
      metadata,
      spec,
    })
    world.put('Ingress', 'web', { annotations: { unrelated: 'yes' }, spec: tls(['a', 'a.example']) })
    await turns(500)
    expect(world.api.count('delete')).toBe(0)
    expect(world.certificates()).toHaveLength(2)
  })

  it('loses nothing for what it said a while ago, when that is heard late', async () => {
    const { watches } = world.api
    const annotated = { annotations: issuer, spec: tls(['a', 'a.example']) }
    world.put('Ingress', 'web', annotated)
    await world.expectCertificates('a a.example of Ingress/web')
    watches.isDeaf = true
    const old = world.put('Ingress', 'web', { spec: tls(['a', 'a.example']) })
    world.put('Ingress', 'web', annotated)
    watches.isDeaf = false
    watches.open.find(({ place: { collection } }) => collection === collections.Ingress)?.event('MODIFIED', old)
    await until(() => world.api.requests.some(({ query }) => query.get('fieldSelector') === 'metadata.name=web'))
    await turns(500)
    expect(world.api.count('delete')).toBe(0)
    expect(world.certificates()).toEqual(['a a.example of Ingress/web'])
  })

  it('with an annotation that is nonsense keeps its Certificate as it was', async () => {
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example']) })
    await world.expectCertificates('a a.example of Ingress/web')
    const annotations = { ...issuer, 'perennial.dev/duration': 'forever' }
    world.put('Ingress', 'web', { annotations, spec: tls(['a', 'new.example']) })
    expect((await world.expectEvent('Ingress', 'web', 'BadAnnotation')).type).toBe('Warning')
    expect(world.certificates()).toEqual(['a a.example of Ingress/web'])
  })

  it('is told when the API server refuses the Certificate', async () => {
    world.api.next('patch', failure(422, 'Invalid', 'a policy says no'))
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example']) })
    expect((await world.expectEvent('Ingress', 'web', 'CertificateRefused')).message).toContain('the Certificate a')
    await turns()
    world.clock.advance(seconds(300))
    await world.expectCertificates('a a.example of Ingress/web')
  })
})

describe('a cluster', () => {
  it('without the Gateway API gets Certificates for Gateways as soon as it has it', async () => {
    world = await makeWorld()
    world.put('Ingress', 'web', { annotations: issuer, spec: tls(['a', 'a.example']) })
    await world.expectCertificates('a a.example of Ingress/web')
    serve(world.api, 'gateway.networking.k8s.io/v1 gateways')
    const listeners = [
      { name: 'https', protocol: 'HTTPS', hostname: '*.b.example', tls: { certificateRefs: [{ name: 'b' }] } },
      { name: 'http', protocol: 'HTTP', hostname: 'b.example' },
    ]
    world.put('Gateway', 'edge', { annotations: issuer, spec: { listeners } })
    await turns()
    world.clock.advance(seconds(30))
    await world.expectCertificates('a a.example of Ingress/web', 'b *.b.example of Gateway/edge')
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('may have listener sets of the experimental version, and routes that bring names', async () => {
    world = await makeWorld([
      'gateway.networking.k8s.io/v1 gateways',
      'gateway.networking.k8s.io/v1 httproutes',
      'gateway.networking.x-k8s.io/v1alpha1 xlistenersets',
    ])
    const listeners = [{ name: 'https', protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'b' }] } }]
    world.put('XListenerSet', 'more', { annotations: issuer, spec: { listeners } })
    // Whoever was looked at before the routes were known is looked at again a second later.
    await until(() => world.api.count('watch') === 4)
    world.clock.advance(seconds(1))
    await world.expectEvent('XListenerSet', 'more', 'BadEntry')
    const parentRefs = [{ kind: 'XListenerSet', group: 'gateway.networking.x-k8s.io', name: 'more' }]
    world.put('HTTPRoute', 'shop', { spec: { parentRefs, hostnames: ['shop.example'] } })
    await world.expectCertificates('b shop.example of XListenerSet/more')
    world.put('HTTPRoute', 'blog', { annotations: issuer, spec: { parentRefs, hostnames: ['blog.example'] } })
    await world.expectCertificates('b blog.example,shop.example of XListenerSet/more')
    const event = await world.expectEvent('HTTPRoute', 'blog', 'MisplacedAnnotation')
    expect(event.message).toContain('put it on the Gateway')
  })

  it('that still names a kind it no longer has is asked again, and followed in the version that it has then', async () => {
    world = await makeWorld([])
    await until(() => world.api.count('watch') === 1)
    const listed = world.api.count('list')
    serve(world.api, 'gateway.networking.k8s.io/v1 listenersets')
    world.api.next('list', failure(404, 'NotFound', 'the server could not find the requested resource'))
    await turns()
    world.clock.advance(seconds(30))
    await until(() => world.api.count('list') > listed)
    world.api.served.clear()
    serve(world.api, 'gateway.networking.x-k8s.io/v1alpha1 xlistenersets')
    const refs = { certificateRefs: [{ name: 'b' }] }
    const listeners = [{ name: 'https', protocol: 'HTTPS', hostname: 'b.example', tls: refs }]
    world.put('XListenerSet', 'more', { annotations: issuer, spec: { listeners } })
    await turns()
    world.clock.advance(seconds(30))
    await world.expectCertificates('b b.example of XListenerSet/more')
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })
})
