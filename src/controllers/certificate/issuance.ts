import type { Result } from '../../domain/outcome.ts'
import type { Logger } from '../../std/log.ts'
import type { IssuanceMeter, IssuerLabel } from '../../obs/meters.ts'
import { between, fromRfc3339, milliseconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { IssuerSession } from '../issuer/live.ts'
import type { Observation } from './observe.ts'

/** One exchange with a CA that has come to an end. */
export interface Exchange {
  readonly result: Result
  readonly session: IssuerSession
  readonly observation: Observation
  /** Milliseconds. */
  readonly took: number
  readonly now: Instant
}

/** Counts exchanges by outcome and logs each once: success for the record, failure with its evidence. */
export class IssuanceLog {
  readonly #meter: IssuanceMeter
  readonly #log: Logger

  constructor(meter: IssuanceMeter, log: Logger) {
    this.#meter = meter
    this.#log = log
  }

  /** The exchange opened the circuit of its issuer. */
  tripped({ session, observation }: Pick<Exchange, 'session' | 'observation'>): void {
    this.#meter.tripped(labelFor(observation, session))
    this.#log.warn('issuer left alone for a while', { issuer: observation.issuerKey })
  }

  record({ result, session, observation, took, now }: Exchange): void {
    const { namespace = '', name } = observation.certificate.metadata
    const issuer = labelFor(observation, session)
    const certificate = `${namespace}/${name}`
    const fields = {
      certificate,
      issuer: observation.issuerKey,
      protocol: issuer.protocol,
      milliseconds: Math.round(took),
    }
    if (result.kind === 'issued') {
      this.#meter.ended(issuer, 'issued')
      this.#meter.issued(issuer, sinceAsked(observation, { took, now }))
      this.#log.info('certificate issued', fields)
    }
    if (result.kind === 'pending') this.#meter.ended(issuer, 'pending')
    if (result.kind === 'failed') {
      const { code, message, evidence } = result.fault
      this.#meter.ended(issuer, result.how, code)
      this.#log.warn('issuance failed', { ...fields, code, message, ...(evidence === undefined ? {} : { evidence }) })
    }
  }
}

function labelFor({ issuerKey }: Observation, { enroller }: IssuerSession): IssuerLabel {
  const [kind, ...rest] = issuerKey.split('/')
  const [namespace = '', name = ''] = kind === 'ClusterIssuer' ? ['', rest[0]] : rest
  return { namespace, name, protocol: enroller.protocol }
}

/** From the first exchange of the enrollment, where one was written down, to its certificate. */
function sinceAsked({ snapshot }: Observation, { took, now }: { took: number; now: Instant }): Duration {
  const startedAt = snapshot.certificate.status.enrollment?.startedAt
  const started = startedAt === undefined ? undefined : fromRfc3339(startedAt)
  return milliseconds(started === undefined ? took : Math.max(took, between(started, now)))
}
