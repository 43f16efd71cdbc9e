/** Our client on a real API server: what it promises to send is what the server understands. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { KubeObject } from '../../src/api/meta.ts'
import { EventRecorder } from '../../src/kube/events.ts'
import { loadIdentity } from '../../src/kube/identity.ts'
import { Resource } from '../../src/kube/resource.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { seconds } from '../../src/std/time.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { administrator, configMapKind, startReflecting, transportOf, when } from '../support/kubeclient.ts'
import type { ConfigMap } from '../support/kubeclient.ts'
import { until } from '../support/cluster.ts'
import { recordingLogger } from '../support/log.ts'
import { scratchDirectory } from '../support/scratch.ts'
import { tlsCa } from '../support/tls.ts'
import { unwrap } from '../support/unwrap.ts'

const startTimeout = 600_000
const testTimeout = 120_000

let plane: ControlPlane
let transport: Transport
let configMaps: Resource<ConfigMap>
const { signal } = new AbortController()

beforeAll(async () => {
  plane = await startControlPlane()
  transport = await administrator(plane)
  configMaps = new Resource(transport, configMapKind)
  for (const name of ['requests', 'watched', 'another', 'quiet', 'strangers'])
    await plane.kubectl(['create', 'namespace', name])
}, startTimeout)

afterAll(async () => {
  await transport?.close()
  await plane?.stop()
}, testTimeout)

const configMap = (namespace: string, name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
})

describe('requests', () => {
  const at = (name: string): { namespace: string; name: string } => ({ namespace: 'requests', name })

  it('are answered with the object, with undefined where there is none, and with absent where nothing was deleted', async () => {
    const made = await configMaps.create(configMap('requests', 'one', { a: '1' }), signal)
    expect(await configMaps.get(at('one'), signal)).toEqual(made)
    expect(await configMaps.get(at('none'), signal)).toBeUndefined()
    expect(await configMaps.delete(at('one'), {}, signal)).toBe('deleted')
    expect(await configMaps.delete(at('one'), {}, signal)).toBe('absent')
  })

  it('are refused by name: what exists, what changed meanwhile, what is another object, what makes no sense', async () => {
    const { metadata } = await configMaps.create(configMap('requests', 'two'), signal)
    const { resourceVersion = '' } = metadata
    await configMaps.mergePatch(at('two'), { data: { a: '1' } }, signal)
    const stale = { metadata: { resourceVersion }, data: { a: '2' } }
    await expect(configMaps.create(configMap('requests', 'two'), signal)).rejects.toMatchObject({
      reason: 'alreadyExists',
      status: 409,
    })
    await expect(configMaps.mergePatch(at('two'), stale, signal)).rejects.toMatchObject({ reason: 'conflict' })
    await expect(configMaps.delete(at('two'), { resourceVersion }, signal)).rejects.toMatchObject({
      reason: 'conflict',
    })
    await expect(configMaps.delete(at('two'), { uid: 'another' }, signal)).rejects.toMatchObject({ reason: 'conflict' })
    await expect(configMaps.create(configMap('requests', 'Not A Name'), signal)).rejects.toMatchObject({
      reason: 'invalid',
    })
    expect((await configMaps.get(at('two'), signal))?.data).toEqual({ a: '1' })
  })

  it('apply under our name, and take a field from who held it before', async () => {
    await plane.kubectl(['-n', 'requests', 'create', 'configmap', 'shared', '--from-literal=a=theirs'])
    const applied = await configMaps.apply(configMap('requests', 'shared', { a: 'ours' }), signal)
    expect(applied.data).toEqual({ a: 'ours' })
    expect(applied.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'perennial', operation: 'Apply' }),
    )
  })

  it('apply a status through its subresource, and leave the spec alone', async () => {
    const kind = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
    const namespaces = new Resource<KubeObject & { readonly spec?: unknown }>(transport, kind)
    const before = await namespaces.get({ name: 'quiet' }, signal)
    const condition = { type: 'Tested', status: 'True', reason: 'Test', message: 'Applied by a test.' }
    const status = { conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }] }
    const after = await namespaces.applyStatus(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'quiet' }, status },
      signal,
    )
    expect(after.spec).toEqual(before?.spec)
    expect(after).toMatchObject({ status: { conditions: [condition] } })
    expect(after.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'perennial', subresource: 'status' }),
    )
  })

  it('list page by page at one version, and every item says what it is', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `page-${n + 10}`)
    await Promise.all(names.map((name) => configMaps.create(configMap('quiet', name), signal)))
    const pages = []
    for await (const page of configMaps.pages({ namespace: 'quiet', limit: 5 }, signal)) pages.push(page)
    expect(pages.map(({ items }) => items.length)).toEqual([5, 5, 2])
    expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1)
    const items = pages.flatMap((page) => page.items)
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names)
    expect(items.every(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'ConfigMap')).toBe(true)
  })
})

describe('identities', () => {
  it(
    'of a pod read the mounted token, and what its role does not allow yet is told once and tried until it is',
    async () => {
      const scratch = scratchDirectory('pod')
      await plane.kubectl(['-n', 'strangers', 'create', 'serviceaccount', 'operator'])
      const token = await plane.kubectl(['-n', 'strangers', 'create', 'token', 'operator'])
      writeFileSync(join(scratch.path, 'token'), token)
      writeFileSync(join(scratch.path, 'ca.crt'), plane.ca)
      const { hostname: host, port } = new URL(plane.url)
      const pod = { host, port, directory: scratch.path }
      const stranger = transportOf(unwrap(await loadIdentity({ pod, clock: systemClock })))
      const reflected = startReflecting(stranger, { namespaces: ['strangers'] })
      const [told] = await until('a warning', () =>
        Promise.resolve(reflected.lines.length > 0 ? reflected.lines : undefined),
      )
      expect(String(told?.fields['reason'])).toContain('must allow list and watch of configmaps')
      expect(reflected.store.isSynced).toBe(false)

      await plane.kubectl('-n strangers create role reader --verb=list,watch --resource=configmaps'.split(' '))
      await plane.kubectl(
        '-n strangers create rolebinding reader --role=reader --serviceaccount=strangers:operator'.split(' '),
      )
      await reflected.store.synced
      expect(reflected.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
      await reflected.stop()
      await stranger.close()
      scratch.remove()
    },
    testTimeout,
  )

  it('are not shown to a server that another CA vouches for', async () => {
    const scratch = scratchDirectory('pod')
    writeFileSync(join(scratch.path, 'token'), plane.token)
    writeFileSync(join(scratch.path, 'ca.crt'), (await tlsCa('somebody-else')).certificate)
    const { hostname: host, port } = new URL(plane.url)
    const pod = { host, port, directory: scratch.path }
    const deceived = transportOf(unwrap(await loadIdentity({ pod, clock: systemClock })))
    const asked = new Resource<ConfigMap>(deceived, configMapKind).get({ namespace: 'quiet', name: 'x' }, signal)
    await expect(asked).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('certificate'),
    })
    await deceived.close()
    scratch.remove()
  })
})

describe('Events', () => {
  it('are there for kubectl: once for the same news, clipped, and in default for what has no namespace', async () => {
    const events = new EventRecorder({
      transport,
      clock: systemClock,
      log: recordingLogger(),
      component: 'perennial',
      instance: 'test-0',
    })
    const of = { apiVersion: 'perennial.dev/v1', name: 'web', uid: 'uid-of-web' }
    const regarding = { ...of, kind: 'Certificate', namespace: 'requests' }
    for (let time = 0; time < 3; time++)
      events.record({ regarding, type: 'Normal', reason: 'Issued', message: 'Done.' })
    events.record({ regarding, type: 'Warning', reason: 'Refused', message: 'x'.repeat(5000) })
    events.record({ regarding: { ...of, kind: 'ClusterIssuer' }, type: 'Normal', reason: 'Ready', message: 'Ready.' })
    await events.flush(seconds(20))
    const shown = async (namespace: string): Promise<unknown[]> => {
      const text = await plane.kubectl(['-n', namespace, 'get', 'events', '-o', 'json'])
      return (JSON.parse(text) as { items: { reason: string; message: string; source: unknown }[] }).items.map(
        ({ reason, message, source }) => ({ reason, length: message.length, source }),
      )
    }
    const source = { component: 'perennial' }
    expect(await shown('requests')).toEqual(
      expect.arrayContaining([
        { reason: 'Issued', length: 5, source },
        { reason: 'Refused', length: 1024, source },
      ]),
    )
    expect(await shown('requests')).toHaveLength(2)
    expect(await shown('default')).toContainEqual({ reason: 'Ready', length: 6, source })
  })
})

describe('a reflection', () => {
  it(
    'follows what others create, change and delete, in the namespaces it was told of and no others',
    async () => {
      await configMaps.create(configMap('watched', 'before', { a: '1' }), signal)
      const { store, stop } = startReflecting(transport, { namespaces: ['watched', 'another'] })
      await store.synced
      expect(store.get('watched/before')?.data).toEqual({ a: '1' })
      await configMaps.create(configMap('quiet', 'unseen'), signal)
      await configMaps.create(configMap('another', 'new', { b: '1' }), signal)
      await when(store, () => store.get('another/new') !== undefined)
      await configMaps.mergePatch({ namespace: 'another', name: 'new' }, { data: { b: '2' } }, signal)
      await when(store, () => store.get('another/new')?.data['b'] === '2')
      await configMaps.delete({ namespace: 'watched', name: 'before' }, {}, signal)
      await when(store, () => store.get('watched/before') === undefined)
      expect([...store.keys()]).toEqual(['another/new'])
      await stop()
    },
    testTimeout,
  )

  it(
    'loses what loses its label, and finds it again with it',
    async () => {
      const marked = {
        ...configMap('watched', 'marked'),
        metadata: { namespace: 'watched', name: 'marked', labels: { our: 'x' } },
      }
      await configMaps.create(marked, signal)
      const { store, stop } = startReflecting(transport, { labelSelector: 'our' })
      await store.synced
      expect([...store.keys()]).toEqual(['watched/marked'])
      const ref = { namespace: 'watched', name: 'marked' }
      await configMaps.mergePatch(ref, { metadata: { labels: { our: null } } }, signal)
      await when(store, () => store.size === 0)
      await configMaps.mergePatch(ref, { metadata: { labels: { our: 'y' } } }, signal)
      await when(store, () => store.size === 1)
      await stop()
    },
    testTimeout,
  )
})
