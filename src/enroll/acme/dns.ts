/**
 * Proofs over DNS (RFC 8555 section 8.4, draft-ietf-acme-dns-account-label, draft-ietf-acme-dns-persist): what stands where, and
 * which of the issuer's solvers puts it there.
 */
import { createHash } from 'node:crypto'
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Presence } from '../challenge.ts'
import type { CredentialNeed, Credentials, Ctx } from '../enroller.ts'
import { DnsRecords } from '../solvers/dns01/records.ts'
import type { DnsProof } from '../solvers/dns01/records.ts'
import { awaitStanding } from '../solvers/dns01/standing.ts'
import { selectProvider } from '../solvers/dns01/table.ts'
import type { SolvedAnswer } from './desk.ts'
import type { Solver } from './solvers.ts'

const fieldOf = (index: number): string => `spec.acme.solvers[${index}].dns01`

/** The Secrets that the providers of the issuer's solvers want. Pure. */
export function dnsNeeds({ solvers = [] }: AcmeSpec): readonly CredentialNeed[] {
  return solvers.flatMap(({ dns01 }, index) =>
    dns01 === undefined ? [] : (selectProvider(dns01, fieldOf(index))?.needs() ?? []),
  )
}

/** @returns the solvers that work over DNS, or the fault of the first whose settings or credentials cannot work */
export function dnsSolver({ solvers = [] }: AcmeSpec, credentials: Credentials): Result<DnsSolver, Fault> {
  const records = new Map<Solver, DnsRecords>()
  for (const [index, solver] of solvers.entries()) {
    if (solver.dns01 === undefined) continue
    const field = fieldOf(index)
    const provider = selectProvider(solver.dns01, field)?.create(credentials)
    if (provider === undefined)
      return { ok: false, error: fault('Misconfigured', `${field} names no provider of DNS that this version knows`) }
    if ('code' in provider) return { ok: false, error: provider }
    records.set(solver, new DnsRecords(solver.dns01, provider))
  }
  return ok(new DnsSolver(records))
}

/** Shows answers in DNS, which the enroller does itself: it has the credentials. */
export class DnsSolver {
  readonly #records: ReadonlyMap<Solver, DnsRecords>

  constructor(records: ReadonlyMap<Solver, DnsRecords>) {
    this.#records = records
  }

  /** Idempotent: called again on every poll until `ready` or `failed`. */
  async present(answer: SolvedAnswer, check: 'look' | 'trust', ctx: Ctx): Promise<Presence> {
    if (answer.type === 'dns-persist-01') return present(answer, check, ctx)
    const records = answer.by === undefined ? undefined : this.#records.get(answer.by)
    return records?.present(proofOf(answer), check, ctx) ?? noSolver
  }

  /** Idempotent. Never throws for an answer that is already gone. A record that a person put there stays. */
  async remove(answer: SolvedAnswer, ctx: Ctx): Promise<void> {
    if (answer.type === 'dns-persist-01') return
    const records = answer.by === undefined ? undefined : this.#records.get(answer.by)
    if (records === undefined)
      ctx.log.warn('a TXT record stays, because the issuer no longer has the solver that put it there', {
        name: proofOf(answer).name,
      })
    await records?.remove(proofOf(answer), ctx)
  }

  /** Removes what could not be removed before. */
  async sweep(ctx: Ctx): Promise<void> {
    for (const records of this.#records.values()) await records.sweep(ctx)
  }
}

const noSolver: Presence = {
  kind: 'failed',
  fault: fault('TransactionLost', 'the issuer no longer has the solver that proves control over DNS'),
}

function present({ identifier, value }: SolvedAnswer, check: 'look' | 'trust', ctx: Ctx): Promise<Presence> {
  if (check === 'trust') return Promise.resolve({ kind: 'ready' })
  return awaitStanding({ name: `_validation-persist.${identifier}`, value }, ctx)
}

/** RFC 8555 section 8.4: the digest of the key authorization, in base64url. */
function proofOf({ identifier, label, value }: SolvedAnswer): DnsProof {
  const name = [...(label === undefined ? [] : [label]), '_acme-challenge', identifier].join('.')
  return { name, value: createHash('sha256').update(value).digest('base64url'), identifier }
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** draft-ietf-acme-dns-account-label section 3.2: 80 bits of the digest of the account's URL, in lower-case base32 (RFC 4648). */
export function accountLabel(accountUrl: string): string {
  const digest = createHash('sha256').update(accountUrl).digest().subarray(0, 10)
  const bits = Array.from(digest, (octet) => octet.toString(2).padStart(8, '0')).join('')
  const letters = bits.match(/.{5}/g) ?? []
  return `_${letters.map((group) => base32.charAt(Number.parseInt(group, 2))).join('')}`
}

/** draft-ietf-acme-dns-persist section 3.1: whom the domain lets issue, for which account, and whether for wildcards too. */
export function persistentText(
  issuerDomain: string,
  { accountUrl, wildcard }: { readonly accountUrl: string; readonly wildcard: boolean },
): string {
  return `${issuerDomain}; accounturi=${accountUrl}${wildcard ? '; policy=wildcard' : ''}`
}
