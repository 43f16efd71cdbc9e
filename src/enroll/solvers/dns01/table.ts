/** The one place that lists the providers of DNS: a new one is an import and a row. Shared code asks here and never names one. */
import type { Dns01Spec } from '../../../api/issuer/dns01.ts'
import type { Fault } from '../../../domain/fault.ts'
import type { CredentialNeed, Credentials } from '../../enroller.ts'
import { acmeDNS } from './acmedns/provider.ts'
import { azureDNS } from './azuredns/provider.ts'
import { cloudDNS } from './clouddns/provider.ts'
import { cloudflare } from './cloudflare/provider.ts'
import { digitalocean } from './digitalocean/provider.ts'
import { httpreq } from './httpreq/provider.ts'
import type { DnsProvider, ProviderFactory } from './provider.ts'
import { rfc2136 } from './rfc2136/provider.ts'
import { route53 } from './route53/provider.ts'
import { webhook } from './webhook/provider.ts'

/** A provider together with the spec that selects it. */
export interface SelectedProvider {
  /** The member of `dns01`. */
  readonly provider: string
  /** Which Secrets must be read before {@link SelectedProvider.create}. */
  needs(): readonly CredentialNeed[]
  /** @param credentials - every need, present */
  create(credentials: Credentials): DnsProvider | Fault
}

type Row = (spec: Dns01Spec, field: string) => SelectedProvider | undefined

/** By the member of `dns01` that selects the provider. */
const table = {
  acmeDNS: (spec, field) => bind(acmeDNS, spec.acmeDNS, field),
  azureDNS: (spec, field) => bind(azureDNS, spec.azureDNS, field),
  cloudDNS: (spec, field) => bind(cloudDNS, spec.cloudDNS, field),
  cloudflare: (spec, field) => bind(cloudflare, spec.cloudflare, field),
  digitalocean: (spec, field) => bind(digitalocean, spec.digitalocean, field),
  httpreq: (spec, field) => bind(httpreq, spec.httpreq, field),
  rfc2136: (spec, field) => bind(rfc2136, spec.rfc2136, field),
  route53: (spec, field) => bind(route53, spec.route53, field),
  webhook: (spec, field) => bind(webhook, spec.webhook, field),
} as const satisfies {
  readonly [Member in Exclude<keyof Dns01Spec, 'cnameStrategy' | 'challengeType' | 'selfCheck'>]?: Row
}

/** Ties a factory to its own member of the spec, where the compiler still knows that the two belong together. */
function bind<S>(factory: ProviderFactory<S>, spec: S | undefined, field: string): SelectedProvider | undefined {
  if (spec === undefined) return undefined
  return {
    provider: factory.provider,
    needs: () => factory.needs(spec, field),
    create: (credentials) => factory.create(spec, field, credentials),
  }
}

/**
 * @param spec - the `dns01` of a solver
 * @param field - its path in the Issuer's spec, for example `spec.acme.solvers[0].dns01`
 * @returns the provider whose member is set; undefined when this build does not know it
 */
export function selectProvider(spec: Dns01Spec, field: string): SelectedProvider | undefined {
  for (const row of Object.values<Row>(table)) {
    const selected = row(spec, field)
    if (selected !== undefined) return selected
  }
  return undefined
}
