/** Our own client of a real API server, and ways to wait for what its watches bring. */
import type { KubeObject } from '../../src/api/meta.ts'
import { loadIdentity } from '../../src/kube/identity.ts'
import type { Identity } from '../../src/kube/identity.ts'
import { reflect } from '../../src/kube/reflector.ts'
import type { KindRef } from '../../src/kube/resource.ts'
import { Resource } from '../../src/kube/resource.ts'
import { Store } from '../../src/kube/store.ts'
import { Transport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import type { ControlPlane } from './controlplane.ts'
import { recordingLogger } from './log.ts'
import type { LoggedLine } from './log.ts'
import { unwrap } from './unwrap.ts'

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

export const configMapKind: KindRef = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
}

export function transportOf(identity: Identity): Transport {
  return new Transport({
    identity,
    clock: systemClock,
    log: recordingLogger(),
    meter: silentApiMeter,
    userAgent: 'perennial-test',
  })
}

/** As a cluster administrator, by the kubeconfig. */
export async function administrator({ kubeconfig }: ControlPlane): Promise<Transport> {
  return transportOf(unwrap(await loadIdentity({ kubeconfig, clock: systemClock })))
}

/** What is kept of an object here: its version and its data. */
export interface Kept {
  readonly resourceVersion: string
  readonly data: Readonly<Record<string, string>>
}

const keep = ({ metadata, data }: ConfigMap): Kept => ({
  resourceVersion: metadata.resourceVersion ?? '',
  data: data ?? {},
})

export interface Reflected {
  readonly store: Store<Kept>
  readonly lines: readonly LoggedLine[]
  readonly stop: () => Promise<void>
}

export interface Reflecting {
  readonly kind?: KindRef
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
}

/** Lists and watches until it is stopped. */
export function startReflecting(transport: Transport, { kind = configMapKind, ...selection }: Reflecting): Reflected {
  const store = new Store<Kept>({})
  const log = recordingLogger()
  const ending = new AbortController()
  const running = reflect({
    ...selection,
    resource: new Resource<ConfigMap>(transport, kind),
    project: keep,
    store,
    clock: systemClock,
    log,
    random: () => 0.5,
    signal: ending.signal,
  })
  const stop = (): Promise<void> => {
    ending.abort()
    return running
  }
  return { store, lines: log.lines, stop }
}

/** Resolves when it is so; looks at every change of the store. A test that waits in vain ends with its own time limit. */
export function when(store: Store<Kept>, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return
      stop()
      resolve()
    }
    const stop = store.subscribe(look)
    look()
  })
}
