/** The one place that lists the protocols: a new one is an import and a row. Shared code asks here and never names one. */
import type { IssuerSpec, ProtocolName } from '../api/issuer.ts'
import type { Fault } from '../domain/fault.ts'
import { acme } from './acme/enroller.ts'
import { ca } from './ca/enroller.ts'
import { cmp } from './cmp/enroller.ts'
import type { CredentialNeed, Credentials, Enroller, Protocol, ProtocolFactory } from './enroller.ts'
import { est } from './est/enroller.ts'
import { scep } from './scep/enroller.ts'
import { selfSigned } from './selfsigned/enroller.ts'

/** A protocol together with the spec that selects it. */
export interface SelectedProtocol {
  readonly protocol: Protocol
  /** Which Secrets must be read before {@link SelectedProtocol.create}. */
  needs(): readonly CredentialNeed[]
  /** @param credentials - every need that is not optional, present */
  create(credentials: Credentials): Enroller | Fault
}

type Row = (spec: IssuerSpec) => SelectedProtocol | undefined

/** By the member of the Issuer's spec that selects the protocol. */
const table = {
  acme: (spec) => bind(acme, spec.acme),
  ca: (spec) => bind(ca, spec.ca),
  cmp: (spec) => bind(cmp, spec.cmp),
  est: (spec) => bind(est, spec.est),
  scep: (spec) => bind(scep, spec.scep),
  selfSigned: (spec) => bind(selfSigned, spec.selfSigned),
} as const satisfies { readonly [Member in ProtocolName]?: Row }

/** Ties a factory to its own member of the spec, where the compiler still knows that the two belong together. */
function bind<S>(factory: ProtocolFactory<S>, spec: S | undefined): SelectedProtocol | undefined {
  if (spec === undefined) return undefined
  return {
    protocol: factory.protocol,
    needs: () => factory.needs(spec),
    create: (credentials) => factory.create(spec, credentials),
  }
}

/** The protocols this build speaks. */
export const protocols: readonly Protocol[] = Object.keys(table)

/**
 * @param spec - an Issuer's or ClusterIssuer's
 * @returns the protocol whose member is set; undefined when this build does not speak it
 */
export function selectProtocol(spec: IssuerSpec): SelectedProtocol | undefined {
  for (const row of Object.values<Row>(table)) {
    const selected = row(spec)
    if (selected !== undefined) return selected
  }
  return undefined
}
