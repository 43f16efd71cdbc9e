/** The operator on a real API server, and people who annotate Ingresses and Gateways. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Askers } from '../support/askers.ts'
import { until } from '../support/cluster.ts'
import type { Namespace } from '../support/cluster.ts'
import { gatewayApi } from '../support/gateway-api.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld
let ns: Namespace
let ask: Askers

beforeAll(async () => {
  const flags = ['--discovery-interval=1s', '--cert-manager-annotations', '--default-issuer=Issuer/ca']
  world = await openWorld('web', { flags, controllerManager: true })
  ns = world.ns
  ask = new Askers(ns)
}, startTimeout)

afterAll(() => world?.close(), testTimeout)

const issuer = { 'perennial.dev/issuer': 'ca', 'perennial.dev/private-key-algorithm': 'ECDSA' }

interface Tls {
  readonly hosts: readonly string[]
  readonly secretName?: string
}

const ingress = (
  name: string,
  tls: readonly Tls[],
  annotations: Readonly<Record<string, string>> = issuer,
): object => ({
  metadata: { name, annotations },
  spec: { tls, defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
})

describe('an annotated Ingress', () => {
  it(
    'gets a certificate for each of its TLS entries, and loses them when the annotation or an entry goes',
    async () => {
      const tls = [
        { hosts: ['one.example', '*.one.example'], secretName: 'one-tls' },
        { hosts: ['two.example'], secretName: 'two-tls' },
      ]
      await ns.create('ingresses', ingress('entries', tls))
      await ask.certified('one-tls', 'one.example', '*.one.example')
      await ask.certified('two-tls', 'two.example')
      expect((await ask.event('entries', 'CertificateCreated')).message).toMatch(
        /^Made the Certificate (one|two)-tls\.$/,
      )
      await ns.patch('ingresses', 'entries', { spec: { tls: tls.slice(0, 1) } })
      await ask.gone('two-tls')
      await ns.patch('ingresses', 'entries', { metadata: { annotations: { 'perennial.dev/issuer': null } } })
      await ask.gone('one-tls')
      expect(await ns.seenSecret('one-tls')).toBeDefined()
    },
    testTimeout,
  )

  it(
    'is followed in every change, and each part goes when it is wanted no longer',
    async () => {
      const annotations = {
        ...issuer,
        'perennial.dev/duration': '48h',
        'perennial.dev/subject-organizations': 'Example',
      }
      await ns.create('ingresses', ingress('edits', [{ hosts: ['a.example'], secretName: 'edits' }], annotations))
      const first = await ask.where('edits', ({ duration, subject }) => duration === '48h' && subject !== undefined)
      await ns.patch('ingresses', 'edits', {
        metadata: {
          annotations: {
            'perennial.dev/duration': null,
            'perennial.dev/subject-organizations': null,
            'perennial.dev/private-key-algorithm': 'Ed25519',
          },
        },
        spec: { tls: [{ hosts: ['b.example', 'a.example'], secretName: 'edits' }] },
      })
      await ask.certified('edits', 'b.example', 'a.example')
      const second = await ask.where('edits', ({ privateKey }) => privateKey?.algorithm === 'Ed25519')
      expect(Object.keys(second.spec).sort()).toEqual(['dnsNames', 'issuerRef', 'privateKey', 'secretName'])
      expect(second.metadata.uid).toBe(first.metadata.uid)
    },
    testTimeout,
  )

  it(
    'has what a person spoils mended, and what a person adds left alone',
    async () => {
      await ns.create('ingresses', ingress('quiet', [{ hosts: ['quiet.example'], secretName: 'quiet' }]))
      const { metadata } = await ns.ready('quiet')
      for (const turn of ['1', '2', '3']) {
        await ns.patch('ingresses', 'quiet', { metadata: { annotations: { turn } } })
        await ns.patch('certificates', 'quiet', { metadata: { annotations: { turn } } })
      }
      await ns.patch('certificates', 'quiet', { spec: { dnsNames: ['evil.example'], renewBefore: '24h' } })
      const mended = await ask.where('quiet', ({ dnsNames }) => dnsNames?.join() === 'quiet.example')
      // What somebody added stays.
      expect(mended.spec['renewBefore']).toBe('24h')
      expect(mended.metadata.uid).toBe(metadata.uid)
    },
    testTimeout,
  )

  it(
    'takes its Certificates along when it is deleted',
    async () => {
      await ns.create('ingresses', ingress('going', [{ hosts: ['going.example'], secretName: 'going' }]))
      await ns.ready('going')
      await ns.remove('ingresses', 'going')
      expect(await ask.gone('going')).toBe(true)
    },
    testTimeout,
  )

  it(
    'speaks the language of cert-manager, or of kube-lego, where that is asked for',
    async () => {
      const foreign = { 'cert-manager.io/issuer': 'ca', 'cert-manager.io/common-name': 'foreign.example' }
      await ns.create('ingresses', ingress('foreign', [{ hosts: ['foreign.example'], secretName: 'foreign' }], foreign))
      const acme = { 'kubernetes.io/tls-acme': 'true' }
      await ns.create('ingresses', ingress('lego', [{ hosts: ['lego.example'], secretName: 'lego' }], acme))
      expect((await ns.ready('foreign')).spec['commonName']).toBe('foreign.example')
      await ask.certified('lego', 'lego.example')
    },
    testTimeout,
  )
})

describe('what is wrong', () => {
  it(
    'with an annotation is told on the Ingress, and the Certificate stays as it is',
    async () => {
      await ns.create('ingresses', ingress('wrong', [{ hosts: ['wrong.example'], secretName: 'wrong' }]))
      const { metadata } = await ns.ready('wrong')
      const annotations = { 'perennial.dev/duration': 'a while', 'perennial.dev/renew-befor': '1h' }
      await ns.patch('ingresses', 'wrong', {
        metadata: { annotations },
        spec: { tls: [{ hosts: ['other.example'], secretName: 'wrong' }, { hosts: ['x.example'] }] },
      })
      expect((await ask.event('wrong', 'BadAnnotation')).message).toContain('perennial.dev/duration says "a while"')
      expect((await ask.event('wrong', 'UnknownAnnotation')).message).toContain(
        'did you mean perennial.dev/renew-before?',
      )
      expect((await ns.seenCertificate('wrong'))?.metadata.generation).toBe(metadata.generation)
      await ns.patch('ingresses', 'wrong', { metadata: { annotations: { 'perennial.dev/duration': null } } })
      await ask.certified('wrong', 'other.example')
      expect((await ask.event('wrong', 'BadEntry')).message).toContain('spec.tls[1]')
    },
    testTimeout,
  )

  it(
    'with a Secret that two Ingresses name is told on both, and nobody fights',
    async () => {
      await ns.create('ingresses', ingress('first', [{ hosts: ['first.example'], secretName: 'shared' }]))
      const { metadata } = await ns.ready('shared')
      await ns.create('ingresses', ingress('second', [{ hosts: ['second.example'], secretName: 'shared' }]))
      expect((await ask.event('second', 'SecretConflict')).message).toContain('kept by the Ingress first')
      expect((await ask.event('first', 'SecretConflict')).message).toContain('named by the Ingress second')
      expect((await ns.seenCertificate('shared'))?.metadata.generation).toBe(metadata.generation)
      await ns.remove('ingresses', 'first')
      await ask.certified('shared', 'second.example')
    },
    testTimeout,
  )

  it(
    'with a Secret that belongs to a Certificate made by hand is told, and that is left alone',
    async () => {
      await ns.certificate('by-hand', { secretName: 'hand-tls', dnsNames: ['hand.example'] })
      await ns.ready('by-hand')
      await ns.create('ingresses', ingress('late', [{ hosts: ['late.example'], secretName: 'hand-tls' }]))
      expect((await ask.event('late', 'SecretTaken')).message).toContain('belongs to the Certificate by-hand')
      expect(await ns.seenCertificate('hand-tls')).toBeUndefined()
      expect((await ns.seenCertificate('by-hand'))?.metadata.ownerReferences).toBeUndefined()
    },
    testTimeout,
  )
})

describe('the Gateway API', () => {
  it(
    'may come after the operator, and its listeners get their certificates',
    async () => {
      await world.plane.kubectl(['apply', '--server-side', '-f', '-'], gatewayApi)
      await world.plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
      await world.plane.kubectl([
        'apply',
        '-n',
        ns.name,
        '-f',
        'examples/50-ingress.yaml',
        '-f',
        'examples/51-gateway.yaml',
      ])
      await ask.certified('edge-tls', '*.edge.example.internal')
      await ask.certified('routed-tls', 'blog.example.internal')
      await world.plane.kubectl([
        'wait',
        'gateway/edge',
        '-n',
        ns.name,
        '--for=condition=perennial.dev/Accepted',
        '--timeout=60s',
      ])
      await ask.certified('shop-tls', 'shop.example.internal', '*.shop.example.internal')
      expect(await ns.seenCertificate('legacy-tls')).toBeUndefined()
      const hostnames = ['blog.example.internal', 'news.example.internal']
      await ns.patch('httproutes', 'blog', { spec: { hostnames } })
      await ask.certified('routed-tls', ...hostnames)
      await ns.patch('gateways', 'edge', { metadata: { annotations: { 'perennial.dev/issuer': null } } })
      await ask.gone('edge-tls')
      await ask.gone('routed-tls')
      await until('the condition is gone', async () => ((await ask.told('edge')) === undefined ? true : undefined))
    },
    testTimeout,
  )

  it(
    'says in the status of a Gateway what is wrong, beside what its own controller says there',
    async () => {
      const listener = { name: 'https', protocol: 'HTTPS', port: 443, hostname: 'status.example' }
      await ns.create('gateways', {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'told', annotations: { ...issuer, 'perennial.dev/usages': 'flying' } },
        spec: {
          gatewayClassName: 'example',
          listeners: [{ ...listener, tls: { certificateRefs: [{ name: 'told' }] } }],
        },
      })
      const theirs = { type: 'Programmed', status: 'True', reason: 'Programmed', message: '' }
      const patch = JSON.stringify({ status: { conditions: [theirs] } })
      await until('it is told', () => ask.told('told'))
      // As controllers do that replace the whole list.
      const merge = ['--subresource=status', '--type=merge', '-p', patch]
      await world.plane.kubectl(['patch', 'gateway', 'told', '-n', ns.name, ...merge])
      const said = await until('it is told again', () => ask.told('told'))
      expect(said).toMatchObject({ status: 'False', reason: 'BadAnnotation', observedGeneration: 1 })
      expect(said.message).toContain('perennial.dev/usages says "flying"')
      expect((await ask.gateway('told'))?.status?.conditions).toContainEqual(theirs)
      await ns.patch('gateways', 'told', { metadata: { annotations: { 'perennial.dev/usages': null } } })
      await until('it is kept', async () => ((await ask.told('told'))?.status === 'True' ? true : undefined))
    },
    testTimeout,
  )

  it(
    'has sets of listeners, which ask for themselves',
    async () => {
      const tls = { certificateRefs: [{ name: 'set-tls' }] }
      const listeners = [{ name: 'https', protocol: 'HTTPS', port: 443, hostname: 'set.example', tls }]
      const manifest = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'ListenerSet', spec: { listeners } }
      await ns.create('listenersets', { ...manifest, metadata: { name: 'set', annotations: issuer } })
      await ask.certified('set-tls', 'set.example')
      await ns.remove('listenersets', 'set')
      expect(await ask.gone('set-tls')).toBe(true)
    },
    testTimeout,
  )
})
