/** Makes the controller of Ingresses and Gateways, and wires what wakes it. Part of the composition root. */
import type { CacheSet, Resources } from './caches.ts'
import type { Config } from './config.ts'
import { controllerOf } from './api/meta.ts'
import type { CertificateProjection } from './controllers/certificate/certificates.ts'
import { ClaimedCertificates } from './controllers/ingress/certificates.ts'
import type { Claimants } from './controllers/ingress/claimants.ts'
import { IngressController } from './controllers/ingress/controller.ts'
import { claimantKey, claimantKinds } from './controllers/ingress/kinds.ts'
import type { ClaimantKey } from './controllers/ingress/kinds.ts'
import { presentIn } from './controllers/ingress/present.ts'
import { Standings } from './controllers/ingress/standing.ts'
import type { EventRecorder } from './kube/events.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'

export interface ClaimingParts {
  readonly config: Pick<Config, 'certManagerAnnotations' | 'defaultIssuer'>
  readonly resources: Pick<Resources, 'claimed' | 'standingOf'>
  readonly caches: Pick<CacheSet, 'certificates' | 'claimants'>
  readonly events: Pick<EventRecorder, 'record'>
  readonly clock: Clock
  readonly log: Logger
}

export function ingressController({ config, resources, caches, events, clock, log }: ClaimingParts): IngressController {
  return new IngressController({
    claimants: caches.claimants,
    certificates: new ClaimedCertificates({ resource: resources.claimed, store: caches.certificates, clock, log }),
    present: presentIn(resources.standingOf),
    standings: new Standings({ claimants: caches.claimants, resourceOf: resources.standingOf, clock, log }),
    events,
    clock,
    habits: { foreign: config.certManagerAnnotations, defaultIssuer: config.defaultIssuer },
  })
}

/** Wakes every claimant that a Certificate concerns: who names its Secret, and who made it. */
export function wakeClaimants({ certificates, claimants }: ClaimingParts['caches'], queue: WorkQueue): () => void {
  const wake = (key: ClaimantKey): void => void queue.add(key)
  const ends = [
    claimants.subscribe(wake),
    certificates.witness((key, before) => {
      for (const version of [before, certificates.get(key)])
        for (const one of version === undefined ? [] : concerned(version, claimants)) wake(one)
    }),
  ]
  return () => ends.forEach((end) => end())
}

function concerned({ object }: CertificateProjection, claimants: Claimants): readonly ClaimantKey[] {
  const { namespace = '', name } = object.metadata
  const secrets = new Set([`${namespace}/${name}`, `${namespace}/${object.spec.secretName}`])
  const owner = controllerOf(object.metadata)
  // A set of listeners is of one kind here, whatever its version calls it.
  const kind = owner && claimantKinds.find((one) => owner.kind.endsWith(one))
  const maker = owner && kind && claimantKey(kind, `${namespace}/${owner.name}`)
  return [...[...secrets].flatMap((secret) => claimants.naming(secret)), ...(maker === undefined ? [] : [maker])]
}
