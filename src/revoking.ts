/** Makes what revokes certificates, and wires what wakes it. Part of the composition root. */
import type { CacheSet, Resources } from './caches.ts'
import type { Supersede } from './controllers/certificate/publish.ts'
import type { ContextMaker } from './controllers/context.ts'
import type { IssuerKey, LiveIssuers } from './controllers/issuer/live.ts'
import { RevocationController } from './controllers/revocation/controller.ts'
import { Farewell, concernsFarewell } from './controllers/revocation/farewell.ts'
import { RevocationOrders } from './controllers/revocation/orders.ts'
import { Targets } from './controllers/revocation/target.ts'
import { KubeError } from './kube/errors.ts'
import type { EventRecorder } from './kube/events.ts'
import type { Adder } from './runtime/adder.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Verdict } from './runtime/worker.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'

export interface RevokingParts {
  readonly resources: Resources
  readonly caches: CacheSet
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
  readonly live: LiveIssuers
  readonly contexts: ContextMaker
  readonly queue: WorkQueue
  readonly issuerExists: (key: IssuerKey) => boolean
}

export interface Revoking {
  /** @param key - `CertificateRevocation/<namespace>/<name>`, or `Certificate/<namespace>/<name>` for one that says farewell */
  reconcile(key: string, signal: AbortSignal): Promise<Verdict>
  readonly supersede: Supersede
}

const orderPrefix = 'CertificateRevocation/'
const farewellPrefix = 'Certificate/'

/** @returns `namespace/name` of what a key of the queue is about */
export const aboutOf = (key: string): string => key.slice(key.indexOf('/') + 1)

export function revoking(parts: RevokingParts): Revoking {
  const { resources, caches, clock, log } = parts
  const targets = new Targets({
    certificates: caches.certificates,
    secretCache: caches.secrets,
    secrets: resources.secrets,
  })
  const orders = new RevocationOrders({ resource: resources.revocations, clock })
  const controller = revocationController(parts, targets)
  const farewell = new Farewell({
    store: caches.certificates,
    certificates: resources.certificates,
    revocations: caches.revocations,
    targets,
    clock,
    orders,
    events: parts.events,
  })
  return {
    reconcile: (key, signal) =>
      key.startsWith(orderPrefix)
        ? controller.reconcile(key.slice(orderPrefix.length), signal)
        : farewell.reconcile(key.slice(farewellPrefix.length), signal),
    supersede: superseding({ targets, orders, log }),
  }
}

function revocationController(
  { resources, caches, events, clock, log, live, contexts, queue, issuerExists }: RevokingParts,
  targets: Targets,
): RevocationController {
  return new RevocationController({
    revocations: caches.revocations,
    resource: resources.revocations,
    certificates: resources.certificates,
    targets,
    live,
    issuerExists,
    contexts,
    events,
    again: (key) => queue.add(`${orderPrefix}${key}`, 'due'),
    clock,
    log,
  })
}

/** A renewal is worth more than the revocation of what it replaces: what keeps the order from being written is logged. */
function superseding({ targets, orders, log }: { targets: Targets; orders: RevocationOrders; log: Logger }): Supersede {
  return async (certificate, signal) => {
    const { apiVersion, metadata, spec } = certificate
    const { name, namespace = '' } = metadata
    const order = { apiVersion, kind: 'CertificateRevocation', metadata: { name, namespace } }
    try {
      const found = await targets.find({ ...order, spec: { secretRef: { name: spec.secretName } } }, signal)
      if (found.ok && found.value.certificateName === name) await orders.superseded(certificate, found.value, signal)
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      log.warn('a certificate will not be revoked after its renewal', { certificate: `${namespace}/${name}`, error })
    }
  }
}

/**
 * Orders are looked at anew when they, what they speak of, or who is to carry them out changes: by whomever, for the renewal that
 * an order waits for is written by this process.
 */
export function wakeRevocations(caches: CacheSet, live: LiveIssuers, queue: WorkQueue): () => void {
  const wakeOrders = (index: string, value: string): void => {
    for (const key of caches.revocations.byIndex(index, value)) queue.add(`${orderPrefix}${key}`)
  }
  const ends = [
    caches.revocations.subscribe((key) => queue.add(`${orderPrefix}${key}`)),
    caches.certificates.witness((key) => {
      const object = caches.certificates.get(key)?.object
      if (object !== undefined && concernsFarewell(object)) queue.add(`${farewellPrefix}${key}`)
      wakeOrders('namespace', key.split('/')[0] ?? '')
    }),
    caches.secrets.witness((key) => wakeOrders('namespace', key.split('/')[0] ?? '')),
    live.subscribe((key) => wakeOrders('issuer', key)),
  ]
  return () => ends.forEach((end) => end())
}

/** Everything, for a process that has just begun to lead. */
export function enqueueRevocations(caches: CacheSet, queue: Adder): void {
  for (const key of caches.revocations.keys()) queue.add(`${orderPrefix}${key}`, 'resync')
  for (const [key, { object }] of entriesOf(caches)) if (concernsFarewell(object)) queue.add(`${farewellPrefix}${key}`)
}

function* entriesOf({ certificates }: CacheSet) {
  for (const key of certificates.keys()) {
    const projection = certificates.get(key)
    if (projection !== undefined) yield [key, projection] as const
  }
}
