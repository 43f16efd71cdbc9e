import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { ApiMeter, ReconcileEnd, WorkMeter } from '../std/meters.ts'
import { collected } from './collected.ts'
import { budgetWatcher, inSeconds, registerIssuers } from './issuermetrics.ts'
import type { WatchedBudgets } from './issuermetrics.ts'
import type {
  CertificateSample,
  FoundSample,
  IssuanceMeter,
  IssuerLabel,
  IssuerSample,
  PolicySample,
  ReplacedSample,
  ShardSample,
} from './meters.ts'

export interface MetricsOptions {
  readonly version: string
  /** Asked at every scrape. Nothing is remembered, so what was deleted vanishes. */
  readonly certificates: () => Iterable<CertificateSample>
  readonly found?: () => Iterable<FoundSample>
  readonly issuers: () => Iterable<IssuerSample>
  readonly replaced?: () => Iterable<ReplacedSample>
  readonly policies?: () => Iterable<PolicySample>
  /** None where one replica does everything. */
  readonly shards?: () => Iterable<ShardSample>
}

export interface QueueSample {
  readonly ready: number
  readonly waiting: number
  readonly processing: number
}

export interface Metrics {
  /** @param controller - for the label, for example `certificate`; its counters exist from now on, at zero */
  work(controller: string): WorkMeter
  /** Shows a queue's depth at every scrape. */
  watchQueue(controller: string, depth: () => QueueSample): void
  /** Shows who waits for budgets, and for whom they do not do, at every scrape. The latest call wins. */
  watchBudgets(budgets: WatchedBudgets): void
  readonly api: ApiMeter
  readonly issuance: IssuanceMeter
  /** Counts a message to a channel. @param outcome - `delivered` or `failed` */
  notifications(channel: string, outcome: string): void
  /** @param leads - whether this replica is the one that acts */
  leadership(leads: boolean): void
  /** Prometheus text format. */
  render(): Promise<{ readonly contentType: string; readonly body: Buffer }>
}

const ends: readonly ReconcileEnd[] = ['done', 'wakeAt', 'retry', 'threw', 'timedOut']

const callBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** From an internal CA that answers at once to a registration authority where people approve. */
const issuanceBuckets = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400]

/** Makes every metric of the process. The names are documented in docs/reference/metrics.md. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  registerCertificates(registry, options.certificates)
  registerFound(registry, options.found ?? (() => []))
  registerIssuers(registry, options)
  collected(registry, {
    name: 'perennial_policy_violations',
    help: 'Certificates that do not keep a rule of a CertificatePolicy.',
    samples: options.policies ?? (() => []),
    labels: ({ policy, mode, rule }) => ({ policy, mode, rule }),
    value: ({ certificates }) => certificates,
  })
  registerShards(registry, options.shards ?? (() => []))
  const build = new Gauge({
    ...named(registry, 'build_info', 'Always 1; the label tells the version.'),
    labelNames: ['version'],
  })
  build.set({ version: options.version }, 1)
  const leader = new Gauge(named(registry, 'leader', 'Whether this replica is the one that acts (1) or stands by (0).'))
  leader.set(0)
  const notifications = new Counter({
    ...named(registry, 'notifications_total', 'Messages to channels of notifications by outcome.'),
    labelNames: ['channel', 'outcome'],
  })
  return {
    ...workMetrics(registry),
    watchBudgets: budgetWatcher(registry),
    api: apiMeter(registry),
    issuance: issuanceMeter(registry),
    notifications: (channel, outcome) => notifications.inc({ channel, outcome }),
    leadership: (leads) => leader.set(leads ? 1 : 0),
    render: async () => ({ contentType: registry.contentType, body: await textOf(registry) }),
  }
}

/**
 * What `registry.metrics()` says, one metric after the other and as octets: all at once would hold the samples of ten thousand
 * certificates as often as there are metrics of a certificate, and their text three times.
 */
async function textOf(registry: Registry): Promise<Buffer> {
  const texts: Buffer[] = []
  for (const { name } of registry.getMetricsAsArray())
    texts.push(Buffer.from(`${await registry.getSingleMetricAsString(name)}\n\n`))
  return Buffer.concat(texts)
}

function registerShards(registry: Registry, samples: () => Iterable<ShardSample>): void {
  collected(registry, {
    name: 'perennial_shard_held',
    help: 'Whether this replica holds the shard (1) or not (0).',
    samples,
    labels: ({ shard }) => ({ shard: String(shard) }),
    value: ({ isHeld }) => (isHeld ? 1 : 0),
  })
}

function named(registry: Registry, name: string, help: string): { name: string; help: string; registers: Registry[] } {
  return { name: `perennial_${name}`, help, registers: [registry] }
}

function registerCertificates(registry: Registry, certificates: MetricsOptions['certificates']): void {
  const gauge = (name: string, help: string, value: (sample: CertificateSample) => number | undefined): void => {
    const labels = ({ namespace, name: held, issuer, protocol }: CertificateSample): Record<string, string> => {
      return { namespace, name: held, issuer, protocol }
    }
    collected(registry, { name: `perennial_certificate_${name}`, help, samples: certificates, labels, value })
  }
  gauge('ready_status', 'Whether the Certificate is Ready (1) or not (0).', (sample) => (sample.ready ? 1 : 0))
  gauge('not_before_timestamp_seconds', 'Start of validity of the certificate in the Secret.', (sample) =>
    inSeconds(sample.notBefore),
  )
  gauge('expiration_timestamp_seconds', 'End of validity of the certificate in the Secret.', (sample) =>
    inSeconds(sample.notAfter),
  )
  gauge('renewal_timestamp_seconds', 'When the certificate is going to be renewed.', (sample) =>
    inSeconds(sample.renewalTime),
  )
}

/** By where it lies: serial numbers and subjects would make a new series of each renewal by somebody else. */
function registerFound(registry: Registry, samples: () => Iterable<FoundSample>): void {
  const gauge = (name: string, help: string, value: (sample: FoundSample) => number | undefined): void => {
    const labels = ({ kind, namespace, name: held, entry }: FoundSample): Record<string, string> => {
      return { kind, namespace, name: held, entry }
    }
    collected(registry, { name: `perennial_found_certificate_${name}`, help, samples, labels, value })
  }
  gauge('not_before_timestamp_seconds', 'Start of validity of a certificate that is not managed.', (sample) =>
    inSeconds(sample.notBefore),
  )
  gauge('expiration_timestamp_seconds', 'End of validity of a certificate that is not managed.', (sample) =>
    inSeconds(sample.notAfter),
  )
  gauge('unreadable', 'Always 1: what should be a certificate that is not managed cannot be read.', (sample) =>
    sample.notAfter === undefined ? 1 : undefined,
  )
}

function workMetrics(registry: Registry): Pick<Metrics, 'work' | 'watchQueue'> {
  const reconciles = new Counter({
    ...named(registry, 'reconciles_total', 'Reconciles by how they ended.'),
    labelNames: ['controller', 'verdict'],
  })
  const retries = new Counter({
    ...named(registry, 'queue_retries_total', 'Keys put on their backoff.'),
    labelNames: ['controller'],
  })
  const histogram = (name: string, help: string): Histogram<'controller'> =>
    new Histogram({ ...named(registry, name, help), labelNames: ['controller'], buckets: callBuckets })
  const took = histogram('reconcile_duration_seconds', 'How long reconciles take.')
  const waited = histogram('queue_latency_seconds', 'How long a key that could run waits for a worker.')
  return {
    work: (controller) => {
      for (const verdict of ends) reconciles.inc({ controller, verdict }, 0)
      retries.inc({ controller }, 0)
      for (const zeroed of [took, waited]) zeroed.zero({ controller })
      return {
        taken: (wait) => waited.observe({ controller }, wait / 1000),
        retried: () => retries.inc({ controller }),
        reconciled: (verdict, length) => {
          reconciles.inc({ controller, verdict })
          took.observe({ controller }, length / 1000)
        },
      }
    },
    watchQueue: queueWatcher(registry),
  }
}

function queueWatcher(registry: Registry): Metrics['watchQueue'] {
  const queues = new Map<string, () => QueueSample>()
  collected(registry, {
    name: 'perennial_queue_depth',
    help: 'Keys in the queue: ready to run, waiting for a time, or being processed.',
    samples: () => [...queues].flatMap(([controller, depth]) => depthsOf(controller, depth())),
    labels: ({ controller, state }) => ({ controller, state }),
    value: ({ keys }) => keys,
  })
  return (controller, depth) => void queues.set(controller, depth)
}

function depthsOf(
  controller: string,
  depth: QueueSample,
): readonly { controller: string; state: string; keys: number }[] {
  return [
    { controller, state: 'ready', keys: depth.ready },
    { controller, state: 'waiting', keys: depth.waiting },
    { controller, state: 'processing', keys: depth.processing },
  ]
}

function apiMeter(registry: Registry): ApiMeter {
  const requests = new Counter({
    ...named(registry, 'api_requests_total', 'Requests to the Kubernetes API server by HTTP status.'),
    labelNames: ['verb', 'resource', 'status'],
  })
  const durations = new Histogram({
    ...named(registry, 'api_request_duration_seconds', 'How long requests to the Kubernetes API server take.'),
    labelNames: ['verb', 'resource'],
    buckets: callBuckets,
  })
  return {
    answered: ({ verb, resource, status, took }) => {
      requests.inc({ verb, resource, status: String(status) })
      durations.observe({ verb, resource }, took / 1000)
    },
  }
}

function issuanceMeter(registry: Registry): IssuanceMeter {
  const labelNames = ['issuer_namespace', 'issuer', 'protocol'] as const
  const outcomes = new Counter({
    ...named(registry, 'issuance_outcomes_total', 'Calls for a certificate by outcome and, for failures, reason.'),
    labelNames: [...labelNames, 'outcome', 'reason'],
  })
  const durations = new Histogram({
    ...named(
      registry,
      'issuance_duration_seconds',
      'From the first request for a certificate until it lies in its Secret.',
    ),
    labelNames,
    buckets: issuanceBuckets,
  })
  const trips = new Counter({
    ...named(registry, 'issuer_circuit_opened_total', 'How often an issuer failed so often that it was left alone.'),
    labelNames,
  })
  return {
    tripped: (issuer) => trips.inc(issuerLabels(issuer)),
    ended: (issuer, outcome, reason = '') => outcomes.inc({ ...issuerLabels(issuer), outcome, reason }),
    issued: (issuer, took) => durations.observe(issuerLabels(issuer), took / 1000),
  }
}

function issuerLabels(issuer: IssuerLabel): { issuer_namespace: string; issuer: string; protocol: string } {
  return { issuer_namespace: issuer.namespace, issuer: issuer.name, protocol: issuer.protocol }
}
