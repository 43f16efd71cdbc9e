/**
 * The list of revoked certificates of a CA whose key this process holds. It lies in a Secret beside the CA's: the list is its
 * own record, so that nothing else has to be kept to make the next one.
 */
import type { CaSpec } from '../../api/issuer/ca.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { issueRevocationList, readRevocationList, revocationName } from '../../pki/crl.ts'
import type { RevocationList } from '../../pki/crl.ts'
import { keyUsageFlags } from '../../pki/usages.ts'
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { days, instant, plus, scale } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import { crlReasons } from '../crlreasons.ts'
import type { Ctx, Revocable, RevocationReason, RevokeOutcome } from '../enroller.ts'
import type { Authority } from './authority.ts'

/** The entries of the Secret: for HTTP (RFC 5280 section 4.2.1.13) and for programs that read files. */
const derEntry = 'ca.crl'
const pemEntry = 'ca.crl.pem'

type Data = Readonly<Record<string, Uint8Array>>

export class RevocationLists {
  readonly #authority: Authority
  readonly #secretName: string
  readonly #lifetime: Duration

  /** @param settings - `spec.ca.crl` */
  constructor(authority: Authority, spec: CaSpec, settings: NonNullable<CaSpec['crl']>) {
    const lifetime = settings.lifetime === undefined ? undefined : parseGoDuration(settings.lifetime)
    this.#authority = authority
    this.#secretName = settings.secretName ?? `${spec.secretName}-crl`
    this.#lifetime = lifetime?.ok === true ? lifetime.value : days(7)
  }

  /**
   * Sees to it that there is a list, and that half of its life is left at least.
   *
   * @returns the list that is published now
   */
  async keep(ctx: Ctx): Promise<Result<RevocationList, Fault>> {
    const found = await this.#load(ctx)
    if (!found.ok) return found
    const { data, list } = found.value
    const isFresh = list !== undefined && ctx.now() < this.refreshAt(list)
    if (list !== undefined && isFresh) return ok(list)
    const next = this.#following(list, ctx.now())
    return (await this.#publish(next, { data, ctx })) ? ok(next) : ok(list ?? next)
  }

  /** When {@link keep} wants to be called again. */
  refreshAt({ nextUpdate }: RevocationList): Instant {
    return plus(nextUpdate, scale(this.#lifetime, -0.5))
  }

  /** Idempotent: a certificate that is in the list stays there as it is. */
  async revoke({ chain }: Revocable, reason: RevocationReason, ctx: Ctx): Promise<RevokeOutcome> {
    const [leaf] = chain
    const name = leaf && revocationName(leaf)
    if (leaf === undefined || name === undefined || Buffer.compare(name.issuer, this.#authority.signer.name) !== 0)
      return {
        kind: 'refused',
        fault: fault('RequestRejected', 'this CA did not issue the certificate; name its own issuer in spec.issuerRef'),
      }
    const found = await this.#load(ctx)
    if (!found.ok) return { kind: 'refused', fault: found.error }
    const { data, list } = found.value
    const isListed = list?.revoked.some(({ serialNumber }) => Buffer.compare(serialNumber, name.serialNumber) === 0)
    if (isListed === true) return { kind: 'revoked' }
    const next = this.#following(list, ctx.now())
    const entry = { serialNumber: name.serialNumber, revokedAt: next.thisUpdate, reason: crlReasons[reason] }
    const isPublished = await this.#publish({ ...next, revoked: [...next.revoked, entry] }, { data, ctx })
    if (isPublished) return { kind: 'revoked' }
    const raced = fault('ServerFailed', `the list in Secret ${this.#secretName} was changed in the same moment`)
    return { kind: 'deferred', fault: raced }
  }

  /** RFC 5280 section 4.2.1.3: a CA that has a key usage needs cRLSign for its lists to be believed. */
  #mayNotSign(): Fault | undefined {
    const { usages } = this.#authority.facts
    if (keyUsageFlags(usages) === 0 || usages.includes('crl sign')) return undefined
    const cure = 'add it to the usages of the CA certificate and renew it, or drop spec.ca.crl'
    return fault(
      'Misconfigured',
      `the CA may not sign lists of revoked certificates (its key usage lacks "crl sign"); ${cure}`,
    )
  }

  async #load(ctx: Ctx): Promise<Result<{ data: Data | undefined; list: RevocationList | undefined }, Fault>> {
    const obstacle = this.#mayNotSign()
    if (obstacle !== undefined) return err(obstacle)
    const data = await ctx.vault.load(this.#secretName)
    const bytes = data?.[derEntry]
    if (bytes === undefined) return ok({ data, list: undefined })
    const list = readRevocationList(bytes)
    if (list.ok) return ok({ data, list: list.value })
    const cure = 'restore it, or delete the Secret to begin a new list'
    return err(
      fault('Misconfigured', `${derEntry} in Secret ${this.#secretName} cannot be read (${list.error}); ${cure}`),
    )
  }

  #following(list: RevocationList | undefined, now: Instant): RevocationList {
    const thisUpdate = instant(Math.floor(now / 1000) * 1000)
    return {
      number: (list?.number ?? 0n) + 1n,
      thisUpdate,
      nextUpdate: plus(thisUpdate, this.#lifetime),
      revoked: list?.revoked ?? [],
    }
  }

  /** @returns false when somebody else has published meanwhile */
  async #publish(list: RevocationList, { data, ctx }: { data: Data | undefined; ctx: Ctx }): Promise<boolean> {
    const der = asDer(await issueRevocationList(list, this.#authority.signer))
    const entries = { [derEntry]: der, [pemEntry]: Buffer.from(pemOf(der)) }
    if (data !== undefined) return ctx.vault.swap(this.#secretName, data, { ...data, ...entries })
    const stored = await ctx.vault.create(this.#secretName, entries)
    return Buffer.compare(stored[derEntry] ?? new Uint8Array(), der) === 0
  }
}

const pemOf = (der: Der): string =>
  `-----BEGIN X509 CRL-----\n${(
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END X509 CRL-----\n`
