/**
 * What follows from how a CA shows itself: it is recorded, published, and its change told, to people and to the Certificates
 * that it concerns. In this order, so that nothing is said to be published that is not.
 */
import type { IssuerSpec, IssuerStatus } from '../../api/issuer.ts'
import { notePublished, publishable, settleFormer, unpublished } from '../../domain/authority/record.ts'
import type { AuthorityRecord } from '../../domain/authority/record.ts'
import { leadsTo, rolloverOf, rolloverSettings } from '../../domain/authority/rollover.ts'
import type { Link, Rollover } from '../../domain/authority/rollover.ts'
import { changeCondition, newsOf } from '../../domain/authority/telling.ts'
import type { News, Told } from '../../domain/authority/telling.ts'
import type { Readiness } from '../../enroll/enroller.ts'
import type { Clock } from '../../std/clock.ts'
import { authoritiesHash, judgeAuthorities } from './authorities.ts'
import type { Judgement } from './authorities.ts'
import type { Published, TrustBundles } from './bundles.ts'
import type { AnyIssuer } from './issuers.ts'
import type { IssuerKey } from './live.ts'

export interface TrustParts {
  readonly bundles: Pick<TrustBundles, 'publish'>
  /** @returns for each certificate that an issuer has issued, and that is in use, the leaf and what stands above it */
  readonly leavesOf: (key: IssuerKey) => Iterable<readonly Link[]>
  readonly clock: Clock
  /** Whether it is this replica that publishes what is known of the issuer. Default: it is. */
  readonly tells?: ((key: IssuerKey) => boolean) | undefined
}

export interface Trust {
  /** As the probe said, unless what it saw cannot be trusted. */
  readonly readiness: Readiness
  readonly status: Pick<IssuerStatus, 'authorities' | 'authoritiesHash' | 'trustBundle'>
  readonly conditions: readonly Told[]
  readonly rollover: Rollover | undefined
  readonly news: News | undefined
}

export class TrustKeeper {
  readonly #parts: TrustParts

  constructor(parts: TrustParts) {
    this.#parts = parts
  }

  /** @param readiness - what the probe of this moment found */
  async keep(
    key: IssuerKey,
    { object, readiness }: { readonly object: AnyIssuer; readonly readiness: Readiness },
    signal: AbortSignal,
  ): Promise<Trust> {
    const { spec, status } = object
    const now = this.#parts.clock.now()
    const { records: judged, violation } = judge(object, readiness, now)
    const { keep, isStaged } = rolloverSettings(spec)
    const settled = settleFormer(judged, { isUsed: this.#useOf(key, judged), keep }, now)
    const isOurs = this.#parts.tells?.(key) !== false
    const published = isOurs ? await this.#publish(object, settled, signal) : undefined
    const before = published?.isElsewhere === true ? settled.map(unpublished) : settled
    const records = published?.isComplete === true ? notePublished(before, now) : before
    const rollover = rolloverOf(records, spec)
    const doubtful = violation?.message ?? (readiness.kind === 'ready' ? doubtIn(readiness) : undefined)
    const change = changeCondition({ records, rollover, doubtful, isStaged })
    const isJudged = violation === undefined && readiness.kind === 'ready' && readiness.authorities !== undefined
    const hash = isJudged ? authoritiesHash(spec) : status?.authoritiesHash
    return {
      readiness: violation === undefined ? readiness : { kind: 'notReady', fault: violation, ...detailsOf(readiness) },
      status: {
        ...(records.length === 0 ? {} : { authorities: records }),
        ...(hash === undefined || records.length === 0 ? {} : { authoritiesHash: hash }),
        ...(published?.status === undefined ? {} : { trustBundle: published.status }),
      },
      conditions: [...(change === undefined ? [] : [change]), ...bundleConditions(spec, records, published)],
      rollover,
      news: newsOf(status?.authorities ?? [], records, change),
    }
  }

  #useOf(key: IssuerKey, records: readonly AuthorityRecord[]): (record: AuthorityRecord) => boolean {
    const former = records.filter(({ state }) => state === 'Former')
    const used = new Set<AuthorityRecord>()
    if (former.length > 0)
      for (const links of this.#parts.leavesOf(key))
        for (const record of former) if (leadsTo(links, nameIn(record))) used.add(record)
    return (record) => used.has(record)
  }

  /** Issuers that publish nothing, and have published nothing, cost no request. */
  async #publish(
    object: AnyIssuer,
    records: readonly AuthorityRecord[],
    signal: AbortSignal,
  ): Promise<Published | undefined> {
    if (object.spec.trustBundle === undefined && object.status?.trustBundle === undefined) return undefined
    const pem = publishable(records).map(({ certificate }) => `${certificate.trimEnd()}\n`)
    return this.#parts.bundles.publish(object, pem, signal)
  }
}

const nameIn = ({ subject, keyId }: AuthorityRecord): Parameters<typeof leadsTo>[1] => ({ subject, keyId })

/** Without an answer of the CA what is known of it stays; with other settings it is no longer what counts. */
function judge(
  { spec, status }: AnyIssuer,
  readiness: Readiness,
  now: Parameters<typeof judgeAuthorities>[2],
): Judgement {
  if (readiness.kind === 'ready' && readiness.authorities !== undefined)
    return judgeAuthorities({ status, spec }, readiness.authorities, now)
  return { records: status?.authorities ?? [] }
}

const doubtIn = ({ authorities }: Extract<Readiness, { kind: 'ready' }>): string | undefined =>
  authorities?.kind === 'shown' ? authorities.doubtful : undefined

const detailsOf = ({ details }: Readiness): Pick<Readiness, 'details'> => (details === undefined ? {} : { details })

function bundleConditions(
  spec: IssuerSpec,
  records: readonly AuthorityRecord[],
  published: Published | undefined,
): readonly Told[] {
  if (spec.trustBundle === undefined || published === undefined) return []
  const type = 'TrustBundle'
  const [problem] = published.problems
  if (problem !== undefined) return [{ type, status: 'False', ...problem }]
  const count = publishable(records).length
  if (count > 0)
    return [{ type, status: 'True', reason: 'Published', message: `${count} CA certificates are published` }]
  const message =
    'no root of this CA is known, so that nothing is published; a CA in a Secret has it in ca.crt, and where the protocol does not tell, give the roots to relying parties in another way'
  return [{ type, status: 'False', reason: 'NoRoots', message }]
}
