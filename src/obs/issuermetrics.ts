/** Metrics of issuers: how they are, what of theirs expires, who waits for them, and who is still under a CA that they had. */
import type { Registry } from 'prom-client'
import { collected } from './collected.ts'
import type { BudgetSample, IssuerLabel, IssuerSample, ReplacedSample, ShortBudgetSample } from './meters.ts'

interface IssuerSources {
  readonly issuers: () => Iterable<IssuerSample>
  readonly replaced?: () => Iterable<ReplacedSample>
}

export function registerIssuers(registry: Registry, { issuers, replaced = () => [] }: IssuerSources): void {
  collected(registry, {
    name: 'perennial_issuer_ready_status',
    help: 'Whether the Issuer or ClusterIssuer (empty namespace) is Ready (1) or not (0).',
    samples: issuers,
    labels: ({ namespace, name, protocol }) => ({ namespace, name, protocol }),
    value: (sample) => (sample.ready ? 1 : 0),
  })
  collected(registry, {
    name: 'perennial_issuer_credential_expiration_timestamp_seconds',
    help: 'When a credential of the issuer expires: a client certificate, an RA certificate, the CA itself.',
    samples: () => credentialsOf(issuers()),
    labels: ({ namespace, name, protocol, credential }) => ({ namespace, name, protocol, credential }),
    value: (sample) => inSeconds(sample.notAfter),
  })
  collected(registry, {
    name: 'perennial_issuer_replaced_ca_certificates',
    help: 'Certificates that are still under a CA of the issuer that was replaced, by what becomes of them.',
    samples: replaced,
    labels: ({ namespace, name, protocol, reissue }) => ({ namespace, name, protocol, reissue }),
    value: ({ certificates }) => certificates,
  })
}

function* credentialsOf(
  issuers: Iterable<IssuerSample>,
): Generator<IssuerLabel & { credential: string; notAfter: number }> {
  for (const { namespace, name, protocol, credentials = [] } of issuers) {
    for (const { name: credential, notAfter } of credentials) yield { namespace, name, protocol, credential, notAfter }
  }
}

export interface WatchedBudgets {
  readonly waiting: () => Iterable<BudgetSample>
  readonly short: () => Iterable<ShortBudgetSample>
}

const noBudgets: WatchedBudgets = { waiting: () => [], short: () => [] }

/** @returns sets what is watched */
export function budgetWatcher(registry: Registry): (budgets: WatchedBudgets) => void {
  let watched = noBudgets
  collected(registry, {
    name: 'perennial_issuer_budget_waiting',
    help: 'Certificates that wait for the budget of an issuer: new ones, renewals that press, renewals that are due.',
    samples: () => watched.waiting(),
    labels: ({ issuer, lane }) => ({ issuer, lane }),
    value: ({ certificates }) => certificates,
  })
  collected(registry, {
    name: 'perennial_issuer_budget_short',
    help: 'Certificates that end before the budget of their issuer lets them be renewed, were nothing else asked for.',
    samples: () => watched.short(),
    labels: ({ issuer }) => ({ issuer }),
    value: ({ certificates }) => certificates,
  })
  return (budgets) => void (watched = budgets)
}

export const inSeconds = (at: number | undefined): number | undefined => (at === undefined ? undefined : at / 1000)
