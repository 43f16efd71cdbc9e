/** A fake API server with the loops and the controller of Ingresses at it, for one test. */
import { certificateKind } from '../../../../src/api/certificate.ts'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { ObjectMeta } from '../../../../src/api/meta.ts'
import { ingressController, wakeClaimants } from '../../../../src/claiming.ts'
import { certificateIndexes, projectCertificate } from '../../../../src/controllers/certificate/certificates.ts'
import { Claimants } from '../../../../src/controllers/ingress/claimants.ts'
import type { RecordedEvent } from '../../../../src/kube/events.ts'
import { reflect } from '../../../../src/kube/reflector.ts'
import { Resource } from '../../../../src/kube/resource.ts'
import { Store } from '../../../../src/kube/store.ts'
import { Transport } from '../../../../src/kube/transport.ts'
import { WorkQueue } from '../../../../src/runtime/queue.ts'
import { runWorkers } from '../../../../src/runtime/worker.ts'
import { silentApiMeter, silentWorkMeter } from '../../../../src/std/meters.ts'
import { milliseconds, minutes, seconds } from '../../../../src/std/time.ts'
import { followTraffic } from '../../../../src/traffic.ts'
import { FakeClock } from '../../../support/clock.ts'
import { until } from '../../../support/fakeapi/until.ts'
import type { FakeObject } from '../../../support/fakeapi/objects.ts'
import { startFakeApi } from '../../../support/fakeapi/server.ts'
import type { FakeApi } from '../../../support/fakeapi/server.ts'
import { recordingLogger } from '../../../support/log.ts'

export const collections = {
  Certificate: '/apis/perennial.dev/v1/certificates',
  Ingress: '/apis/networking.k8s.io/v1/ingresses',
  Gateway: '/apis/gateway.networking.k8s.io/v1/gateways',
  HTTPRoute: '/apis/gateway.networking.k8s.io/v1/httproutes',
  XListenerSet: '/apis/gateway.networking.x-k8s.io/v1alpha1/xlistenersets',
} as const

type Kind = keyof typeof collections

export interface World {
  readonly api: FakeApi
  readonly clock: FakeClock
  readonly log: ReturnType<typeof recordingLogger>
  readonly events: readonly RecordedEvent[]
  /** Creates or replaces an object in the namespace `team`, of the given age. */
  put(
    kind: Kind,
    name: string,
    object: { readonly annotations?: object; readonly spec: object; readonly at?: string },
  ): FakeObject
  remove(kind: Kind, name: string): void
  /** Certificates by name, with their DNS names and the name of who controls them. */
  certificates(): readonly string[]
  /** Waits until these are the Certificates there are. */
  expectCertificates(...expected: readonly string[]): Promise<void>
  expectEvent(kind: string, name: string, reason: string): Promise<RecordedEvent>
  end(): Promise<void>
}

const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, skipVerify: false, headers: {} }

export async function makeWorld(served: readonly string[] = ['networking.k8s.io/v1 ingresses']): Promise<World> {
  const api = await startFakeApi()
  for (const line of served) serve(api, line)
  const clock = new FakeClock()
  const log = recordingLogger()
  const identity = { server: api.url, credentials: () => Promise.resolve(none) }
  const transport = new Transport({ identity, clock, log, meter: silentApiMeter, userAgent: 'test' })
  const ending = new AbortController()
  const caches = { certificates: new Store({ indexes: certificateIndexes, log }), claimants: new Claimants(log) }
  const queue = new WorkQueue({ clock, backoff: { first: seconds(1), longest: minutes(1) }, meter: silentWorkMeter })
  const events: RecordedEvent[] = []
  const controller = ingressController({
    config: { certManagerAnnotations: false, defaultIssuer: undefined },
    resources: {
      claimed: new Resource<Certificate>(transport, certificateKind, 'perennial-ingress'),
      standingOf: (kind) => new Resource(transport, kind, 'perennial-ingress'),
    },
    caches,
    events: { record: (event) => void events.push(event) },
    clock,
    log,
  })
  wakeClaimants(caches, queue)
  const common = { clock, log, random: () => 0.5, signal: ending.signal }
  const certificates = { resource: new Resource<Certificate>(transport, certificateKind), project: projectCertificate }
  const loops = [
    reflect({ ...common, ...certificates, store: caches.certificates }),
    caches.certificates.synced.then(() =>
      followTraffic({ ...common, transport, claimants: caches.claimants, namespaces: [], interval: seconds(30) }),
    ),
    runWorkers({
      ...common,
      queue,
      workers: 4,
      meter: silentWorkMeter,
      deadline: minutes(1),
      reconcile: (key, signal) => controller.reconcile(key, signal),
    }),
  ]
  const seen = (): readonly string[] =>
    api.objects.list({ collection: collections.Certificate, namespace: undefined, name: undefined }).map(lineOf)
  return {
    api,
    clock,
    log,
    events,
    put: (kind, name, { annotations = {}, spec, at: creationTimestamp = '2026-11-23T12:00:00Z' }) => {
      const metadata = { name, namespace: 'team', creationTimestamp, annotations }
      return api.objects.put(collections[kind], {
        apiVersion: collections[kind].split('/').slice(2, 4).join('/'),
        kind,
        metadata,
        spec,
      })
    },
    remove: (kind, name) => void api.objects.delete({ collection: collections[kind], namespace: 'team', name }),
    certificates: seen,
    expectCertificates: (...expected) => until(() => seen().join('; ') === expected.join('; ')),
    expectEvent: async (kind, name, reason) => {
      const find = (): RecordedEvent | undefined =>
        events.find((one) => one.regarding.kind === kind && one.regarding.name === name && one.reason === reason)
      await until(() => find() !== undefined)
      const found = find()
      if (found === undefined) throw new Error('it was there')
      return found
    },
    end: async () => {
      ending.abort()
      queue.close()
      clock.advance(milliseconds(1))
      await Promise.all(loops)
      await transport.close()
      await api.close()
    },
  }
}

/** Lets the cluster have a kind: `group/version plural`. */
export function serve(api: FakeApi, line: string): void {
  const [version = '', plural = ''] = line.split(' ')
  const path = `/apis/${version}`
  api.served.set(path, [...(api.served.get(path) ?? []), plural])
}

function lineOf({ metadata, spec }: FakeObject): string {
  const { ownerReferences = [] } = metadata as ObjectMeta
  const { dnsNames = [] } = spec as Pick<Certificate['spec'], 'dnsNames'>
  const owner = ownerReferences.map(({ kind, name }) => `${kind}/${name}`).join()
  return `${metadata.name} ${dnsNames.join(',')} of ${owner === '' ? 'nobody' : owner}`
}
