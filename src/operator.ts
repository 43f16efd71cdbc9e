/**
 * The composition root: every part is made here, handed what it needs, started in order and stopped in the opposite order.
 *
 *   API server ──► reflectors ──► stores ──► queues ──► workers ──► controllers ──► API server, CAs
 *                  (every replica)          └─ while this replica leads, or holds shards ─┘
 */
import { makeCaches, makeResources, reflectAll, synced } from './caches.ts'
import { environment, podSurroundings } from './config.ts'
import type { Config } from './config.ts'
import { userAgent } from './connections.ts'
import { AlpnProofs, alpnProtocol } from './controllers/challenge/alpn.ts'
import { answersIn, tlsAnswersIn } from './controllers/challenge/answers.ts'
import { challengeRoutes } from './controllers/challenge/responder.ts'
import { listRoutes } from './controllers/revocation/lists.ts'
import { identityOf, leaderPart } from './leading.ts'
import type { Operator } from './leading.ts'
import { loadIdentity } from './kube/identity.ts'
import { Transport } from './kube/transport.ts'
import type { RunningServer } from './net/listen.ts'
import { startServer } from './net/server.ts'
import type { ServerOptions } from './net/server.ts'
import { startTlsServer } from './net/tlsserver.ts'
import { createLogger } from './obs/logger.ts'
import { createMetrics } from './obs/metrics.ts'
import { observabilityRoutes } from './obs/routes.ts'
import { random, systemClock } from './runtime/clock.ts'
import { live } from './runtime/lifecycle.ts'
import type { Part } from './runtime/lifecycle.ts'
import { HeldShards } from './runtime/ownership.ts'
import { policySamples } from './judging.ts'
import { replacedSamples } from './trusting.ts'
import { certificateSamples, foundSamples, issuerSamples } from './samples.ts'
import { openNotifying } from './notifying.ts'
import { makeInventory } from './inventory.ts'
import { ok } from './std/result.ts'
import type { Result } from './std/result.ts'
import { minutes, seconds } from './std/time.ts'
import { followTraffic } from './traffic.ts'
import { version } from './version.ts'
import { websitePart } from './website.ts'

/**
 * Runs until the signal is aborted or a part fails.
 *
 * @returns the sentence of what failed; never rejects for anything that a user can mend
 */
export async function runOperator(config: Config, signal: AbortSignal): Promise<Result<void, string>> {
  const clock = systemClock
  const log = createLogger({ level: config.logLevel, format: config.logFormat })
  const operator = await assemble({ config, clock, log })
  if (!operator.ok) return operator
  log.info('starting', { version, identity: identityOf(config) })
  const parts = [
    transportPart(operator.value),
    observabilityPart(operator.value),
    cachesPart(operator.value),
    trafficPart(operator.value),
    responderPart(operator.value),
    proofPart(operator.value),
    operator.value.inventory.part,
    websitePart({ ...operator.value, inventory: operator.value.inventory.inventory }),
    leaderPart(operator.value),
  ]
  const ended = await live({ parts, startWithin: minutes(5), stopWithin: plusGrace(config), clock, log, signal })
  log.info('stopped')
  return ended
}

const plusGrace = (config: Config): ReturnType<typeof seconds> => seconds(config.shutdownGrace / 1000 + 5)

type Begun = Pick<Operator, 'config' | 'clock' | 'log'>

async function assemble({ config, clock, log }: Begun): Promise<Result<Operator, string>> {
  const { kubeconfig } = config
  const surroundings = podSurroundings(environment())
  const pod = surroundings && { ...surroundings, directory: config.serviceAccountDirectory }
  const identity = await loadIdentity({ ...(kubeconfig === undefined ? {} : { kubeconfig }), pod, clock })
  if (!identity.ok) return identity
  const caches = makeCaches(log)
  const shards = config.shards > 1 ? new HeldShards(config.shards) : undefined
  const metrics = createMetrics({
    version,
    certificates: () => certificateSamples(caches),
    found: () => foundSamples(inventory.inventory.found()),
    issuers: () => issuerSamples(caches),
    replaced: () => replacedSamples(caches, clock.now()),
    policies: () => policySamples(caches),
    shards: () => shards?.samples() ?? [],
  })
  const connecting = { identity: identity.value, clock, log, meter: metrics.api, userAgent }
  const [transport, leaseTransport] = [new Transport(connecting), new Transport(connecting)]
  const inventory = makeInventory({ config, transport, caches, clock, log, random })
  const state = { leads: false, synced: false }
  const common = { config, transport, clock, log }
  const notifying = await openNotifying({ ...common, inventory: inventory.inventory, metrics })
  if (!notifying.ok) return notifying
  const resources = makeResources(transport)
  const own = { caches, resources, metrics, state, inventory, notifying: notifying.value, shards }
  return ok({ ...common, ...own, leaseTransport })
}

/** Closed last, so that what other parts still have to write gets out. */
function transportPart({ transport, leaseTransport, notifying }: Operator): Part {
  return {
    name: 'transport',
    start: () => Promise.resolve(ok(undefined)),
    stop: async () => {
      await notifying?.close()
      await Promise.all([transport.close(), leaseTransport.close()])
    },
  }
}

function observabilityPart({ config, metrics, state, clock, log }: Operator): Part {
  const ready = [{ name: 'caches', trouble: () => (state.synced ? undefined : 'not filled yet') }]
  const answer = observabilityRoutes({ metrics, healthy: [], ready, log })
  return serverPart({ name: 'metrics', address: config.metricsAddress, answer, clock, log })
}

function cachesPart({ resources, caches, config, clock, log, state }: Operator): Part {
  const ending = new AbortController()
  let loops: Promise<void> = Promise.resolve()
  return {
    name: 'caches',
    start: async ({ signal }) => {
      loops = reflectAll({ resources, caches, realm: config, clock, log, random, signal: ending.signal })
      const stop = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      await Promise.race([synced(caches), stop])
      state.synced = !signal.aborted
      if (state.synced) log.info('caches filled', { certificates: caches.certificates.size })
      return ok(undefined)
    },
    stop: async () => {
      ending.abort()
      await loops
    },
  }
}

/** Filled as they come: a cluster without these kinds, or a role that does not allow them, holds nothing up. */
function trafficPart({ config, transport, caches: { claimants }, clock, log }: Operator): Part {
  const ending = new AbortController()
  let loops: Promise<void> = Promise.resolve()
  return {
    name: 'traffic',
    start: () => {
      const { namespaces, discoveryInterval: interval } = config
      const { signal } = ending
      if (config.ingress)
        loops = followTraffic({ transport, claimants, namespaces, interval, clock, log, random, signal })
      return Promise.resolve(ok(undefined))
    },
    stop: async () => {
      ending.abort()
      await loops
    },
  }
}

/** Every replica answers challenges and serves lists of revoked certificates, leading or not. */
function responderPart({ config, caches, clock, log }: Operator): Part {
  const challenge = challengeRoutes(answersIn(caches.certificates))
  const list = listRoutes(caches.secrets)
  const answer: ServerOptions['answer'] = (request) => list(request) ?? challenge(request)
  return serverPart({ name: 'http-01', address: config.http01Address, answer, clock, log })
}

/** Every replica shows proofs over TLS, leading or not. */
function proofPart({ config, caches, clock, log }: Operator): Part {
  const proofs = new AlpnProofs(tlsAnswersIn(caches.certificates), clock)
  const certificateFor = (serverName: string): ReturnType<AlpnProofs['find']> => proofs.find(serverName)
  const name = 'tls-alpn-01'
  const { tlsAlpn01Address: address } = config
  return listeningPart(name, address, (where) =>
    startTlsServer({ name, address: where, protocol: alpnProtocol, certificateFor, clock, log }),
  )
}

type OptionalServer = Omit<ServerOptions, 'address'> & { readonly address: string | undefined }

const serverPart = (options: OptionalServer): Part =>
  listeningPart(options.name, options.address, (address) => startServer({ ...options, address }))

/** @param address - undefined: it does not listen */
function listeningPart(
  name: string,
  address: string | undefined,
  open: (address: string) => Promise<Result<RunningServer, string>>,
): Part {
  let server: RunningServer | undefined
  return {
    name,
    start: async () => {
      if (address === undefined) return ok(undefined)
      const started = await open(address)
      if (!started.ok) return started
      server = started.value
      return ok(undefined)
    },
    stop: async () => server?.close(),
  }
}
