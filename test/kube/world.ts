/** A fake API server, and everything of `kube/` that speaks with it, for one test. */
import type { KubeObject } from '../../src/api/meta.ts'
import { reflect } from '../../src/kube/reflector.ts'
import type { Reflection } from '../../src/kube/reflector.ts'
import { Resource } from '../../src/kube/resource.ts'
import { Store } from '../../src/kube/store.ts'
import { Transport } from '../../src/kube/transport.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import type { ApiMeter } from '../../src/std/meters.ts'
import { FakeClock } from '../support/clock.ts'
import { startFakeApi } from '../support/fakeapi/server.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import type { FakeObject } from '../support/fakeapi/objects.ts'
import { recordingLogger } from '../support/log.ts'

export interface Widget extends KubeObject {
  readonly spec?: { readonly size?: number }
}

export interface WidgetProjection {
  readonly resourceVersion: string
  readonly size: number
}

export const widgetKind = {
  group: 'test.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
} as const
export const widgets = '/apis/test.dev/v1/widgets'

export const widget = (name: string, size = 1, namespace = 'team'): FakeObject => ({
  apiVersion: 'test.dev/v1',
  kind: 'Widget',
  metadata: { name, namespace },
  spec: { size },
})

export const project = ({ metadata, spec }: Widget): WidgetProjection => ({
  resourceVersion: metadata.resourceVersion ?? '',
  size: spec?.size ?? 0,
})

export interface World {
  readonly api: FakeApi
  readonly clock: FakeClock
  readonly log: ReturnType<typeof recordingLogger>
  readonly transport: Transport
  readonly resource: Resource<Widget>
  readonly store: Store<WidgetProjection>
  /** Aborted at the end of the test. */
  readonly ending: AbortController
  /** Starts list and watch; ends with the test. */
  reflect(more?: Partial<Reflection<Widget, WidgetProjection>>): Promise<void>
  /** What the store holds, as `key=size`. */
  held(): readonly string[]
  end(): Promise<void>
}

export async function makeWorld(meter: ApiMeter = silentApiMeter): Promise<World> {
  const api = await startFakeApi()
  const clock = new FakeClock()
  const log = recordingLogger()
  const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, skipVerify: false, headers: {} }
  const identity = { server: api.url, credentials: () => Promise.resolve(none) }
  const transport = new Transport({ identity, clock, log, meter, userAgent: 'test' })
  const resource = new Resource<Widget>(transport, widgetKind, 'tester')
  const store = new Store<WidgetProjection>({ log })
  const ending = new AbortController()
  const loops: Promise<void>[] = []
  return {
    api,
    clock,
    log,
    transport,
    resource,
    store,
    ending,
    reflect: (more = {}) => {
      const random = (): number => 0.5
      const loop = reflect({ resource, store, project, clock, log, random, signal: ending.signal, ...more })
      loops.push(loop)
      return loop
    },
    held: () => [...store.keys()].sort().map((key) => `${key}=${store.get(key)?.size}`),
    end: async () => {
      ending.abort()
      await Promise.all(loops)
      await transport.close()
      await api.close()
    },
  }
}
